import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { client } from "../../../src/actors/client/client.ts";
import { semanticF1 } from "../../../src/evaluate/metrics/judges.ts";
import { program } from "../../../src/programs/composed-program.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import { startSystem } from "../../../src/system.ts";
import { compile } from "../../../src/teleprompters/job/compile.ts";
import { QA, qa, set, shouting, tries } from "./tries.ts";

const planned = tries(["mumble", "shout"], {
  plan: ({ trainset }) => ({ trials: 2 * trainset.length, proposals: [{ runs: 3 }] }),
});
const prices = { scripted: { inputPerMillion: 1, outputPerMillion: 2 } };

test("what a plan would take: trials like the student's, proposals like its calls, and nothing is asked", async () => {
  const asked = { count: 0 };
  const student = predict(QA, { config: { maxTokens: 100 } });
  const job = compile(planned, student, { trainset: set, clients: { lm: shouting(asked) }, prices, dryRun: true });
  const estimate = await job.estimate();
  expect(estimate).toMatchObject({
    trials: 8,
    proposals: 3,
    lmCalls: 11,
    outputTokens: 1_100,
    trainings: 0,
    notes: [],
  });
  expect(estimate?.inputTokens).toBeGreaterThan(500);
  const { inputTokens = 0, usd } = estimate ?? {};
  expect(usd).toBeCloseTo((inputTokens + 2 * 1_100) / 1e6, 6);
  expect(await job.result()).toBe(student);
  expect(asked.count).toBe(0);
});

test("of a dry run there is no folder, and its status and report say what it was", async () => {
  const folder = join(mkdtempSync(join(tmpdir(), "dspex-dry-")), "job");
  const job = compile(planned, qa, { trainset: set, clients: { lm: shouting({ count: 0 }) }, folder, dryRun: true });
  expect(await job.result()).toBe(qa);
  expect(existsSync(folder)).toBe(false);
  expect(job.status()).toMatchObject({ state: "done", partial: "dry_run", lmCalls: 0 });
  expect(job.report().toTable()).toContain("it was only estimated: the result is the program as it was");
});

test("may be asked for before, during and after the job", async () => {
  const asked = { count: 0 };
  const job = compile(planned, qa, { trainset: set, clients: { lm: shouting(asked) } });
  await job.result();
  expect(asked.count).toBe(8);
  expect((await job.estimate())?.lmCalls).toBe(11);
  expect(asked.count).toBe(8);
});

test("what judges take is counted, for each trial", async () => {
  const judged = { ...planned, metric: semanticF1({ client: "judge", response: "answer" }) };
  const clients = { lm: shouting({ count: 0 }), judge: shouting({ count: 0 }) };
  const student = predict(QA, { client: "lm" });
  const job = compile(judged, student, { trainset: set, clients, dryRun: true });
  expect(await job.estimate()).toMatchObject({ trials: 8, proposals: 3, lmCalls: 8 * 2 + 3 });
});

test("a set of one is enough to look at; a program that asks nobody has proposals all the same, whose cost nobody knows", async () => {
  const silent = program({
    name: "silent",
    parts: {},
    version: 1,
    forward: ({ question }: { question: string }) => Promise.resolve({ answer: question }),
  });
  const options = { trainset: set.slice(0, 1), clients: { lm: shouting({ count: 0 }) }, prices, dryRun: true };
  const estimate = await compile(planned, silent, options).estimate();
  expect(estimate).toMatchObject({ trials: 2, proposals: 3, lmCalls: 3, inputTokens: 0, usd: undefined });
});

test("without a plan nobody knows", async () => {
  const job = compile(tries(["shout"]), qa, { trainset: set, clients: { lm: shouting({ count: 0 }) }, dryRun: true });
  expect(await job.estimate()).toBeUndefined();
  expect(await job.result()).toBe(qa);
});

test("a client that is not there is told", async () => {
  const job = compile(planned, predict(QA, { client: "other" }), {
    trainset: set,
    clients: { lm: shouting({ count: 0 }) },
    dryRun: true,
  });
  await expect(job.estimate()).rejects.toThrow('"other"');
  await expect(job.result()).rejects.toThrow('"other"');
});

test("in a system, also when the job is over", async () => {
  const asked = { count: 0 };
  const children = [client({ name: "lm", lm: shouting(asked) })];
  const system = await startSystem({ children, logger: false, cache: false });
  const dry = await system.compile(planned, qa, { trainset: set, name: "dry", dryRun: true });
  expect(await dry.result()).toBe(qa);
  expect(asked.count).toBe(0);
  const job = await system.compile(planned, qa, { trainset: set, name: "real" });
  await job.result();
  expect(await job.estimate()).toEqual(await dry.estimate());
  expect(asked.count).toBe(8);
  await system.stop();
});

test.each([
  [{ dryRun: "yes" }, "dryRun must be true or false"],
  [{ progress: "bar" }, "progress must be true, false or a function"],
])("%j is told", (options, message) => {
  const clients = { lm: shouting({ count: 0 }) };
  expect(() => compile(planned, qa, { trainset: set, clients, ...(options as object) })).toThrow(message);
});
