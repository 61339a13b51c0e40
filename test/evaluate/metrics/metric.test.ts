import { describe, expect, test } from "vitest";
import { examples } from "../../../src/evaluate/load-examples.ts";
import { jsonMatch } from "../../../src/evaluate/metrics/json-match.ts";
import { digestOfMetrics, metricNames, scoreOf } from "../../../src/evaluate/metrics/metric.ts";
import type { MetricAnswer, Metrics } from "../../../src/evaluate/metrics/metric.ts";
import { MetricError } from "../../../src/evaluate/metrics/metric-error.ts";
import { numeric } from "../../../src/evaluate/metrics/numeric.ts";
import { contains, exactMatch, f1, passageMatch } from "../../../src/evaluate/metrics/text-metrics.ts";
import { DspexError, UsageError } from "../../../src/foundation/errors.ts";
import { combineMeta, prediction } from "../../../src/programs/prediction.ts";
import { functionsBySource } from "../../../src/programs/identity/digest-of.ts";
import { makeLedger } from "../../../src/lm/ledger/ledger.ts";
import { signature } from "../../../src/signatures/signature.ts";

const QA = signature("question -> answer");
const [example] = examples(QA, [{ question: "q", answer: "Paris" }]);
const made = prediction<{ answer: string }>(
  { answer: "the PARIS!" },
  combineMeta([], makeLedger(), { run: "r", path: "self", ms: 0 }),
);

function score(metrics: Metrics<{ question: string }, { answer: string }>) {
  return scoreOf(metrics, example!, made, {});
}

test("several metrics speak to a predictor in turn, and the first one's score is its score", async () => {
  const scored = await score({
    right: () => ({ score: 1, feedbackFor: { find: { score: 0.5, feedback: "Look." } } }),
    short: () => ({ score: 0, feedbackFor: { find: "Be brief.", respond: { score: 0.2 } } }),
  });
  expect(scored.feedbackFor).toEqual({
    find: { score: 0.5, feedback: "right: Look.\nshort: Be brief." },
    respond: {},
  });
});

describe("a metric's answer", () => {
  test.each<[string, MetricAnswer | Promise<MetricAnswer>, object]>([
    ["a number", 0.25, { score: 0.25 }],
    ["true", true, { score: 1 }],
    ["false", false, { score: 0 }],
    ["a promise", Promise.resolve(2), { score: 2 }],
    ["an object", { score: true, feedback: "well done" }, { score: 1, feedback: "well done" }],
    [
      "an object with words for single predictors",
      { score: 1, feedbackFor: { find: "Look.", respond: { score: false, feedback: "No." }, rest: { score: 0.5 } } },
      {
        score: 1,
        feedbackFor: { find: { feedback: "Look." }, respond: { score: 0, feedback: "No." }, rest: { score: 0.5 } },
      },
    ],
    ["an object with more", { score: 0, tone: "kind" }, { score: 0, details: { tone: "kind" } }],
  ])("may be %s", async (_what, answer, read) => {
    expect(await score(() => answer)).toEqual(read);
  });

  test.each<[string, unknown, string]>([
    ["a text", "0.5", 'expected a finite number, a boolean or { score }, got "0.5"'],
    ["nothing", undefined, "got undefined"],
    ["no number", Number.NaN, "got NaN"],
    ["infinite", Number.POSITIVE_INFINITY, "got Infinity"],
    ["an object without a score", { value: 1 }, 'got {"value":1}'],
    ["an object with a text as its score", { score: "1" }, 'as score, got "1"'],
    ["an object with a number for words", { score: 1, feedback: 3 }, "expected a text as feedback, got 3"],
    [
      "an object with a text for all predictors",
      { score: 1, feedbackFor: "x" },
      "in feedbackFor a text or { score, feedback }",
    ],
    ["an object with a number for a predictor", { score: 1, feedbackFor: { find: 3 } }, "for each predictor, got 3"],
    ["an object with no score for a predictor", { score: 1, feedbackFor: { find: { score: "1" } } }, 'got "1"'],
  ])("that is %s is the metric's failure", async (_what, answer, problem) => {
    const scored = scoreOf(Object.assign(() => answer as number, {}) as never, example!, made, {});
    const thrown = await scored.catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(MetricError);
    expect(thrown).toMatchObject({ name: "MetricError", code: "bad_score", retryable: false });
    expect((thrown as Error).message).toContain(problem);
  });

  test("is none where it throws, which is the metric's failure", async () => {
    const cause = new TypeError("x is not a function");
    const mine = (): number => {
      throw cause;
    };
    await expect(score(mine)).rejects.toMatchObject({
      name: "MetricError",
      code: "metric_failed",
      message: 'metric "mine": it threw TypeError: x is not a function',
      retryable: false,
      details: { metric: "mine" },
      cause,
    });
    const busy = new DspexError("busy", { code: "rate_limit", retryable: true });
    await expect(score(async () => Promise.reject(busy))).rejects.toMatchObject({ retryable: true, cause: busy });
  });
});

describe("several metrics", () => {
  test("stand side by side, the first one's score being the score", async () => {
    const brief = async () => ({ score: 0.5, feedback: "too long", words: 2 });
    expect(await score({ exact: exactMatch("answer"), brief })).toEqual({
      score: 1,
      scores: { exact: 1, brief: 0.5 },
      feedback: "brief: too long",
      details: { brief: { words: 2 } },
    });
    expect(metricNames({ exact: exactMatch("answer"), brief })).toEqual(["exact", "brief"]);
    expect(metricNames(exactMatch("answer"))).toEqual(["exactMatch"]);
  });

  test("fail under the name of the one that does", async () => {
    const metrics = { exact: exactMatch("answer"), bad: () => Number.NaN };
    await expect(score(metrics)).rejects.toMatchObject({ details: { metric: "bad" } });
  });

  test.each([[undefined], [{}], ["exactMatch"], [{ exact: "exactMatch" }]])(
    "are functions: not %j",
    async (metrics) => {
      await expect(score(metrics as never)).rejects.toThrow(UsageError);
    },
  );
});

describe("a metric's digest", () => {
  test("is its name, version and settings", () => {
    const digests = [
      exactMatch("a"),
      exactMatch("b"),
      exactMatch("a", { frac: 0.5 }),
      contains("a"),
      contains("a", { words: false }),
      numeric("a"),
      numeric("a", { tolerance: 1 }),
      jsonMatch("a"),
      jsonMatch(["a", "b"]),
      passageMatch("a"),
      passageMatch("a", { context: "found" }),
      { x: exactMatch("a") },
      { y: exactMatch("a") },
      { x: exactMatch("a"), y: f1("a") },
      { y: f1("a"), x: exactMatch("a") },
    ].map(digestOfMetrics);
    expect(new Set(digests).size).toBe(digests.length);
    expect(digestOfMetrics(exactMatch("a"))).toBe(digests[0]);
    expect(functionsBySource(exactMatch("a"))).toEqual([]);
  });

  test("of the user's own is its version, else its text", () => {
    const mine = (): number => 1;
    const versioned = (version: number) => Object.assign(() => 1, { version });
    expect(digestOfMetrics(versioned(1))).not.toBe(digestOfMetrics(versioned(2)));
    expect(digestOfMetrics(versioned(1))).toBe(digestOfMetrics(versioned(1)));
    expect(digestOfMetrics(mine)).not.toBe(digestOfMetrics(() => 2));
    expect(functionsBySource(mine)).toEqual(['function "mine"']);
  });
});
