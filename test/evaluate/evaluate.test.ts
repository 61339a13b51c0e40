// The same evaluation bare and in a system.
import { describe, expect, test } from "vitest";
import { client } from "../../src/actors/client/client.ts";
import { evaluate, type Examples } from "../../src/evaluate/evaluate.ts";
import type { EvaluateOptions } from "../../src/evaluate/evaluation-options.ts";
import { examples } from "../../src/evaluate/load-examples.ts";
import type { Metric } from "../../src/evaluate/metrics/metric.ts";
import type { MetricCall } from "../../src/evaluate/metrics/metric.ts";
import { exactMatch } from "../../src/evaluate/metrics/text-metrics.ts";
import type { EvaluationReport } from "../../src/evaluate/report.ts";
import { UsageError } from "../../src/foundation/errors.ts";
import { LmError } from "../../src/lm/failure.ts";
import type { LmRequest } from "../../src/lm/language-model.ts";
import { backoff } from "../../src/lm/retry/retry-policy.ts";
import type { CallContext } from "../../src/programs/call-context.ts";
import { program } from "../../src/programs/composed-program.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import { signature } from "../../src/signatures/signature.ts";
import { startSystem } from "../../src/system.ts";
import { scripted, type ScriptedModel } from "../../src/testing/scripted.ts";
import { until } from "../../src/testing/until.ts";
import { testClock } from "../../src/testing/test-clock.ts";

const QA = signature("question -> answer");
const qa = predict(QA);
const metric = exactMatch("answer");
const set = examples(
  QA,
  Array.from({ length: 10 }, (_, index) => ({
    question: `q${index}`,
    answer: `a${index}`,
    level: index % 2 ? "odd" : "even",
  })),
);

function asked({ messages }: LmRequest): number {
  return Number(/\bq(\d+)/.exec(String(messages.at(-1)?.content))?.[1]);
}

/** Answers right, but for the questions that it is told of. */
function model(wrong: Readonly<Record<number, () => { answer: string }>> = {}): ScriptedModel {
  return scripted((request) => wrong[asked(request)]?.() ?? { answer: `a${asked(request)}` });
}

type Evaluated = typeof qa;
type Door = (
  given: Evaluated | readonly Evaluated[],
  lm: ScriptedModel,
  options?: EvaluateOptions,
  on?: Examples<{ question: string }, { answer: string }>,
  by?: Metric<{ question: string }, { answer: string }>,
) => Promise<EvaluationReport | readonly EvaluationReport[]>;

const DOORS: Readonly<Record<string, Door>> = {
  bare: (given, lm, options, on = set, by = metric) =>
    evaluate(given as Evaluated, on, by, { ...options, clients: { lm } }),
  "in a system": async (given, lm, options, on = set, by = metric) => {
    const system = await startSystem({ children: [client({ name: "lm", lm })], logger: false, cache: false });
    try {
      return await system.evaluate(given as Evaluated, on, by, options);
    } finally {
      await system.stop();
    }
  },
};

const retry = backoff({ maxAttempts: 1 });

describe.each(Object.keys(DOORS))("%s", (name) => {
  const door = DOORS[name] as Door;
  const one = async (...args: Parameters<Door>): Promise<EvaluationReport> => (await door(...args)) as EvaluationReport;

  test("what failed answers cost stands in the report, and ends it where there is a budget", async () => {
    const usage = { inputTokens: 60, outputTokens: 40, totalTokens: 100 };
    const failing = scripted(() => {
      throw new LmError("withheld", { code: "content_filter", details: { usage } });
    });
    const report = await one(qa, failing);
    expect(report.usage).toMatchObject({ lmCalls: 10, totalTokens: 1_000 });
    expect(report.rows[0]).toMatchObject({ score: 0, tokens: 100 });
    expect(await one(qa, failing, { budget: { tokens: 350 } })).toMatchObject({ partial: "budget" });
  });

  test("each example is asked once and scored", async () => {
    const lm = model({ 3: () => ({ answer: "no" }) });
    const report = await one(qa, lm, { slices: ["level"] });
    expect(report).toMatchObject({ name: qa.name, score: 90, mean: 0.9, trials: 10, examples: 10, failures: [] });
    expect(report.rows.map(({ index, score }) => [index, score])).toEqual(
      set.map((_, index) => [index, index === 3 ? 0 : 1]),
    );
    expect(report.rows[3]).toMatchObject({
      prediction: { answer: "no" },
      example: { labels: { answer: "a3" } },
      lmCalls: 1,
    });
    expect(report.slices["level"]).toEqual([
      { slice: "even", count: 5, score: 100 },
      { slice: "odd", count: 5, score: 80 },
    ]);
    expect(report.usage).toMatchObject({ lmCalls: 10 });
    expect(report.usage.totalTokens).toBeGreaterThan(0);
    expect(report.partial).toBeUndefined();
    expect(lm.requests).toHaveLength(10);
  });

  test("a failure scores 0, stays in the average, and touches no other", async () => {
    const fails = () => {
      throw new LmError("down", { code: "server", status: 500 });
    };
    const report = await one(qa, model({ 2: fails, 7: fails }), { retry });
    expect(report).toMatchObject({ score: 80, trials: 10, failureCodes: { server: 2 } });
    expect(report.failures.map(({ index, failed, error }) => [index, failed, error?.code])).toEqual([
      [2, "program", "server"],
      [7, "program", "server"],
    ]);
    const harsh = await one(qa, model({ 2: fails }), { retry, failureScore: -1 });
    expect(harsh.score).toBe(80);
  });

  test("a failure that was traced tells what was asked and said; its judge's as well", async () => {
    const judge = predict(signature("said -> verdict: bool"), { onUnparsable: "fail" });
    const judged: Metric<{ question: string }, { answer: string }> = async (_example, { answer }, { context }) =>
      (await judge.forward({ said: answer }, context as CallContext)).verdict;
    const lm = scripted(({ messages }) => {
      const text = String(messages.at(-1)?.content);
      if (text.includes("[[ ## said ## ]]")) return text.includes("a1") ? "hard to say" : { verdict: true };
      return text.includes("q2") ? "mumble" : { answer: `a${/q(\d)/.exec(text)?.[1]}` };
    });
    const asks = predict(QA, { onUnparsable: "fail" });
    const report = await one(asks, lm, { trace: true }, set.slice(0, 4), judged);
    const told = report.rows.map(({ failed, trace }) => [
      failed,
      trace?.map(({ exchanges }) => exchanges.map(({ response }) => response?.completions[0]?.text)),
    ]);
    const answer = expect.stringContaining("a1") as string;
    expect(told).toEqual([
      [undefined, undefined],
      ["metric", [[answer], ["hard to say"]]],
      ["program", [["mumble"]]],
      [undefined, undefined],
    ]);
    expect((await one(asks, lm, {}, set.slice(0, 4), judged)).failures.map(({ trace }) => trace)).toEqual([
      undefined,
      undefined,
    ]);
    const { value } = JSON.parse(report.toJson()) as { value: { rows: { trace?: { path: string }[] }[] } };
    expect(value.rows[2]?.trace?.map(({ path }) => path)).toEqual(["self"]);
  });

  test("code that crashes is a failure of its trial", async () => {
    const buggy = program({
      name: "Buggy",
      parts: { qa },
      version: 1,
      async forward(parts, inputs: { question: string }) {
        if (inputs.question === "q4") throw new TypeError("a bug");
        return parts.qa(inputs);
      },
    });
    const report = await one(buggy as never, model());
    expect(report).toMatchObject({ score: 90, failureCodes: { run_crashed: 1 } });
  });

  test("no more trials are begun once too many have failed: the report is partial, and keeps what there is", async () => {
    const fails = () => {
      throw new LmError("down", { code: "server", status: 500 });
    };
    const lm = model(Object.fromEntries([1, 2, 3, 4, 5].map((index) => [index, fails])));
    const report = await one(qa, lm, { retry, maxErrors: 2, maxConcurrency: 1 });
    expect(report).toMatchObject({ partial: "errors", trials: 4, score: 25 });
    expect(lm.requests).toHaveLength(4);
  });

  test("a budget ends it: what was not asked is no failure", async () => {
    const report = await one(qa, model(), { budget: { lmCalls: 4 }, maxConcurrency: 1 });
    expect(report).toMatchObject({ partial: "budget", trials: 4, score: 100, failures: [] });
  });

  test("several candidates side by side have a report each", async () => {
    const shout = qa.with({ name: "shout", instructions: "Shout." });
    const lm = scripted((request) =>
      JSON.stringify(request.messages).includes("Shout.") ? { answer: "A" } : { answer: `a${asked(request)}` },
    );
    const reports = (await door([qa, shout], lm)) as readonly EvaluationReport[];
    expect(reports.map((report) => [report.name, report.score])).toEqual([
      [qa.name, 100],
      ["shout", 0],
    ]);
  });

  test("several samples are answers of their own, with a spread", async () => {
    const lm = scripted((request) => ({ answer: request.rolloutId === 1 ? "no" : `a${asked(request)}` }));
    const report = await one(qa, lm, { samples: 2 });
    expect(report).toMatchObject({ score: 50, trials: 20, examples: 10 });
    expect(report.spread).toBeCloseTo(Math.SQRT1_2);
    expect(new Set(lm.requests.map(({ rolloutId, temperature }) => `${rolloutId} ${temperature}`))).toEqual(
      new Set(["0 1", "1 1"]),
    );
  });

  test("takes a stream of examples, and says so where there is none", async () => {
    async function* stream() {
      yield* set.slice(0, 3);
    }
    expect(await one(qa, model(), {}, stream())).toMatchObject({ score: 100, trials: 3 });
    await expect(one(qa, model(), {}, [])).rejects.toThrow(UsageError);
  });

  test("rows are kept as said; scores count all", async () => {
    expect((await one(qa, model(), { keepRows: 2 })).rows.map(({ index }) => index)).toEqual([0, 1]);
    const report = await one(qa, model({ 3: () => ({ answer: "no" }) }), { keepRows: "failures" });
    expect(report).toMatchObject({ rows: [], score: 90 });
  });

  describe("what cuts a judge short is no failure of its metric", () => {
    const judge = predict(signature("answer -> good: bool"));
    const judged: Metric<{ question: string }, { answer: string }> = async (_example, { answer }, { context }) =>
      (await judge.forward({ answer }, context as CallContext)).good;

    test("a budget", async () => {
      const lm = scripted((_request, index) => (index % 2 === 0 ? { answer: "a" } : { good: true }));
      const report = await one(qa, lm, { budget: { lmCalls: 5 }, maxConcurrency: 1 }, set, judged);
      expect(report).toMatchObject({ partial: "budget", trials: 2, score: 100, failures: [] });
    });

    test("a signal", async () => {
      const stop = new AbortController();
      const lm = scripted((_request, index) => {
        if (index === 3) stop.abort(new Error("enough"));
        return index % 2 === 0 ? { answer: "a" } : { good: true };
      });
      const report = await one(qa, lm, { signal: stop.signal, maxConcurrency: 1 }, set, judged);
      expect(report).toMatchObject({ partial: "cancelled", trials: 1, score: 100, failures: [] });
    });
  });

  test("a signal ends it with what there is", async () => {
    const stop = new AbortController();
    const rows: number[] = [];
    const report = await one(qa, model(), {
      signal: stop.signal,
      maxConcurrency: 1,
      onResult: ({ index }) => rows.push(index) === 3 && stop.abort(),
    });
    expect(report).toMatchObject({ partial: "cancelled", trials: 3, score: 100 });
  });

  test("options that make no sense are refused", async () => {
    for (const options of [{ maxConcurency: 3 }, { samples: 0 }, { keepRows: "none" }, { maxErrors: Number.NaN }])
      await expect(one(qa, model(), options as EvaluateOptions)).rejects.toThrow(UsageError);
    await expect(one({} as never, model())).rejects.toThrow("expected a program");
  });
});

test("a trial that hangs ends at its deadline, its requests with it; the others are as they were", async () => {
  const clock = testClock();
  const inner = model();
  const lm = scripted((request) => ({ answer: `a${asked(request)}` }), { latencyMs: 10, clock });
  const hanging: ScriptedModel = {
    ...lm,
    generate: (request, options) =>
      asked(request) === 5 ? lm.generate({ ...request, temperature: 9 }, options) : inner.generate(request, options),
  };
  const system = await startSystem({
    children: [client({ name: "lm", lm: { ...hanging, open: async () => hanging } })],
    logger: false,
    cache: false,
    clock,
  });
  const evaluating = system.evaluate(qa, set, metric, { timeoutMs: 5 });
  await clock.advance(5);
  const report = await evaluating;
  expect(report).toMatchObject({ score: 90, failureCodes: { timeout: 1 } });
  expect(lm.inFlight).toBe(0);
  await system.stop();
});

test("what the end of its system cuts short is no failure: the report is partial", async () => {
  const lm = scripted((request) => (asked(request) < 3 ? { answer: `a${asked(request)}` } : new Promise(() => {})));
  const system = await startSystem({ children: [client({ name: "lm", lm })], logger: false, cache: false });
  const evaluating = system.evaluate(qa, set, metric, { maxConcurrency: 1 });
  await until(() => lm.requests.length === 4);
  await system.stop({ drainMs: 0 });
  expect(await evaluating).toMatchObject({ partial: "cancelled", trials: 3, score: 100, failures: [] });
});

test("a stream of examples that hangs ends with its caller", async () => {
  const stop = new AbortController();
  async function* stream() {
    yield* set.slice(0, 2);
    stop.abort();
    await new Promise(() => {});
  }
  const report = await evaluate(qa, stream(), metric, { clients: { lm: model() }, signal: stop.signal });
  expect(report.partial).toBe("cancelled");
});

test("a judge is who it is: what is laid over the program it judges does not reach it", async () => {
  const teacher = scripted((request) => ({ answer: `a${asked(request)}` }));
  const student = scripted(() => ({ answer: "no" }));
  const judging = scripted(() => ({ good: true }));
  const judge = predict(signature("answer -> good: bool"), { client: "judging" });
  const judged = Object.assign(
    async (_example: object, made: { answer: string }, { context }: MetricCall) =>
      (await judge.forward({ answer: made.answer }, context!)).good,
    { version: 1, judge },
  );
  const report = await evaluate(qa.with({ client: "student" }), set, judged, {
    clients: { teacher, student, judging },
    client: "teacher",
    samples: 2,
    config: { maxTokens: 9 },
  });
  expect(report).toMatchObject({ score: 100, trials: 20 });
  expect([teacher.requests.length, student.requests.length, judging.requests.length]).toEqual([20, 0, 20]);
  expect(teacher.requests[0]).toMatchObject({ temperature: 1, maxTokens: 9 });
  for (const name of ["temperature", "maxTokens", "rolloutId"]) expect(judging.requests[0]).not.toHaveProperty(name);
});
