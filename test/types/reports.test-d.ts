import { describe, expectTypeOf, test } from "vitest";
import { compareReports, evaluate, exactMatch, examples, predict, signature, writeReport } from "../../src/index.ts";
import type { EvaluationReport, Progress, ReportComparison, System } from "../../src/index.ts";
import { scripted } from "../../src/testing/scripted.ts";

declare const report: EvaluationReport;
declare const system: System;

const QA = signature("question -> answer");
const set = examples(QA, [{ question: "q", answer: "a" }]);
const clients = { lm: scripted(() => ({ answer: "a" })) };

describe("reports", () => {
  test("have their forms, each a text", () => {
    expectTypeOf(report.toTable({ rows: 20 })).toEqualTypeOf<string>();
    expectTypeOf(report.toTable({ rows: Infinity, width: process.stdout.columns, classes: "answer" })).toBeString();
    expectTypeOf(report.toMarkdown({ rows: 3, classes: "answer" })).toBeString();
    expectTypeOf(report.toJunit({ passScore: 0.5 })).toBeString();
    expectTypeOf(report.toHtml({ classes: "answer" })).toBeString();
    expectTypeOf([report.toCsv(), report.toJson(), report.toHtml()]).toEqualTypeOf<string[]>();
    expectTypeOf(writeReport("a.html", report, { classes: "answer" })).toEqualTypeOf<Promise<void>>();
  });

  test("take no options that they have no use for", () => {
    // @ts-expect-error Object literal may only specify known properties, and 'row' does not exist in type 'TableOptions'.
    report.toTable({ row: 20 });
    // @ts-expect-error A page shows all rows.
    report.toHtml({ rows: 20 });
    // @ts-expect-error Expected 0 arguments.
    report.toCsv({ rows: 20 });
  });

  test("are compared", () => {
    const comparison = compareReports(report, report, { seed: 1 });
    expectTypeOf(comparison).toEqualTypeOf<ReportComparison>();
    expectTypeOf(comparison.pValue).toEqualTypeOf<number>();
    expectTypeOf(comparison.toTable({ rows: 5, width: 80 })).toEqualTypeOf<string>();
  });
});

describe("progress", () => {
  test("is shown, or told", async () => {
    const made = await system.evaluate(predict(QA), set, exactMatch("answer"), { maxConcurrency: 100, progress: true });
    expectTypeOf(made).toEqualTypeOf<EvaluationReport>();
    await evaluate(predict(QA), set, exactMatch("answer"), {
      clients,
      progress: (now) => {
        expectTypeOf(now).toEqualTypeOf<Progress>();
        expectTypeOf(now.total).toEqualTypeOf<number | undefined>();
      },
    });
    // @ts-expect-error Type '"bar"' is not assignable.
    await evaluate(predict(QA), set, exactMatch("answer"), { clients, progress: "bar" });
  });
});
