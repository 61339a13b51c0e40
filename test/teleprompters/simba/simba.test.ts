import { describe, expect, test } from "vitest";
import { exactMatch } from "../../../src/evaluate/metrics/text-metrics.ts";
import { UsageError } from "../../../src/foundation/errors.ts";
import { LmError } from "../../../src/lm/failure.ts";
import type { LmRequest } from "../../../src/lm/language-model.ts";
import { scripted, type ScriptedModel } from "../../../src/testing/scripted.ts";
import { runsOf } from "../../../src/teleprompters/search-plan.ts";
import { compile, type BareCompileOptions } from "../../../src/teleprompters/job/compile.ts";
import { simba } from "../../../src/teleprompters/simba/simba.ts";
import type { SimbaOptions } from "../../../src/teleprompters/simba/simba-options.ts";
import { qa, questions } from "../few-shot/few-shot-world.ts";
import { simulatedModel, simulatedSets, student } from "../simulation/simulated-task.ts";
import { countingModel, shuffledAnswers } from "../watched-model.ts";
import { instructionsOf, shownSteps, stepsOf } from "../told-steps.ts";

type Inputs = { question: string };
type Labels = { answer: string };
type Options = Partial<SimbaOptions<Inputs, Labels>>;

const metric = exactMatch("answer");
const SMALL: Options = { batchSize: 5, numCandidates: 2, maxSteps: 3, maxDemos: 2 };

async function run(
  options: Options = {},
  compiled: Partial<BareCompileOptions<Inputs, Labels>> = {},
  program = student,
) {
  const handle = compile(simba<Inputs, Labels>({ metric, ...SMALL, ...options }), program, {
    ...simulatedSets(10, 8),
    clients: { main: simulatedModel(1) },
    ...compiled,
  });
  return { best: await handle.result(), steps: await stepsOf(handle), handle };
}

const isAdvice = ({ messages }: LmRequest): boolean => String(messages[0]!.content).includes("module_advice");

/** Right by turns, and so no two runs are alike; where instructions say so always. */
function byTurns(advice: Readonly<Record<string, unknown>> | string | Error): ScriptedModel {
  return scripted((request) => {
    if (isAdvice(request)) return advice;
    const [system, last] = [request.messages[0]!, request.messages.at(-1)!].map(({ content }) => String(content));
    const number = Number(/q(\d+)\?/.exec(last!)![1]!);
    const isRight =
      system!.includes("RIGHT") || (request.rolloutId !== undefined && (number + Number(request.rolloutId)) % 2 === 0);
    return { answer: isRight ? `A${number}` : "?" };
  });
}

const runQa = async (model: ScriptedModel, options: Options = {}, compiled: object = {}) => {
  const handle = compile(simba<Inputs, Labels>({ metric, ...SMALL, maxDemos: 0, ...options }), qa, {
    trainset: questions(6),
    clients: { main: model },
    ...compiled,
  });
  return { best: await handle.result(), steps: await stepsOf(handle), handle };
};

describe("what it makes", () => {
  test("a step says which texts are its own, and which example who advised was shown", async () => {
    const { steps } = await run({ promptClient: "main", maxDemos: 0 });
    const named = new Map(steps.map((step) => [step.name, step]));
    const ids = simulatedSets(10, 8).trainset.map(({ id }) => id);
    for (const { program, parents, changed, origins = {}, note = "", full } of steps.filter(
      ({ name }) => name !== "student",
    )) {
      const before = instructionsOf(named.get(parents[0]!)!.program);
      const paths = Object.keys(program.predictors());
      const otherwise = paths.filter((_, at) => instructionsOf(program)[at] !== before[at]);
      expect(changed).toEqual(otherwise);
      expect(Object.keys(origins)).toEqual(otherwise);
      const place = Number(/example (\d+)/.exec(note)?.[1]);
      for (const origin of Object.values(origins))
        expect(origin).toEqual({ by: "model", client: "main", examples: [ids[place - 1]] });
      expect(full && otherwise.length > 0).toBe(false);
    }
    expect(steps.some(({ changed = [] }) => changed.length > 0)).toBe(true);
  });

  test("tells of each program what it was made from and where its text came from, and of those that are compared in full", async () => {
    const { steps, best } = await run();
    const made = steps.filter(({ full }) => !full);
    const full = steps.filter((step) => step.full);
    expect(made.map(({ name, scores }) => [name, scores.length])).toEqual(
      [1, 2, 3].flatMap((step) => [1, 2, 3].map((at) => [`step ${step}.${at}`, 5])),
    );
    for (const { note } of made)
      expect(note).toMatch(
        /^(a demo: the best run on|a model's advice, by runs on|as its source, but .*: nothing to learn from) example \d+ of the trainset$/,
      );
    expect(full.map(({ name, note }) => [name, note])).toEqual([
      ["student", "as it was given"],
      [expect.stringMatching(/^step 2\.\d, in full$/), "the best of its step, on all examples"],
      [expect.stringMatching(/^step 3\.\d, in full$/), "the best of its step, on all examples"],
    ]);
    for (const { scores } of full) expect(scores).toHaveLength(8);
    const top = Math.max(...full.map(({ score }) => score));
    expect(best).toBe(full.find(({ score }) => score === top)!.program);
    const names = new Set(["student", ...steps.map(({ name }) => name)]);
    for (const { parents } of steps) for (const parent of parents) expect(names).toContain(parent);
  });

  test("it comes to the same whatever the timing, and another seed to something else", async () => {
    const first = shownSteps((await run()).steps);
    for (const seed of [1, 2])
      expect(
        shownSteps((await run({}, { clients: { main: shuffledAnswers(simulatedModel(1), seed) } })).steps),
      ).toEqual(first);
    expect(shownSteps((await run({ seed: 1 })).steps)).not.toEqual(first);
  });

  test("advice is asked for side by side", async () => {
    const { model, most } = countingModel(byTurns({ discussion: "d", module_advice: {} }), isAdvice);
    await runQa(model);
    expect(most()).toBe(3);
  });

  test("advice joins the instructions of the predictors that it names", async () => {
    const model = byTurns({ discussion: "d", module_advice: { self: "Be RIGHT.", nobody: "Else." } });
    const { best } = await runQa(model);
    expect(instructionsOf(best)[0]).toMatch(new RegExp(`^${instructionsOf(qa)[0]}(\n\nBe RIGHT\\.)+$`));
    const text = String(model.requests.find(isAdvice)!.messages.at(-1)!.content);
    expect(text).toContain('[[ ## worse_program_outputs ## ]]\n{\n  "answer": "?"\n}');
    expect(text).toContain("[[ ## worse_reward_value ## ]]\n0.0\n");
    expect(text).toContain("[[ ## better_reward_value ## ]]\n1.0\n");
    expect(text).toContain('[[ ## module_names ## ]]\n[\n  "self"\n]');
  });

  test("what a metric says besides the score is told to whom advises", async () => {
    const judged = Object.assign(
      ({ labels }: { labels: Partial<Labels> }, { answer }: Labels) =>
        labels.answer === answer ? { score: 1 } : { score: 0, feedback: `not "${answer}"` },
      { version: 1 },
    );
    const model = byTurns({ discussion: "d", module_advice: {} });
    await runQa(model, { metric: judged });
    const text = String(model.requests.find(isAdvice)!.messages.at(-1)!.content);
    expect(text).toContain('[[ ## worse_reward_info ## ]]\n{\n  "feedback": "not \\"?\\""\n}');
  });

  test("runs are scored as programs are: a metric is not asked whether an example was solved", async () => {
    const graded = Object.assign(
      ({ labels }: { labels: Partial<Labels> }, { answer }: Labels, { trace }: { readonly trace?: unknown }) =>
        trace === undefined ? (labels.answer === answer ? 0.75 : 0.25) : true,
      { version: 1 },
    );
    const model = byTurns({ discussion: "d", module_advice: {} });
    await runQa(model, { metric: graded });
    const text = String(model.requests.find(isAdvice)!.messages.at(-1)!.content);
    expect(text).toContain("[[ ## worse_reward_value ## ]]\n0.25\n");
    expect(text).toContain("[[ ## better_reward_value ## ]]\n0.75\n");
  });

  test("a predictor has no more demos than it may have, but for one that was just added", async () => {
    const { steps } = await run({ maxSteps: 6, numCandidates: 3 });
    const counts = steps.flatMap(({ program }) => Object.values(program.predictors()).map(({ demos }) => demos.length));
    expect(Math.max(...counts)).toBeGreaterThan(0);
    expect(Math.max(...counts)).toBeLessThanOrEqual(2);
  });

  test("a frozen predictor stays as it is", async () => {
    const frozen = student.withPredictors({ respond: student.predictors()["respond"]!.with({ frozen: true }) });
    const { steps } = await run({}, {}, frozen);
    expect(new Set(steps.map(({ program }) => program.predictors()["respond"])).size).toBe(1);
    expect(steps.some(({ program }) => program.predictors()["find"] !== frozen.predictors()["find"])).toBe(true);
  });

  test("others are made from earlier programs too, and the best of them may win", async () => {
    const good = student.withPredictors({
      find: student.predictors()["find"]!.with({ instructions: "Do it in way 50." }),
      respond: student.predictors()["respond"]!.with({ instructions: "Do it in way 50." }),
    });
    const { best, steps } = await run({}, { warmStart: [good] });
    expect(steps[0]).toMatchObject({ name: "warm start 1", full: true, parents: [] });
    expect(steps.some(({ parents }) => parents.includes("warm start 1"))).toBe(true);
    expect(instructionsOf(best)[0]).toContain("Do it in way 50.");
  });

  test("with a teacher's client it makes the first run of each example; the prompt client advises", async () => {
    const advice = { discussion: "d", module_advice: {} };
    const [main, teacher, prompt] = [byTurns(advice), byTurns(advice), byTurns(advice)];
    const clients = { main, teacher, prompt };
    const options = { teacher: { client: "teacher" }, promptClient: "prompt" };
    await runQa(main, options, { clients, client: "main" });
    expect(teacher.requests.map(({ rolloutId, temperature }) => [rolloutId, temperature])).toEqual(
      Array.from({ length: 15 }, () => [0, undefined]),
    );
    expect(prompt.requests.length).toBeGreaterThan(0);
    expect(prompt.requests.every(isAdvice)).toBe(true);
    expect(main.requests.some(isAdvice)).toBe(false);
  });

  test("a plan is the most that it runs", async () => {
    const { handle } = await run();
    const plan = simba<Inputs, Labels>({ metric, ...SMALL }).plan!({ ...simulatedSets(10, 8), student, warmStart: [] });
    expect([plan.trials, runsOf(plan.proposals)]).toEqual([3 * 5 * (2 + 3) + 3 * 8, 15]);
    expect(handle.status().lmCalls).toBeLessThanOrEqual(2 * plan.trials + runsOf(plan.proposals));
  });
});

describe("what may go wrong", () => {
  test.each([
    ["noise", "%%% no layout at all"],
    ["no advice through all retries", new LmError("busy", { code: "rate_limited", retryable: false })],
  ])("who answers %s costs the calls and nothing else", async (_what, reply) => {
    const model = byTurns(reply);
    const { best, steps } = await runQa(model);
    expect(best).toBe(qa);
    // Each example of each batch was tried, and none gave a program that has learned anything.
    for (const { note, full } of steps) expect(full || note!.startsWith("as its source")).toBe(true);
    expect(model.requests.filter(isAdvice).length).toBeGreaterThan(0);
  });

  test("a wrong key of the one who advises ends the job", async () => {
    const model = byTurns(new LmError("no such key", { code: "auth" }));
    await expect(runQa(model)).rejects.toMatchObject({ code: "auth" });
  });

  test("where the metric always fails, the student is the result", async () => {
    const broken = Object.assign(
      () => {
        throw new Error("no metric today");
      },
      { version: 1 },
    );
    const { best } = await runQa(byTurns(""), { metric: broken });
    expect(best).toBe(qa);
  });

  test("a failed run is no best one, also where scores are below 0", async () => {
    const model = scripted((request) => {
      if (isAdvice(request)) return { discussion: "d", module_advice: { self: "Fail." } };
      const isRefused = String(request.messages[0]!.content).includes("Fail.") || request.rolloutId === 1;
      return isRefused ? new LmError("refused", { code: "content_filter" }) : { answer: "poor" };
    });
    const { best } = await runQa(model, { metric: Object.assign(() => -1, { version: 1 }) });
    expect(best).toBe(qa);
    const text = String(model.requests.find(isAdvice)!.messages.at(-1)!.content);
    expect(text).toContain("[[ ## better_reward_value ## ]]\n-1.0\n");
    expect(text).toContain("[[ ## worse_reward_info ## ]]\n{}\n");
  });

  test.each([
    [{ trainset: questions(4) }, /4 examples, fewer than those of a batch \(batchSize: 5\)/],
    [{ valset: [] }, /valset is empty/],
  ])("sets that do not do are refused before anything is asked", async (sets, words) => {
    const model = byTurns("");
    await expect(runQa(model, {}, sets)).rejects.toThrow(words);
    expect(model.requests).toHaveLength(0);
  });

  test.each([
    [{ batchSize: 0 }, /batchSize must be/],
    [{ samplingTemperature: 0 }, /samplingTemperature must be a number above 0/],
    [{ maxDemos: -1 }, /maxDemos must be/],
    [{ teacher: { keepsDemos: true } }, /no option "keepsDemos"/],
    [{ metric: undefined }, /metric is missing/],
  ])("%j is refused", (options, words) => {
    const make = () => simba({ metric, ...options } as unknown as SimbaOptions);
    expect(make).toThrow(UsageError);
    expect(make).toThrow(words);
  });
});
