// A running service that gets better overnight: a job beside its program looks for a better one, which then takes its place.
import { createServer } from "node:http";
import {
  client,
  exactMatch,
  job,
  loadExamples,
  openai,
  predict,
  programActor,
  randomSearch,
  signature,
  startSystem,
} from "dspex";

const SimpleQA = signature("question -> answer");
const [trainset, valset] = (await loadExamples("train.jsonl", { signature: SimpleQA })).split(0.5, { seed: 1 });
const student = predict(SimpleQA);
const qa = programActor({ name: "qa", program: student });

// Each night's job has a folder of its own: after a crash of this process its supervisor starts it, and it goes on there.
const night = new Date().toISOString().slice(0, 10);
const nightly = job({
  name: "nightly",
  teleprompter: randomSearch({ metric: exactMatch("answer"), numCandidatePrograms: 4, maxLabeledDemos: 4 }),
  program: student,
  trainset,
  valset,
  folder: `runs/nightly-${night}`,
  budget: { lmCalls: 2_000 },
});

// One client for both: what people ask goes first, trials take the permits that are left.
const gpt = client({ name: "openai", lm: openai("gpt-5.6-luna"), limits: { concurrency: 100 } });
const system = await startSystem({ children: [gpt, qa, nightly] });
const handle = system.handle(qa);

const server = createServer(async (req, res) => {
  const question = new URL(req.url ?? "/", "http://localhost").searchParams.get("q") ?? "";
  const outcome = await handle.tryCall({ question }, { timeoutMs: 30_000 });
  if (outcome.ok) res.end(outcome.value.answer);
  else res.writeHead(outcome.error.retryable ? 503 : 502).end(outcome.error.code);
});
server.listen(0, "127.0.0.1");
system.onSignals(["SIGTERM", "SIGINT"], { drainMs: 10_000, before: () => server.close() });

// No request is dropped: runs that have begun end on the old program, those that begin from now on run the better one.
const optimizing = system.job(nightly);
try {
  handle.upgrade(await optimizing.result());
  console.log(`upgraded: ${optimizing.best()?.score} on the valset, after ${optimizing.status().lmCalls} LM calls`);
} catch (error) {
  console.error("still the old program:", error);
}
