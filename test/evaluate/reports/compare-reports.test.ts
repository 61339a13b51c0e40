import { expect, test } from "vitest";
import { UsageError } from "../../../src/foundation/errors.ts";
import { compareReports } from "../../../src/evaluate/reports/compare-reports.ts";
import { failure, HOSTILE, reportOf } from "./made-reports.ts";

const scores = (list: readonly number[], name = "qa") =>
  reportOf(
    list.map((score) => ({ outputs: { a: "x" }, score })),
    { name },
  );

test("wins, losses, ties, and how likely such a difference is by chance", () => {
  const comparison = compareReports(
    scores([1, 1, 1, 1, 1, 1, 0, 0.5], "new"),
    scores([0, 0, 0, 0, 0, 0, 1, 0.5], "old"),
  );
  expect(comparison).toMatchObject({
    first: { name: "new", score: 81.25 },
    second: { name: "old", score: 18.75 },
    trials: 8,
    wins: 6,
    losses: 1,
    ties: 1,
    difference: 0.625,
    test: "sign",
    onlyFirst: [],
    onlySecond: [],
  });
  // Of seven throws of a coin, at most one on the rarer side: 2 · 8 / 128.
  expect(comparison.pValue).toBeCloseTo(0.125, 10);
  expect(comparison.changes.map(({ id, first, second }) => [id, first, second])).toEqual([
    ...["e0", "e1", "e2", "e3", "e4", "e5"].map((id) => [id, 1, 0]),
    ["e6", 0, 1],
  ]);
});

test("trials are paired by the example's id and the sample, in whatever order they stand", () => {
  const first = reportOf(
    [
      { id: "a", index: 0, score: 1 },
      { id: "a", index: 0, sample: 1, score: 0 },
      { id: "b", index: 1, score: 0.25 },
    ],
    { samples: 2 },
  );
  const second = reportOf(
    [
      { id: "b", index: 0, score: 0.25 },
      { id: "a", index: 1, score: 1 },
      { id: "a", index: 1, sample: 1, score: 1 },
      { id: "c", index: 2, score: 1 },
    ],
    { samples: 2 },
  );
  expect(compareReports(first, second)).toMatchObject({
    trials: 3,
    ties: 2,
    losses: 1,
    changes: [{ id: "a", sample: 1, first: 0, second: 1 }],
    onlyFirst: [],
    onlySecond: [{ id: "c", sample: 0 }],
  });
  expect(compareReports(second, first).onlyFirst).toEqual([{ id: "c", sample: 0 }]);
});

test("a sample is paired with no other one of its example", () => {
  const first = reportOf(
    [
      { id: "a", score: 1 },
      { id: "a", index: 0, sample: 1, score: 0 },
    ],
    { samples: 2 },
  );
  const second = reportOf([{ id: "a", index: 0, sample: 1, score: 0 }], { samples: 2 });
  expect(compareReports(first, second)).toMatchObject({ trials: 1, ties: 1, onlyFirst: [{ id: "a", sample: 0 }] });
});

test("an example that a list holds twice is paired twice; a failure counts with its score", () => {
  const first = reportOf([
    { id: "a", score: 1 },
    { id: "a", score: 0 },
    { id: "b", error: failure("no") },
  ]);
  const second = reportOf([
    { id: "a", score: 1 },
    { id: "a", score: 1 },
    { id: "b", score: 1 },
  ]);
  expect(compareReports(first, second)).toMatchObject({ trials: 3, ties: 1, losses: 2 });
});

test("as a table, harmless and within its width", () => {
  const first = reportOf([{ id: HOSTILE.escape, score: 1 }, { id: "b", score: 0 }, { id: HOSTILE.link }], {
    name: HOSTILE.escape,
  });
  const second = reportOf([
    { id: HOSTILE.escape, score: 0.5 },
    { id: "b", score: 1 },
  ]);
  const table = compareReports(first, second).toTable({ width: 60 });
  // oxlint-disable-next-line no-control-regex
  expect(table).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u009B]/);
  expect(table).toContain("only first   1, not counted: [click]");
  expect(table).toMatch(/p-value +1 \(permutation test\)/);
  expect(table).toMatch(/│ b +│ +0 │ +1 │ +-1 │/);
  expect(table).toContain("difference   -25.00 (first less second)");
  expect(compareReports(first, second).toTable({ rows: 1 })).toContain("… and 1 more");
});

test("what cannot be compared", () => {
  const part = reportOf([{}, {}], { keepRows: 1 });
  expect(() => compareReports(scores([1, 1]), part)).toThrow(
    'compareReports: the second report holds 1 rows of 2 trials: evaluate with keepRows: "all"',
  );
  expect(() => compareReports([part] as never, part)).toThrow("compareReports: expected a report, got");
  expect(() => compareReports(reportOf([{ id: "x" }]), reportOf([{ id: "y" }]))).toThrow(UsageError);
});
