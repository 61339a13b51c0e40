// The code of docs/coming-from-dspy.md, block by block.

import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  bootstrapFewShot,
  chainOfThought,
  client,
  compile,
  evaluate,
  exactMatch,
  examples,
  forward,
  image,
  jsonAdapter,
  loadProgram,
  openai,
  predict,
  program,
  saveProgram,
  signature,
  startSystem,
  tool,
} from "dspex";
import { z } from "zod";

const clients = { lm: openai("gpt-5.6-luna") };

const qa = predict(signature("question -> answer"));
const { answer } = await forward(qa, { question: "Who wrote Emma?" }, { clients });
console.log(answer);

const Triage = signature("ticket: str, tags: list[str] -> urgency: Literal['low', 'high'], score: float", {
  instructions: "Triage the ticket.",
  fields: {
    ticket: { desc: "What the customer wrote." },
    score: { desc: "How sure you are.", constraints: { ge: 0, le: 1 } },
  },
});
const triaged = await forward(predict(Triage), { ticket: "It burns!", tags: ["fire"] }, { clients });
const urgency: "low" | "high" = triaged.urgency;
console.log(urgency, triaged.score.toFixed(1));

const Bill = signature("scan: dspy.Image, received: datetime.date -> due: datetime.date, query: dspy.Code['sql']");
const scan = image("https://example.com/bill.png");
const bill = await forward(predict(Bill), { scan, received: "2026-01-15" }, { clients });
console.log(bill.due, bill.query);

const lookup = tool({ name: "lookup", description: "Looks up a customer.", input: z.object({ name: z.string() }) });
const plan = predict(signature("question, tools: list[dspy.Tool] -> calls: dspy.ToolCalls"));
const { calls } = await forward(plan, { question: "Who?", tools: [lookup] }, { clients });
console.log(calls.map((call) => call.name));

const thinking = chainOfThought(signature("question -> answer"));
const thought = await forward(thinking, { question: "What is 6 × 7?" }, { clients });
console.log(thought.reasoning.length > 0);

const rag = program({
  name: "RAG",
  parts: {
    search: predict(signature("question -> queries: list[str]")),
    generate: chainOfThought(signature("context: list[str], question -> answer")),
  },
  async forward({ search, generate }, { question }: { question: string }) {
    const { queries } = await search({ question });
    const context = await Promise.all(queries.map(async (query) => `Passage about ${query}`));
    return generate({ context, question });
  },
});
console.log((await forward(rag, { question: "Who?" }, { clients })).answer);

const edited = rag.parts.search.with({
  instructions: "Write two queries.",
  demos: [{ question: "Who wrote Emma?", queries: ["Emma author", "Emma novel"] }],
  config: { temperature: 0.2 },
  adapter: jsonAdapter(),
});
const trained = rag.withPredictors({ search: edited });
console.log(Object.keys(trained.predictors()));

const { $meta } = await forward(trained, { question: "Who?" }, { clients, trace: true });
for (const step of $meta.trace ?? []) console.log(step.path, step.kind);
console.log($meta.usage.totalTokens > 0);

const folder = await mkdtemp(join(tmpdir(), "coming-from-dspy-"));
await saveProgram(trained, join(folder, "rag.json"));
await saveProgram(trained, join(folder, "for-dspy.json"), { format: "dspy" });
const loaded = await loadProgram(join(folder, "for-dspy.json"), rag);
console.log(loaded.predictors()["search"]?.signature.instructions);

const questions = ["Who?", "What?", "Why?"];
const answers = await Promise.all(questions.map((question) => forward(qa, { question }, { clients })));
console.log(answers.length);

const devset = examples(qa.signature, [
  { question: "Who wrote Emma?", answer: "Jane Austen" },
  { question: "Who wrote Persuasion?", answer: "Jane Austen" },
]);
const metric = exactMatch("answer");
console.log((await evaluate(qa, devset, metric, { clients })).score);

const job = compile(bootstrapFewShot({ metric }), qa, { trainset: devset, clients });
const better = await job.result();
console.log(better.demos.length);

const system = await startSystem({ children: [client({ name: "lm", lm: openai("gpt-5.6-luna") })], logger: false });
console.log((await system.forward(loaded, { question: "Who?" })).answer);
await system.stop();
