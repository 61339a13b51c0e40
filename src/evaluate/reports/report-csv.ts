import { stringify } from "csv-stringify/sync";
import type { ReportData, TrialRow } from "../report.ts";
import { fieldText, namesIn } from "./row-columns.ts";
import { shownValue } from "./shown-value.ts";

type Cell = string | number;

interface CsvColumn {
  readonly name: string;
  cell(row: TrialRow): Cell;
}

/**
 * A line for each row. A text that a spreadsheet would take for a formula gets a `'` before it, in names and in cells;
 * numbers are numbers.
 */
export function reportCsv({ rows }: ReportData): string {
  const columns = csvColumns(rows);
  const lines: Cell[][] = [columns.map(({ name }) => plainCell(name))];
  for (const row of rows) lines.push(columns.map(({ cell }) => plainCell(cell(row))));
  return stringify(lines, { escape_formulas: true, record_delimiter: "\r\n" });
}

/** Spreadsheets pass over an end of line before a formula, and the library does not. */
function plainCell(cell: Cell): Cell {
  return typeof cell === "string" && cell.startsWith("\n") ? `'${cell}` : cell;
}

function csvColumns(rows: readonly TrialRow[]): readonly CsvColumn[] {
  const named = (kind: string, of: (row: TrialRow) => object | undefined): CsvColumn[] =>
    namesIn(rows, of).map((name) => ({ name: `${kind}.${name}`, cell: (row) => fieldText(of(row), name) }));
  return [
    { name: "id", cell: ({ example }) => example.id },
    { name: "sample", cell: ({ sample }) => sample },
    ...named("input", ({ example }) => example.inputs),
    ...named("label", ({ example }) => example.labels),
    ...named("output", ({ prediction }) => prediction),
    ...named("tag", ({ example }) => example.tags),
    { name: "score", cell: ({ score }) => score },
    ...namesIn(rows, ({ scores }) => scores).map((name): CsvColumn => ({
      name: `score.${name}`,
      cell: ({ scores }) => scores?.[name] ?? "",
    })),
    { name: "feedback", cell: ({ feedback }) => feedback ?? "" },
    { name: "details", cell: ({ details }) => shownValue(details) },
    { name: "failed", cell: ({ failed }) => failed ?? "" },
    { name: "code", cell: ({ error }) => error?.code ?? "" },
    { name: "message", cell: ({ error }) => error?.message ?? "" },
    { name: "ms", cell: ({ ms }) => Number(ms.toFixed(3)) },
    { name: "lm_calls", cell: ({ lmCalls }) => lmCalls },
    { name: "tokens", cell: ({ tokens }) => tokens },
    { name: "usd", cell: ({ usd }) => usd },
  ];
}
