import { inspect } from "node:util";
import stringWidth from "string-width";
import { expect, test } from "vitest";
import { UsageError } from "../../../src/foundation/errors.ts";
import { ALL_HOSTILE, failure, hostileReport, reportOf } from "./made-reports.ts";

const rows = Array.from({ length: 30 }, (_, index) => ({
  inputs: { question: `question ${index}` },
  labels: { kind: index % 2 ? "b" : "a" },
  tags: { level: index < 20 ? "easy" : "hard" },
  ...(index === 7
    ? { error: failure("the answer has no field kind") }
    : { outputs: { kind: index % 3 === 1 ? "b" : "a" }, score: index % 3 === 1 ? 1 : 0.5 }),
}));

test("figures, failures, slices, and as many rows as asked for", () => {
  const report = reportOf(rows, { slices: ["level"] });
  const table = report.toTable({ rows: 2 });
  expect(table).toContain(`score     ${report.score.toFixed(2)} (95%: `);
  expect(table).toContain("1 × unparsable_output, first at e7: the answer has no field kind");
  expect(table).toMatch(/│ easy +│ +20 │ +\d+\.\d\d │/);
  expect(table).toMatch(/│ # │ question +│ kind │ expected kind │ score │/);
  expect(table.match(/│ question \d/g)).toEqual(["│ question 0", "│ question 1"]);
  expect(table).toContain("… and 28 more");
  expect(report.toTable({ rows: Infinity })).not.toContain("more");
  expect(report.toTable({ rows: 0 })).not.toContain("question");
});

test("rows that were not kept are told", () => {
  expect(reportOf(rows, { keepRows: 3 }).toTable()).toContain("… and 27 more; the report holds 3");
});

test("how well classes are told from each other, where asked", () => {
  const report = reportOf([
    { labels: { kind: "a" }, outputs: { kind: "a" } },
    { labels: { kind: "a" }, outputs: { kind: "b" } },
    { labels: { kind: "b" }, error: failure("no") },
  ]);
  expect(report.toTable()).not.toContain("macro F1");
  const table = report.toTable({ classes: "kind" });
  expect(table).toContain("kind: accuracy 0.3333, macro F1 0.3333");
  expect(table).toMatch(/│ a +│ +1 │ +1 │ +0 │/);
  expect(table).toMatch(/│ b +│ +0 │ +0 │ +1 │/);
  expect(() => report.toTable({ classes: "other" })).toThrow('no row of the report has a label "other"');
});

test.each([40, 60, 100, 163])("its tables are no wider than %d columns, whatever they hold", (width) => {
  const wide = reportOf([
    {
      inputs: { a: "x".repeat(500), b: "日本語".repeat(50), c: "👩‍👩‍👧‍👦".repeat(30), d: "y" },
      outputs: { e: "z".repeat(99) },
    },
  ]);
  for (const report of [wide, reportOf(rows), hostileReport()]) {
    const lines = report.toTable({ width, rows: 5 }).split("\n");
    const drawn = lines.filter((line) => /^[│┌├└]/.test(line));
    expect(drawn.length).toBeGreaterThan(3);
    for (const line of drawn) expect(stringWidth(line), line).toBeLessThanOrEqual(width);
  }
});

test("columns for which there is no room are told", () => {
  const inputs = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`input${index}`, "long enough"]));
  const table = reportOf([{ inputs, outputs: { answer: "yes" } }]).toTable({ width: 60 });
  expect(table).toMatch(/│ answer +│ score │/);
  expect(table).toMatch(/\(no room for input0, /);
});

test("nothing in it moves a terminal's cursor or turns its text around", () => {
  const table = hostileReport().toTable({ width: 2_000 });
  // oxlint-disable-next-line no-control-regex
  expect(table).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202E\uD800-\uDFFF]/);
  expect(table).toContain(String.raw`\u{1b}[2J\u{1b}]0;owned\u{7}red\u{9b}31m user\u{202e}gnp.exe`);
  expect(table).toContain("first↵second↵ third");
});

test("printed, a report is one short line, and its forms are not among its facts", () => {
  const report = reportOf(rows);
  expect(inspect(report)).toMatch(
    /^EvaluationReport qa: score \d+\.\d\d \(95%: .*\), trials: 30, failures: 1 \(unparsable_output 1\), 30 LM calls, 360 tokens, \$0\.0300, 1\.2 s$/,
  );
  // oxlint-disable-next-line no-control-regex
  expect(inspect(hostileReport())).not.toMatch(/[\u0000-\u001F\u009B]/);
  expect(Object.keys(report)).not.toContain("toTable");
  expect(Object.isFrozen(report)).toBe(true);
});

test("samples, metrics, spread and what a journal gave are told", () => {
  const report = reportOf(
    [
      { index: 0, sample: 0, outputs: { a: "x" }, score: 1, scores: { exact: 1, f1: 0.25 } },
      { index: 0, sample: 1, outputs: { a: "y" }, score: 0, scores: { exact: 0, f1: 0.75 } },
    ],
    { samples: 2 },
  );
  const table = report.toTable();
  expect(table).toMatch(/│ # │ sample │ a │ score │ exact │ +f1 │/);
  expect(table).toContain("metrics  exact 0.5, f1 0.5");
  expect(table).toContain("trials   2 of 1 examples");
  expect(table).toContain("spread   0.7071");
});

test("options that make no sense", () => {
  const report = reportOf(rows);
  expect(() => report.toTable({ rows: -1 })).toThrow(
    "toTable: rows must be a whole number from 0, or Infinity, got -1",
  );
  expect(() => report.toTable({ width: 0 })).toThrow(UsageError);
  expect(() => report.toTable({ row: 3 } as never)).toThrow('toTable: no option "row" (is "rows" meant?)');
  expect(() => report.toMarkdown({ classes: 3 } as never)).toThrow("toMarkdown: classes must be the name of an output");
});

test("the hostile texts are what they are meant to be", () => {
  expect(ALL_HOSTILE).toContain("\u001B");
});
