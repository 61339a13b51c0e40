import { describe, expect, test } from "vitest";
import { examples } from "../../../src/evaluate/load-examples.ts";
import { classificationReport } from "../../../src/evaluate/statistics/classification.ts";
import { meanInterval } from "../../../src/evaluate/statistics/interval.ts";
import { pairedComparison } from "../../../src/evaluate/statistics/paired.ts";
import { percentScore, roundTwo } from "../../../src/evaluate/statistics/score.ts";
import { scoresBySlice } from "../../../src/evaluate/statistics/slices.ts";
import { UsageError } from "../../../src/foundation/errors.ts";
import { signature } from "../../../src/signatures/signature.ts";

const times = (count: number, value: number): number[] => Array.from({ length: count }, () => value);

describe("a score", () => {
  test.each([
    [[1, 1, 0], 66.67],
    [[1], 100],
    [[0, 0], 0],
    [[...times(1, 1), ...times(799, 0)], 0.12],
    [[...times(3, 1), ...times(797, 0)], 0.38],
    [[0.1, 0.2, 0.3], 20],
    [[-0.125, 0], -6.25],
  ])("of %j", (scores, score) => {
    expect(percentScore(scores)).toBe(score);
  });

  // Python's round(x, 2).
  test.each([
    [0.125, 0.12],
    [0.375, 0.38],
    [0.625, 0.62],
    [-0.125, -0.12],
    [2.675, 2.67],
    [1.005, 1],
    [66.665, 66.67],
    [12.345, 12.35],
    [1e21, 1e21],
    [33.333333333333336, 33.33],
  ])("%d is rounded to %d, as Python does", (value, rounded) => {
    expect(roundTwo(value)).toBe(rounded);
  });

  test("needs scores", () => {
    for (const scores of [[], [1, Number.NaN], ["1"], undefined])
      expect(() => percentScore(scores as number[])).toThrow(UsageError);
  });
});

describe("an interval", () => {
  const scores = [...times(70, 1), ...times(30, 0)];

  test("holds the mean, and is the same for a seed", () => {
    const { low, high, level } = meanInterval(scores, { seed: 3 });
    expect(level).toBe(0.95);
    // 0.7 ± 1.96 · √(0.7 · 0.3 / 100)
    expect(low).toBeCloseTo(0.61, 1);
    expect(high).toBeCloseTo(0.79, 1);
    expect(meanInterval(scores, { seed: 3 })).toEqual({ low, high, level });
    expect(meanInterval(scores, { seed: 4 })).not.toEqual({ low, high, level });
  });

  test("is wider where it is to be surer", () => {
    const width = (level: number): number => {
      const { low, high } = meanInterval(scores, { level });
      return high - low;
    };
    expect(width(0.99)).toBeGreaterThan(width(0.9));
  });

  test("of many is that of the normal distribution", () => {
    const { low, high } = meanInterval(scores.flatMap((score) => times(100, score)));
    expect(low).toBeCloseTo(0.7 - (1.959964 * Math.sqrt(0.21)) / 100, 6);
    expect(high).toBeCloseTo(0.7 + (1.959964 * Math.sqrt(0.21)) / 100, 6);
  });

  test("of equal scores is one point", () => {
    expect(meanInterval([0.5, 0.5])).toMatchObject({ low: 0.5, high: 0.5 });
  });

  test("needs options that make sense", () => {
    expect(() => meanInterval(scores, { level: 1 })).toThrow("level must be between 0 and 1, got 1");
    expect(() => meanInterval(scores, { resample: 1 } as never)).toThrow('is "resamples" meant?');
  });
});

describe("a paired comparison", () => {
  test("of right and wrong is a sign test", () => {
    const first = [...times(9, 1), ...times(1, 0), ...times(5, 1)];
    const second = [...times(9, 0), ...times(1, 1), ...times(5, 1)];
    const compared = pairedComparison(first, second);
    // Two-sided: 2 · (1 + 10) / 2^10.
    expect(compared).toMatchObject({ wins: 9, losses: 1, ties: 5, difference: 8 / 15, test: "sign" });
    expect(compared.pValue).toBeCloseTo(22 / 1024, 12);
    expect(pairedComparison(second, first)).toMatchObject({ wins: 1, losses: 9, difference: -8 / 15 });
    expect(pairedComparison(second, first).pValue).toBeCloseTo(22 / 1024, 12);
  });

  test.each([
    [[1, 0], [0, 1], 1],
    [[1, 1], [1, 1], 1],
    [[1], [0], 1],
    [times(2000, 1), times(2000, 0), 0],
  ])("of %j and %j has the p-value %d", (first, second, pValue) => {
    expect(pairedComparison(first, second).pValue).toBeCloseTo(pValue, 12);
  });

  test("of fractions counts all swaps", () => {
    // Of the 8 signs of 0.5, 0.3, 0.1: the sums of 0.9 and −0.9 are as far out.
    const compared = pairedComparison([0.5, 0.5, 0.5, 0.2], [0, 0.2, 0.4, 0.2]);
    expect(compared).toMatchObject({ wins: 3, losses: 0, ties: 1, test: "permutation" });
    expect(compared.pValue).toBeCloseTo(2 / 8, 12);
    // 0.3 − 0.5 + 0.1: the six sums but ±0.3 are as far out; those of ±0.1 are.
    expect(pairedComparison([0.3, 0, 0.1], [0, 0.5, 0]).pValue).toBeCloseTo(1, 12);
    expect(pairedComparison([0.5, 0.3, 0], [0, 0, 0.1]).pValue).toBeCloseTo(4 / 8, 12);
  });

  test("of many fractions draws them, and approximates those of very many", () => {
    const first = Array.from({ length: 40 }, (_, n) => (n % 7) / 10 + 0.02);
    const second = Array.from({ length: 40 }, (_, n) => (n % 5) / 10);
    const drawn = pairedComparison(first, second, { seed: 1 });
    expect(drawn.test).toBe("sampled_permutation");
    expect(drawn).toEqual(pairedComparison(first, second, { seed: 1 }));
    const repeated = (list: readonly number[]): number[] => Array.from({ length: 200 }, () => list).flat();
    expect(pairedComparison(repeated(first), repeated(second)).test).toBe("normal");
    const sums = first.map((score, index) => score - (second[index] ?? 0));
    const z = sums.reduce((a, b) => a + b, 0) / Math.sqrt(sums.reduce((a, b) => a + b * b, 0));
    // The normal approximation of the same 40: z is above 2.5, so that less than 2 % is as far out.
    expect(z).toBeGreaterThan(2.5);
    expect(drawn.pValue).toBeLessThan(0.02);
    expect(drawn.pValue).toBeGreaterThan(0.0001);
  });

  test("needs the same examples on both sides", () => {
    expect(() => pairedComparison([1, 0], [1])).toThrow("expected scores of the same examples, got 2 and 1");
    expect(() => pairedComparison([], [])).toThrow(UsageError);
  });
});

describe("slices", () => {
  const set = examples(signature("question -> answer"), [
    { question: "a", answer: "x", level: "hard", year: 2020 },
    { question: "b", answer: "x", level: "easy", year: 2021 },
    { question: "c", answer: "y", level: "hard" },
  ]);
  const rows = set.map((example, index) => ({ example, score: index === 1 ? 0 : 1 }));

  test.each([
    [
      "level",
      [
        ["hard", 2, 100],
        ["easy", 1, 0],
      ],
    ],
    [
      "answer",
      [
        ["x", 2, 50],
        ["y", 1, 100],
      ],
    ],
    [
      "year",
      [
        ["2020", 1, 100],
        ["2021", 1, 0],
        [undefined, 1, 100],
      ],
    ],
  ])("by %s", (by, expected) => {
    expect(scoresBySlice(rows, by).map(({ slice, count, score }) => [slice, count, score])).toEqual(expected);
  });

  test("by what a function says", () => {
    const by = ({ inputs }: { readonly inputs: { readonly question: string } }): boolean => inputs.question < "c";
    expect(scoresBySlice(rows, by).map(({ slice, count }) => [slice, count])).toEqual([
      ["true", 2],
      ["false", 1],
    ]);
  });
});

describe("a classification report", () => {
  test("counts as scikit-learn does", () => {
    const report = classificationReport([
      ["cat", "cat"],
      ["cat", "dog"],
      ["cat", undefined],
      ["dog", "dog"],
      ["dog", "fox"],
      ["bird", "bird"],
    ]);
    expect(report.accuracy).toBe(0.5);
    expect(report.classes["cat"]).toEqual({ precision: 1, recall: 1 / 3, f1: 0.5, support: 3 });
    expect(report.classes["dog"]).toEqual({ precision: 0.5, recall: 0.5, f1: 0.5, support: 2 });
    expect(report.classes["fox"]).toEqual({ precision: 0, recall: 0, f1: 0, support: 0 });
    expect(report.macroF1).toBe((1 + 0.5 + 0.5 + 0) / 4);
    expect(report.confusion).toEqual({
      labels: ["bird", "cat", "dog", "fox"],
      counts: [
        [1, 0, 0, 0],
        [0, 1, 1, 0],
        [0, 0, 1, 1],
        [0, 0, 0, 0],
      ],
      unanswered: [0, 1, 0, 0],
    });
  });

  test("of nothing is empty", () => {
    expect(classificationReport([])).toMatchObject({ accuracy: 0, macroF1: 0, classes: {} });
  });
});
