import type { TrialRow } from "../report.ts";
import { shortNumber } from "./figures.ts";
import { shownValue } from "./shown-value.ts";

/** A column of a table of rows. */
export interface RowColumn {
  readonly name: string;
  readonly is: "number" | "input" | "output" | "label" | "word";
  /** As it came: whoever writes it makes it harmless. */
  text(row: TrialRow): string;
  /** What it is sorted by, of a number. */
  number?(row: TrialRow): number | undefined;
}

/** What there is to be seen in these rows: a column that all would leave empty is left out. */
export function columnsOf(rows: readonly TrialRow[]): readonly RowColumn[] {
  const inputs = namesIn(rows, ({ example }) => example.inputs);
  const labels = namesIn(rows, ({ example }) => example.labels);
  const outputs = namesIn(rows, ({ prediction }) => prediction);
  const metrics = namesIn(rows, ({ scores }) => scores);
  const answers = [...new Set([...outputs, ...labels])];
  return [
    number("#", ({ index }) => index + 1),
    ...(rows.some(({ sample }) => sample > 0) ? [number("sample", ({ sample }) => sample + 1)] : []),
    ...inputs.map((name) => field(name, "input", name, ({ example }) => example.inputs)),
    ...answers.flatMap((name) => [
      ...(outputs.includes(name) ? [field(name, "output", name, ({ prediction }) => prediction)] : []),
      ...(labels.includes(name) ? [field(`expected ${name}`, "label", name, ({ example }) => example.labels)] : []),
    ]),
    number("score", ({ score }) => score),
    ...metrics.map((name) => number(name, ({ scores }) => scores?.[name])),
    word("feedback", ({ feedback }) => feedback ?? ""),
    word("failure", failureText),
  ].filter((column) => column.is !== "word" || rows.some((row) => column.text(row) !== ""));
}

export function failureText({ error, failed }: TrialRow): string {
  if (error === undefined) return "";
  return `${failed === "metric" ? "metric: " : ""}${error.code}: ${error.message}`;
}

/** Names of fields, in the order in which they come. */
export function namesIn(rows: readonly TrialRow[], of: (row: TrialRow) => object | undefined): readonly string[] {
  const names = new Set<string>();
  for (const row of rows) for (const name of Object.keys(of(row) ?? {})) names.add(name);
  return [...names];
}

/** The text of a field, of whatever has one of that name. */
export function fieldText(values: object | undefined, name: string): string {
  return values !== undefined && Object.hasOwn(values, name)
    ? shownValue((values as Readonly<Record<string, unknown>>)[name])
    : "";
}

function number(name: string, of: (row: TrialRow) => number | undefined): RowColumn {
  const text = (row: TrialRow): string => {
    const value = of(row);
    return value === undefined ? "" : shortNumber(value);
  };
  return { name, is: "number", text, number: of };
}

function word(name: string, text: RowColumn["text"]): RowColumn {
  return { name, is: "word", text };
}

function field(name: string, is: RowColumn["is"], key: string, of: (row: TrialRow) => object | undefined): RowColumn {
  return { name, is, text: (row) => fieldText(of(row), key) };
}
