import type { HtmlOptions, ReportData, TrialRow } from "../report.ts";
import { classesOf } from "./classes-of-rows.ts";
import { conversationsOf } from "./conversation-text.ts";
import { counted, duration, failureGroups, figuresOf, shortNumber, usageText } from "./figures.ts";
import { CLASS_HEAD, classCells, classesLine, confusionCells, sliceCells } from "./report-table.ts";
import { columnsOf, failureText } from "./row-columns.ts";
import type { RowColumn } from "./row-columns.ts";
import { shownValue } from "./shown-value.ts";
import { visibleLines } from "./visible-text.ts";

/** A small table: its first column names what the others count. */
interface PageTable {
  readonly title: string;
  readonly head: readonly string[];
  readonly cells: readonly (readonly string[])[];
}

/** What the page's script reads. All texts are ready to be shown. */
interface PageData {
  readonly figures: readonly (readonly [string, string])[];
  readonly histogram: readonly { readonly name: string; readonly count: number }[];
  readonly tables: readonly PageTable[];
  readonly columns: readonly { readonly name: string; readonly is: RowColumn["is"] }[];
  readonly rows: readonly PageRow[];
  /** Said below the rows. */
  readonly rest: string;
}

interface PageRow {
  readonly failed: boolean;
  readonly score: number;
  /** Numbers as numbers; null where there is none. */
  readonly cells: readonly (string | number | null)[];
  readonly facts: readonly (readonly [string, string])[];
  readonly said: readonly {
    readonly title: string;
    readonly turns: readonly { readonly role: string; readonly text: string }[];
  }[];
}

export function pageData(report: ReportData, { classes }: HtmlOptions): PageData {
  const rows = [...new Set([...report.rows, ...report.failures])].toSorted(
    (a, b) => a.index - b.index || a.sample - b.sample,
  );
  const columns = columnsOf(rows);
  const rest = report.trials - rows.length;
  const data: PageData = {
    figures: figuresOf(report),
    histogram: report.histogram.map(({ from, to, count }) => ({
      name: `${shortNumber(from)} to ${shortNumber(to)}`,
      count,
    })),
    tables: tablesOf(report, classes),
    columns: columns.map(({ name, is }) => ({ name, is })),
    rows: rows.map((row) => pageRow(row, columns)),
    rest: rest === 0 ? "" : `${counted(rest)} further trials counted, and their rows were not kept.`,
  };
  return seen(data) as PageData;
}

function tablesOf(report: ReportData, field: string | undefined): readonly PageTable[] {
  const failures = failureGroups(report).map(({ code, count, example, message }) => [
    code,
    counted(count),
    example,
    message,
  ]);
  return [
    ...(failures.length === 0
      ? []
      : [{ title: "Failures", head: ["failure", "count", "first at", "it says"], cells: failures }]),
    ...Object.entries(report.slices).map(([by, slices]) => ({
      title: `By ${by}`,
      head: ["slice", "count", "score"],
      cells: slices.map(sliceCells),
    })),
    ...(field === undefined ? [] : classTables(report, field)),
  ];
}

function classTables(report: ReportData, field: string): readonly PageTable[] {
  const classes = classesOf(report, field);
  const [head, cells] = confusionCells(classes);
  return [
    { title: `Classes of ${field}: ${classesLine(classes)}`, head: CLASS_HEAD, cells: classCells(classes) },
    { title: `${field}: what was taken for what`, head, cells },
  ];
}

function pageRow(row: TrialRow, columns: readonly RowColumn[]): PageRow {
  const { example, score, error, details, ms, lmCalls, tokens, usd, recorded } = row;
  const tags = Object.entries(example.tags).map(([name, value]) => `${name}: ${shownValue(value)}`);
  const facts: readonly (readonly [string, string])[] = [
    ["id", example.id],
    ["failure", failureText(row)],
    ["details", shownValue(details)],
    ["tags", tags.join("\n")],
    ["took", `${duration(ms)}, ${usageText({ lmCalls, totalTokens: tokens, usd })}`],
    ["from the journal", recorded === undefined ? "" : recorded === "all" ? "prediction and score" : "prediction"],
  ];
  return {
    failed: error !== undefined,
    score,
    cells: columns.map((column) => (column.number ? (column.number(row) ?? null) : column.text(row))),
    facts: facts.filter(([, text]) => text !== ""),
    said: conversationsOf(row),
  };
}

/** All texts in it with every sign to be seen. */
export function seen(value: unknown): unknown {
  if (typeof value === "string") return visibleLines(value);
  if (Array.isArray(value)) return value.map(seen);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, seen(each)]));
}
