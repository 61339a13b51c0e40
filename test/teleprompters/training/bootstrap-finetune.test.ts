import { readdirSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import {
  chainOfThought,
  compile,
  dumpProgram,
  jsonAdapter,
  type LanguageModel,
  leanAdapter,
  loadProgramFrom,
  predict,
  program,
  signature,
  startSystem,
  tool,
} from "../../../src/index.ts";
import { bootstrapFinetune } from "../../../src/teleprompters/training/bootstrap-finetune.ts";
import { UNCOUNTED } from "../../../src/teleprompters/job/estimate.ts";
import { trainingFile } from "../../../src/teleprompters/training/training-file.ts";
import type { Trainer, TrainingJob } from "../../../src/teleprompters/training/trainer.ts";
import { scripted } from "../../../src/testing.ts";
import { storeFolder } from "../../foundation/store-folder.ts";
import { FAST, metric, student, trainset, tunedWorld } from "./tuned-world.ts";

/** Keeps the jobs, and names its models by theirs. */
function keeping(jobs: TrainingJob[]): Trainer {
  return {
    kind: "keeping",
    version: 1,
    settings: {},
    train(job) {
      jobs.push(job);
      return Promise.resolve({ model: `tuned-${job.name}` });
    },
  };
}

const knowsAll = scripted(({ messages }) => {
  const text = String(messages.at(-1)?.content);
  return { reasoning: "so", query: "find it", verdict: "yes", answer: `A${/q(\d+)\?/.exec(text)?.[1]}` };
});

test("the student asks the new model at once, through its own client, and so does what was saved of it", async () => {
  const { trainer, grounds, server } = await tunedWorld();
  const folder = storeFolder();
  const system = await startSystem({ children: grounds.children, logger: false });
  try {
    const teleprompter = bootstrapFinetune({ metric, trainer: trainer() });
    const job = await system.compile(teleprompter, student, { trainset, folder });
    const tuned = await job.result();
    expect(await system.forward(tuned, { question: "q3?" })).toEqual({ answer: "A3" });
    const saved = loadProgramFrom(dumpProgram(tuned), student);
    expect(await system.forward(saved, { question: "q9?" })).toEqual({ answer: "A9" });
    expect(server.requests.at(-1)?.body?.model).toBe("ft:base:dspex::1");
  } finally {
    await system.stop();
  }
});

test("a teacher's client is asked for its own model, whatever the student's predictors name", async () => {
  const asked: unknown[] = [];
  const teacher = scripted((request) => {
    asked.push(request.model);
    return { answer: "A1" };
  });
  const jobs: TrainingJob[] = [];
  const teleprompter = bootstrapFinetune({ trainer: keeping(jobs), teacher: { client: "teacher" } });
  const tuned = student.with({ config: { model: "ft:old" } });
  const clients = { main: knowsAll, teacher };
  const program = await compile(teleprompter, tuned.with({ client: "main" }), { clients, trainset }).result();
  expect(asked).toEqual([undefined, undefined, undefined]);
  expect(jobs[0]?.rows).toHaveLength(3);
  expect(program.config.model).toBe("tuned-all");
});

test("the folder of a job of its first version, whose journal calls rows otherwise, is refused in plain words", async () => {
  const folder = storeFolder();
  const teleprompter = bootstrapFinetune({ trainer: keeping([]) });
  const options = { clients: { main: knowsAll }, trainset, folder };
  await compile({ ...teleprompter, version: 1 }, student, options).result();
  await expect(compile(teleprompter, student, options).result()).rejects.toThrow(
    "is the folder of another job: what is otherwise is the teleprompter",
  );
});

test("each predictor has a model of its own by its own rows, frozen ones none", async () => {
  const search = predict(signature("question -> query"), { name: "search" });
  const respond = chainOfThought(signature("question, query -> answer"));
  const check = predict(signature("answer -> verdict"), { frozen: true });
  const whole = program({
    name: "whole",
    parts: { search, respond, check },
    version: 1,
    async forward(parts, { question }: { question: string }) {
      const { query } = await parts.search({ question });
      const { answer } = await parts.respond({ question, query });
      await parts.check({ answer });
      return { answer };
    },
  });
  const jobs: TrainingJob[] = [];
  const teleprompter = bootstrapFinetune({ metric, trainer: keeping(jobs), multitask: false, client: "served" });
  const clients = { main: knowsAll, served: knowsAll };
  const made = await compile(teleprompter, whole, { clients, client: "main", trainset }).result();
  expect(jobs.map(({ name, rows }) => [name, rows.length])).toEqual([
    ["search", 3],
    ["respond.predict", 3],
  ]);
  const models = Object.entries(made.predictors()).map(([path, { config, client }]) => [path, config.model, client]);
  expect(models).toEqual([
    ["search", "tuned-search", "served"],
    ["respond.predict", "tuned-respond.predict", "served"],
    ["check", undefined, undefined],
  ]);
});

test("a layout that opens the answer for the model teaches the whole of it, with demos or without", async () => {
  const shown = student.with({ adapter: leanAdapter(), demos: [{ question: "q0?", answer: "A0" }] });
  const capabilities = { prefill: true, grammar: false };
  const clients = {
    main: scripted(({ messages }) => (JSON.stringify(messages).includes("q1?") ? " A1" : " A2"), { capabilities }),
  };
  const rows = async (excludeDemos: boolean) => {
    const jobs: TrainingJob[] = [];
    const teleprompter = bootstrapFinetune({ trainer: keeping(jobs), excludeDemos });
    const made = await compile(teleprompter, shown, { clients, trainset: trainset.slice(0, 1) }).result();
    return { messages: jobs[0]?.rows[0]?.messages ?? [], demos: made.demos.length };
  };
  const [kept, bare] = [await rows(false), await rows(true)];
  expect(kept.messages.map(({ role }) => role)).toEqual(["system", "user", "assistant", "user", "assistant"]);
  expect(bare.messages.map(({ role }) => role)).toEqual(["system", "user", "assistant"]);
  expect(bare.messages.at(-1)?.content).toContain("A1");
  expect([kept.demos, bare.demos]).toEqual([1, 0]);
});

test("rows are a file that a person can read, and the program stays as it is", async () => {
  const folder = storeFolder();
  const path = join(folder, "rows", "all.jsonl");
  const teleprompter = bootstrapFinetune({ metric, trainer: trainingFile(path), excludeDemos: true });
  const shown = student.with({ demos: [{ question: "q0?", answer: "A0" }] });
  const made = await compile(teleprompter, shown, { clients: { main: knowsAll }, trainset }).result();
  const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
  expect(lines).toHaveLength(3);
  const row = JSON.parse(lines[0] ?? "") as { messages: { role: string; content: string }[] };
  expect(row.messages.map(({ role }) => role)).toEqual(["system", "user", "assistant"]);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect([made.config, made.demos.length]).toEqual([{}, 1]);
  expect(teleprompter.plan?.({ student: shown, trainset: [], valset: undefined, warmStart: [] })).toEqual({
    trials: 0,
    proposals: [],
  });
  const apart = bootstrapFinetune({ metric, trainer: trainingFile(path), multitask: false });
  await compile(apart, shown, { clients: { main: knowsAll }, trainset }).result();
  expect(readdirSync(join(folder, "rows"))).toEqual(["all.jsonl", "all.self.jsonl"]);
});

test.each([true, false])(
  "what it trains counts in no budget, and its job says so (as one model: %s)",
  async (multitask) => {
    const teleprompter = bootstrapFinetune({ trainer: keeping([]), multitask });
    const options = { clients: { main: knowsAll }, trainset, budget: { lmCalls: 100 } };
    const job = compile(teleprompter, student, { ...options, dryRun: true });
    expect(await job.estimate()).toMatchObject({ trainings: 1, notes: [UNCOUNTED] });
    await job.result();
    expect(job.status().notes).toContain(UNCOUNTED);
    const real = compile(teleprompter, student, options);
    await real.result();
    expect(real.report().toTable()).toContain("a training, which no budget counts");
  },
);

test("rows that cannot be written end the job as such", async () => {
  const trainer = trainingFile(join(storeFolder(), "rows\0.jsonl"));
  const job = compile(bootstrapFinetune({ metric, trainer }), student, { clients: { main: knowsAll }, trainset });
  await expect(job.result()).rejects.toMatchObject({ code: "write_failed" });
});

test("calls of tools are rows with their tools", async () => {
  const call = { id: "c1", name: "search", arguments: '{"query":"x"}' };
  const lm: LanguageModel = {
    ...knowsAll,
    capabilities: { schema: true, tools: true, prefill: false, grammar: false },
    generate: () =>
      Promise.resolve({
        completions: [{ text: "", finishReason: "tool_calls", toolCalls: [call] }],
        usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
        model: "calling",
        id: "r",
      }),
  };
  const search = tool({ name: "search", description: "Searches.", input: z.object({ query: z.string() }) });
  const plan = predict(signature("question, tools: list[Tool] -> calls: ToolCalls"), { adapter: jsonAdapter() });
  const planning = program({
    name: "planning",
    parts: { plan },
    version: 1,
    async forward(parts, { question }: { question: string }) {
      const { calls } = await parts.plan({ question, tools: [search] });
      return { answer: calls[0]?.name ?? "none" };
    },
  });
  const jobs: TrainingJob[] = [];
  const options = { clients: { main: lm }, trainset: trainset.slice(0, 1) };
  await compile(bootstrapFinetune({ trainer: keeping(jobs) }), planning, options).result();
  const [row] = jobs[0]?.rows ?? [];
  expect(row?.tools?.map(({ name }) => name)).toEqual(["search"]);
  expect(row?.messages.at(-1)).toEqual({ role: "assistant", content: "", toolCalls: [call] });
});

test("where no run is right there is nothing to train on", async () => {
  const none = scripted(() => new Error("down"));
  const teleprompter = bootstrapFinetune({ metric, trainer: keeping([]) });
  const options = { clients: { main: none }, retry: FAST, trainset };
  await expect(compile(teleprompter, student, options).result()).rejects.toMatchObject({ code: "no_rows" });
  const empty = { clients: { main: knowsAll }, trainset: [] };
  await expect(compile(teleprompter, student, empty).result()).rejects.toMatchObject({ code: "no_rows" });
});

test("a program of nothing but frozen predictors is refused, before anything is asked", async () => {
  const unasked = scripted([]);
  const fixed = predict(signature("question -> answer"), { name: "fixed", frozen: true });
  const options = { clients: { main: unasked }, trainset };
  const job = compile(bootstrapFinetune({ metric, trainer: keeping([]) }), fixed, options as never);
  await expect(job.result()).rejects.toThrow('"fixed" has no predictor that may be tuned');
  expect(unasked.requests).toEqual([]);
});

test("refuses options that make no sense", () => {
  const trainer = keeping([]);
  expect(() => bootstrapFinetune({} as never)).toThrow("trainer must be a trainer");
  expect(() => bootstrapFinetune({ trainer, multitask: 1 } as never)).toThrow("multitask must be true or false");
  expect(() => bootstrapFinetune({ trainer, client: "" })).toThrow("client must be the name of a client");
  expect(() => bootstrapFinetune({ trainer, teacher: { keepsDemos: true } } as never)).toThrow("keepsDemos");
  expect(() => trainingFile("")).toThrow("expected the path of a file");
});
