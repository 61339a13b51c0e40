import { expect, test } from "vitest";
import {
  exactMatch,
  examples,
  knnFewShot,
  labeledFewShot,
  predict,
  randomSearch,
  signature,
  UsageError,
} from "../../src/index.ts";
import { betterTogether } from "../../src/teleprompters/better-together.ts";
import { bootstrapFewShot } from "../../src/teleprompters/few-shot/bootstrap-few-shot.ts";
import { compile } from "../../src/teleprompters/job/compile.ts";
import type { Search, Teleprompter } from "../../src/teleprompters/teleprompter.ts";
import { bootstrapFinetune } from "../../src/teleprompters/training/bootstrap-finetune.ts";
import type { Trainer } from "../../src/teleprompters/training/trainer.ts";
import { scripted } from "../../src/testing.ts";

const qa = signature("question -> answer");
const student = predict(qa, { onUnparsable: "fail" });
const set = (count: number, from: number) =>
  examples(
    qa,
    Array.from({ length: count }, (_, at) => ({ question: `q${from + at}?`, answer: `A${from + at}` })),
  );
const [trainset, valset] = [set(6, 1), set(3, 7)];
const metric = exactMatch("answer");

/** Right where it was shown how, or was trained. */
const lm = scripted(({ messages, model }) => {
  const number = /q(\d+)\?/.exec(String(messages.at(-1)?.content))?.[1];
  return { answer: messages.length > 2 || model !== undefined ? `A${number}` : "?" };
});

const trainer: Trainer = { kind: "fake", version: 1, settings: {}, train: () => Promise.resolve({ model: "tuned" }) };

/** Gives whatever it is told to. */
function gives(program: (search: Search) => unknown): Teleprompter {
  return {
    kind: "gives",
    version: 1,
    settings: {},
    metric: undefined,
    search: (search) => Promise.resolve(program(search) as never),
  };
}

function compiled(teleprompter: Teleprompter<never, never, never>, more: object = {}) {
  return compile(teleprompter as Teleprompter, student, { clients: { lm }, trainset, valset, ...more });
}

test("its steps search within it, their names before what they ask and find; a step after training runs on the new model", async () => {
  const models: unknown[] = [];
  const spy = gives((search) => {
    models.push((search.student as typeof student).config.model);
    return search.student;
  });
  const steps = {
    p: randomSearch({ metric, maxBootstrappedDemos: 1, maxLabeledDemos: 1, numCandidatePrograms: 1 }),
    w: bootstrapFinetune({ metric, trainer }),
    s: spy,
  };
  const job = compiled(betterTogether({ metric, steps, strategy: "p->w -> s" }));
  const best = await job.result();
  const names: string[] = [];
  for await (const { name } of job.steps()) names.push(name);
  expect(names).toEqual([
    "student",
    "p: seed -3",
    "p: seed -2",
    "p: seed -1",
    "p: seed 0",
    "p",
    "p -> w",
    "p -> w -> s",
  ]);
  expect(models).toEqual(["tuned"]);
  // Of equals the first.
  expect(best.config.model).toBeUndefined();
  expect(job.best()?.score).toBe(100);
});

test("a step that fails ends it with the best so far, and the notes say why", async () => {
  const strict = bootstrapFewShot({ metric: () => Promise.reject(new Error("no")), maxErrors: 1 });
  const steps = { l: labeledFewShot({ k: 2 }), b: strict };
  const job = compiled(betterTogether({ metric, steps, strategy: "l -> b -> l" }));
  const best = await job.result();
  expect(best.demos).toHaveLength(2);
  expect(job.status().notes.join()).toMatch(
    /the step "l -> b" failed, and is the last one: bootstrapFewShot: 1 runs failed/,
  );
});

test("misuse of a step is told as such", async () => {
  const m = gives(() => {
    throw new UsageError("no key");
  });
  const job = compiled(betterTogether({ metric, steps: { m }, strategy: "m" }));
  await expect(job.result()).rejects.toThrow("no key");
});

test("candidates of a step with a metric of its own are none of the best", async () => {
  const lax = randomSearch({ metric: () => 1, maxBootstrappedDemos: 0, maxLabeledDemos: 0, numCandidatePrograms: 0 });
  const job = compiled(betterTogether({ metric, steps: { p: lax }, strategy: "p" }));
  await job.result();
  expect(job.best()).toMatchObject({ name: "student", score: 0 });
});

test("a budget that is spent in a step leaves the best so far", async () => {
  const steps = { p: randomSearch({ metric, maxBootstrappedDemos: 1, maxLabeledDemos: 1 }) };
  const job = compiled(betterTogether({ metric, steps, strategy: "p" }), {
    budget: { lmCalls: 12 },
    maxConcurrency: 1,
  });
  const best = await job.result();
  expect(job.status()).toMatchObject({ partial: "budget" });
  expect(best.demos.length).toBeLessThanOrEqual(1);
});

test("without a valset the first examples are it, or nothing is compared and the last is the result", async () => {
  const seen: unknown[] = [];
  const spy = gives((search) => {
    seen.push([search.trainset.length, search.valset?.length]);
    return student.with({ instructions: "Last." });
  });
  const ratio = (valsetRatio: number) =>
    compiled(betterTogether({ metric, steps: { s: spy }, strategy: "s", valsetRatio }), { valset: undefined }).result();
  expect((await ratio(0.5)).signature.instructions).not.toBe("Last.");
  expect((await ratio(0)).signature.instructions).toBe("Last.");
  expect(seen).toEqual([
    [3, 3],
    [6, undefined],
  ]);
});

test("plans for all of its steps, as long as they know theirs", async () => {
  const l = labeledFewShot({ k: 1 });
  const known = betterTogether({ metric, steps: { l, w: bootstrapFinetune({ trainer }) }, strategy: "l -> w" });
  const task = { student, trainset, valset, warmStart: [] } as never;
  expect(known.plan?.(task)).toEqual({ trials: 3 * 3 + 6, proposals: [], trainings: 1 });
  expect(betterTogether({ metric, steps: { s: gives(() => student) }, strategy: "s" }).plan).toBeUndefined();
});

test("refuses what makes no sense", async () => {
  const steps = { l: labeledFewShot({ k: 1 }) };
  expect(() => betterTogether({ metric, steps })).toThrow('names a step "p", and there are l');
  expect(() => betterTogether({ metric, steps, strategy: "l ->" })).toThrow('names a step ""');
  expect(() => betterTogether({ metric, steps: { l: 3 } } as never)).toThrow('step "l" must be a teleprompter, got 3');
  expect(() => betterTogether({ steps } as never)).toThrow("metric is missing");
  expect(() => betterTogether({ metric, steps, strategy: "l", valsetRatio: 1 })).toThrow("valsetRatio must be");
  const k = knnFewShot({ k: 1, embed: () => Promise.resolve([]) }) as never;
  expect(() => betterTogether({ metric, steps: { k }, strategy: "k" })).toThrow("makes another program around");
  const empty = compiled(betterTogether({ metric, steps, strategy: "l" }), { valset: [] });
  await expect(empty.result()).rejects.toThrow("the valset is empty");
  const untaught = compiled(betterTogether({ metric, steps, strategy: "l" }), { trainset: [] });
  await expect(untaught.result()).rejects.toThrow("the trainset is empty");
});
