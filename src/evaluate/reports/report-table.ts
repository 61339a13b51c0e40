import { checkNumber, checkOptions, optionNames, WHOLE_ABOVE_0 } from "../../foundation/check-options.ts";
import { describe, UsageError } from "../../foundation/errors.ts";
import type { ReportData, RowsOptions, TableOptions } from "../report.ts";
import type { ClassificationReport } from "../statistics/classification.ts";
import { classesOf } from "./classes-of-rows.ts";
import { counted, failureGroups, figuresOf, shortNumber } from "./figures.ts";
import { grid } from "./grid.ts";
import type { GridColumn } from "./grid.ts";
import { columnsOf } from "./row-columns.ts";
import type { RowColumn } from "./row-columns.ts";
import { visible } from "./visible-text.ts";

/** Rows that are shown where nothing else is said. */
export const ROWS = 20;
/** Columns of a terminal that nobody told of. */
export const WIDTH = 100;
/** The least that anything can be read in. */
export const NARROWEST = 40;

const OPTIONS = optionNames<TableOptions>({ rows: true, width: true, classes: true });

/** @throws UsageError for options that make no sense, and for `classes` that no row has a label of */
export function reportTable(report: ReportData, options: TableOptions = {}): string {
  checkOptions("toTable", options, OPTIONS);
  const { width = WIDTH, classes } = options;
  const rows = rowsOption("toTable", options);
  checkNumber("toTable", "width", width, WHOLE_ABOVE_0);
  const columns = Math.max(NARROWEST, width);
  return [
    figuresText(report),
    failuresText(report),
    ...Object.entries(report.slices).map(([by, slices]) =>
      titled(by, ["slice", "count", "score"], slices.map(sliceCells), columns),
    ),
    ...(classes === undefined ? [] : [classesText(classes, classesOf(report, classes), columns)]),
    rowsText(report, rows, columns),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

/** @throws UsageError for rows that are no number, and a name that is none */
export function rowsOption(what: string, { rows = ROWS, classes }: RowsOptions): number {
  const expected = "a whole number from 0, or Infinity";
  checkNumber(what, "rows", rows, { expected, holds: (x) => x === Infinity || (Number.isInteger(x) && x >= 0) });
  if (classes !== undefined && typeof classes !== "string")
    throw new UsageError(`${what}: classes must be the name of an output, got ${describe(classes)}`);
  return rows;
}

function figuresText(report: ReportData): string {
  return figureLines([["program", report.name], ...figuresOf(report)]);
}

/** What it is about, and what, a line each. */
export function figureLines(figures: readonly (readonly [about: string, text: string])[]): string {
  const widest = Math.max(...figures.map(([about]) => about.length));
  return figures.map(([about, text]) => `${about.padEnd(widest)}  ${visible(text)}`).join("\n");
}

function failuresText(report: ReportData): string {
  const groups = failureGroups(report).map(
    ({ code, count, example, message }) => `  ${counted(count)} × ${code}, first at ${cut(example)}: ${cut(message)}`,
  );
  return groups.length === 0 ? "" : ["Failures", ...groups.map(visible)].join("\n");
}

/** Of a failure's words, as many as say what it is. */
const WORDS = 300;

function cut(text: string): string {
  return text.length > WORDS ? `${text.slice(0, WORDS)}…` : text;
}

export function sliceCells({ slice, count, score }: ReportData["slices"][string][number]): readonly string[] {
  return [slice ?? "(none)", counted(count), score.toFixed(2)];
}

export const CLASS_HEAD: readonly string[] = ["class", "precision", "recall", "f1", "support"];

export function classCells({ classes }: ClassificationReport): readonly (readonly string[])[] {
  return Object.entries(classes).map(([name, { precision, recall, f1, support }]) => [
    name,
    ...[precision, recall, f1].map((share) => share.toFixed(3)),
    counted(support),
  ]);
}

/** A row for each class that is right, a column for each that was said. */
export function confusionCells({ confusion }: ClassificationReport): readonly [head: string[], cells: string[][]] {
  const { labels, counts, unanswered } = confusion;
  const [withNone, none] = unanswered.some((count) => count > 0) ? [["(no answer)"], unanswered] : [[], []];
  const cells = labels.map((label, at) => [
    label,
    ...(counts[at] ?? []).map(counted),
    ...none.slice(at, at + 1).map(counted),
  ]);
  return [["right \\ said", ...labels, ...withNone], cells];
}

export function classesLine(report: ClassificationReport): string {
  return `accuracy ${shortNumber(report.accuracy)}, macro F1 ${shortNumber(report.macroF1)}`;
}

function classesText(field: string, report: ClassificationReport, width: number): string {
  const [head, cells] = confusionCells(report);
  return [
    titled(`${field}: ${classesLine(report)}`, CLASS_HEAD, classCells(report), width),
    titled(`${field}: what was taken for what`, head, cells, width),
  ].join("\n\n");
}

/** A table of words and numbers: the first column names what the others count. */
function titled(title: string, head: readonly string[], cells: readonly (readonly string[])[], width: number): string {
  const columns = head.map((name, at): GridColumn =>
    at === 0 ? { name, align: "left", flexible: "cut" } : { name, align: "right", flexible: "drop" },
  );
  return titledGrid(visible(title), columns, cells, width);
}

function rowsText({ rows, trials }: ReportData, most: number, width: number): string {
  const shown = rows.slice(0, most);
  const rest = trials - shown.length;
  const held = rows.length < trials ? `; the report holds ${counted(rows.length)}` : "";
  if (shown.length === 0) return "";
  const columns = columnsOf(shown);
  const text = titledGrid(
    "Trials",
    columns.map(gridColumn),
    shown.map((row) => columns.map((column) => column.text(row))),
    width,
  );
  return rest === 0 ? text : `${text}\n… and ${counted(rest)} more${held}`;
}

/** Figures without which a row says nothing; other columns of figures bear the names of metrics. */
const NARROW: readonly string[] = ["#", "sample", "score"];

function gridColumn({ name, is }: RowColumn): GridColumn {
  if (is === "number") return { name, align: "right", flexible: NARROW.includes(name) ? false : "drop" };
  return { name, align: "left", flexible: is === "output" ? "cut" : "drop" };
}

/** A table under its title, and what there was no room for. */
export function titledGrid(
  title: string,
  columns: readonly GridColumn[],
  cells: readonly (readonly string[])[],
  width: number,
): string {
  const { text, dropped } = grid(columns, cells, width);
  const note = dropped.length === 0 ? [] : [`(no room for ${visible(dropped.join(", "))})`];
  return [title, text, ...note].join("\n");
}
