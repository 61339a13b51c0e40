import type { Field } from "./field.ts";
import { pythonLiteral, typescriptType, typeText } from "../types/type-name.ts";

/** A field's type for messages, in the words of whoever wrote it: the text's own, or TypeScript's for what is from zod. */
export function writtenType({ written, zod, type }: Field): string {
  return written ?? (zod === undefined ? typeText(type) : typescriptType(type));
}

/** A field in the grammar's words: `score: int(ge=0, le=10) = 3 'How urgent it is'`. */
export function fieldText(field: Field): string {
  const { name, type, constraints, desc } = field;
  const bounds = Object.entries(constraints ?? {}).map(([word, bound]) => `${word}=${String(bound)}`);
  return [
    name,
    type.kind === "str" ? "" : `: ${typeText(type)}`,
    bounds.length === 0 ? "" : `(${bounds.join(", ")})`,
    "default" in field ? ` = ${valueText(field.default)}` : "",
    desc === undefined ? "" : ` ${pythonLiteral(desc)}`,
  ].join("");
}

function valueText(value: unknown): string {
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return pythonLiteral(value);
  if (Array.isArray(value)) return `[${value.map(valueText).join(", ")}]`;
  if (typeof value !== "object") return String(value);
  const entries = Object.entries(value).map(([key, item]) => `${pythonLiteral(key)}: ${valueText(item)}`);
  return `{${entries.join(", ")}}`;
}
