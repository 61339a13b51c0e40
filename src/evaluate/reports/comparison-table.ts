import { checkNumber, checkOptions, optionNames, WHOLE_ABOVE_0 } from "../../foundation/check-options.ts";
import type { TableOptions } from "../report.ts";
import type { PairedTest } from "../statistics/paired.ts";
import { counted, shortNumber } from "./figures.ts";
import { grid } from "./grid.ts";
import type { GridColumn } from "./grid.ts";
import type { ComparisonData, ScoreChange } from "./report-comparison.ts";
import { NARROWEST, rowsOption, WIDTH } from "./report-table.ts";
import { visible } from "./visible-text.ts";

const OPTIONS = optionNames<Omit<TableOptions, "classes">>({ rows: true, width: true });

const TESTS: Readonly<Record<PairedTest, string>> = {
  sign: "sign test",
  permutation: "permutation test",
  sampled_permutation: "permutation test, sampled",
  normal: "permutation test, normal approximation",
};

/** @throws UsageError for options that make no sense */
export function comparisonTable(comparison: ComparisonData, options: TableOptions = {}): string {
  checkOptions("toTable", options, OPTIONS);
  const { width = WIDTH } = options;
  const most = rowsOption("toTable", options);
  checkNumber("toTable", "width", width, WHOLE_ABOVE_0);
  return [figuresText(comparison), changesText(comparison.changes, most, Math.max(NARROWEST, width))]
    .filter((part) => part !== "")
    .join("\n\n");
}

function figuresText(comparison: ComparisonData): string {
  const { first, second, trials, wins, losses, ties, difference, pValue, test, onlyFirst, onlySecond } = comparison;
  const figures: readonly (readonly [string, string])[] = [
    ["first", `${first.name}: ${first.score.toFixed(2)}`],
    ["second", `${second.name}: ${second.score.toFixed(2)}`],
    ["trials", `${counted(trials)} that both made`],
    ["first wins", counted(wins)],
    ["second wins", counted(losses)],
    ["ties", counted(ties)],
    ["difference", `${difference > 0 ? "+" : ""}${(100 * difference).toFixed(2)} (first less second)`],
    ["p-value", `${pValue < 0.0001 ? "below 0.0001" : shortNumber(pValue)} (${TESTS[test]})`],
    ...[onlyFirst, onlySecond].flatMap((trials, at): [string, string][] =>
      trials.length === 0 ? [] : [[at === 0 ? "only first" : "only second", onlyText(trials)]],
    ),
  ];
  const widest = Math.max(...figures.map(([about]) => about.length));
  return figures.map(([about, text]) => `${about.padEnd(widest)}  ${visible(text)}`).join("\n");
}

/** Trials that are told by name. */
const NAMED = 5;

function onlyText(trials: ComparisonData["onlyFirst"]): string {
  const names = trials.slice(0, NAMED).map(({ id, sample }) => (sample > 0 ? `${id} (sample ${sample + 1})` : id));
  const rest = trials.length - names.length;
  return `${counted(trials.length)}, not counted: ${names.join(", ")}${rest > 0 ? `, and ${counted(rest)} more` : ""}`;
}

function changesText(changes: readonly ScoreChange[], most: number, width: number): string {
  const shown = changes.slice(0, most);
  if (shown.length === 0) return "";
  const several = changes.some(({ sample }) => sample > 0);
  const figure = (name: string): GridColumn => ({ name, align: "right", flexible: false });
  const columns: readonly GridColumn[] = [
    { name: "example", align: "left", flexible: "cut" },
    ...(several ? [figure("sample")] : []),
    ...["first", "second", "difference"].map(figure),
  ];
  const cells = shown.map(({ id, sample, first, second }) => [
    id,
    ...(several ? [counted(sample + 1)] : []),
    ...[first, second, first - second].map(shortNumber),
  ]);
  const rest = changes.length - shown.length;
  const { text } = grid(columns, cells, width);
  return `What changed\n${text}${rest > 0 ? `\n… and ${counted(rest)} more` : ""}`;
}
