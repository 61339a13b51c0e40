import { checkOptions, optionNames } from "../../foundation/check-options.ts";
import type { ReportData, RowsOptions } from "../report.ts";
import { classesOf } from "./classes-of-rows.ts";
import { counted, failureGroups, figuresOf } from "./figures.ts";
import { CLASS_HEAD, classCells, classesLine, confusionCells, rowsOption, sliceCells } from "./report-table.ts";
import { columnsOf } from "./row-columns.ts";
import { visible } from "./visible-text.ts";

/** Signs of a cell: whoever wants more of a long answer opens the page. */
const LONGEST = 500;

const OPTIONS = optionNames<RowsOptions>({ rows: true, classes: true });

/** @throws UsageError as `toTable` does */
export function reportMarkdown(report: ReportData, options: RowsOptions = {}): string {
  checkOptions("toMarkdown", options, OPTIONS);
  const most = rowsOption("toMarkdown", options);
  const { classes } = options;
  const shown = report.rows.slice(0, most);
  const rest = report.trials - shown.length;
  const columns = columnsOf(shown);
  const failures = failureGroups(report).map(({ code, count, example, message }) => [
    code,
    counted(count),
    example,
    message,
  ]);
  return `${[
    `## ${markdownText(report.name)}: ${report.score.toFixed(2)}`,
    markdownTable(["", ""], figuresOf(report)),
    ...(failures.length > 0
      ? ["### Failures", markdownTable(["failure", "count", "first at", "it says"], failures)]
      : []),
    ...Object.entries(report.slices).flatMap(([by, slices]) => [
      `### By ${markdownText(by)}`,
      markdownTable(["slice", "count", "score"], slices.map(sliceCells)),
    ]),
    ...(classes === undefined ? [] : classesParts(report, classes)),
    ...(shown.length === 0
      ? []
      : [
          "### Trials",
          markdownTable(
            columns.map(({ name }) => name),
            shown.map((row) => columns.map((column) => column.text(row))),
            columns.map(({ is }) => is === "number"),
          ),
        ]),
    ...(rest > 0 && shown.length > 0 ? [`… and ${counted(rest)} more`] : []),
  ].join("\n\n")}\n`;
}

function classesParts(report: ReportData, field: string): readonly string[] {
  const classes = classesOf(report, field);
  const [head, cells] = confusionCells(classes);
  return [
    `### Classes of ${markdownText(field)}`,
    classesLine(classes),
    markdownTable(CLASS_HEAD, classCells(classes)),
    markdownTable(head, cells),
  ];
}

/** GitHub's tables. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly boolean[] = [],
): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(markdownText).join(" | ")} |`;
  const rule = `| ${head.map((_, at) => (right[at] === true ? "--:" : "---")).join(" | ")} |`;
  return [line(head), rule, ...rows.map(line)].join("\n");
}

/** What means something within a line; what does so only before or beside a word is left as it is elsewhere. */
const MARKS = /[\\`*[\]|~$]|(?<!\w)_|_(?!\w)|[#@](?=\w)|:(?=\S)/g;

/**
 * A text as itself within a line of Markdown: no emphasis, link, picture, mention, formula or markup, and no end of a cell.
 * Nor what GitHub finds by itself: addresses that begin with a scheme or `www.`, numbers of issues, names of people.
 */
export function markdownText(text: string): string {
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return visible(short)
    .replaceAll(MARKS, String.raw`\$&`)
    .replaceAll(/\bwww\./gi, (www) => `${www.slice(0, -1)}\\.`)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
