// A teleprompter is a supervised process: it journals each step, survives a crash, and resumes from disk.
import {
  chainOfThought,
  client,
  exactMatch,
  job,
  loadExamples,
  loadProgram,
  mipro,
  openai,
  saveProgram,
  signature,
  startSystem,
} from "dspex";

const SimpleQA = signature("context, question -> answer");
const [trainset, valset] = (await loadExamples("train.jsonl", { signature: SimpleQA })).split(0.5, { seed: 1 });
const student = chainOfThought(SimpleQA);
const gpt = client({ name: "openai", lm: openai("gpt-5.6-luna") });

const system = await startSystem({ children: [gpt] });
const compiling = await system.compile(mipro({ metric: exactMatch("answer"), auto: "light", seed: 9 }), student, {
  trainset,
  valset,
  folder: "runs/qa-mipro", // the same call after kill -9 goes on from the last finished step and pays for nothing twice
  budget: { lmCalls: 2_000 },
});

for await (const step of compiling.steps()) console.log(step.trial, step.score, step.best, step.lmCalls);
const best = await compiling.result(); // status(), best(), pause(), resume(), cancel() work meanwhile

await saveProgram(best, "qa.json"); // plain JSON, no code; DSPy's own saved JSON loads as well
const served = await loadProgram("qa.json", student);
console.log((await system.forward(served, { context: "", question: "…" })).answer);
await system.stop();

// The same as a child of the tree: after a crash its supervisor starts it, and it goes on by itself.
const nightly = job({
  name: "qa-mipro",
  teleprompter: mipro({ metric: exactMatch("answer"), auto: "light", seed: 9 }),
  program: student,
  trainset,
  valset,
  folder: "runs/qa-nightly",
});
const service = await startSystem({ children: [gpt, nightly] });
const better = await service.job(nightly).result();
console.log(better.name);
await service.stop();
