import { dataRepr, textRepr } from "../../adapters/values/python-text.ts";
import { fieldPrefix } from "../../signatures/field/field-names.ts";
import type { Demo } from "../../signatures/example.ts";
import type { AnySignature } from "../../signatures/signature-value.ts";
import type { AnyExample } from "../../evaluate/example.ts";

/**
 * Examples as Python prints a list of DSPy's: `[Example({'question': '…'}) (input_keys={'question'}), …]`, inputs before
 * labels, the inputs' names sorted.
 */
export function examplesText(examples: readonly AnyExample[]): string {
  return `[${examples.map(exampleText).join(", ")}]`;
}

function exampleText({ inputs, labels }: AnyExample): string {
  const names = Object.keys(inputs).toSorted().map(textRepr);
  const keys = names.length === 0 ? "set()" : `{${names.join(", ")}}`;
  return `Example(${dataRepr(plainValue({ ...inputs, ...labels }))}) (input_keys=${keys})`;
}

/** A demo as lines, one for each field: its name in words, and its value; `None` for one that is missing. */
export function demoText({ fields }: AnySignature, demo: Demo): string {
  return fields.map(({ name }) => `${fieldPrefix(name)} ${valueText(demo[name])}`).join("\n");
}

/** Texts as they are, other values as Python prints them. */
export function valueText(value: unknown): string {
  const shown = plainValue(value);
  return typeof shown === "string" ? shown : dataRepr(shown);
}

/** Bytes in a data URL or in base64 say nothing to whoever reads them as text. */
const SHORT = 100;

/** A value as plain data that can be printed: moments as ISO text, bytes of media by their kind alone. */
export function plainValue(value: unknown): unknown {
  if (typeof value === "string") {
    const kind = value.length > SHORT ? /^data:[\w.+-]*\/[\w.+-]*[;,]/.exec(value)?.[0] : undefined;
    return kind === undefined ? value : `${kind}…`;
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (Array.isArray(value)) return value.map(plainValue);
  if (typeof value !== "object" || value === null) return value;
  const all: Iterable<[unknown, unknown]> = value instanceof Map ? value : Object.entries(value);
  const isAudio = "type" in value && value.type === "audio";
  const entries = [...all]
    .filter(([, item]) => item !== undefined)
    .map(([name, item]) => [String(name), isAudio && name === "data" ? "…" : plainValue(item)] as const);
  return Object.fromEntries(entries);
}
