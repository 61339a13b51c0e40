import { UsageError } from "../../foundation/errors.ts";
import type { FieldType } from "../../signatures/types/field-type.ts";
import { DEEPEST, writtenAs } from "../../signatures/values/lost-value.ts";
import { promptData } from "../prompt/prompt-data.ts";
import { dataRepr, jsonNumberText, scalarText } from "./python-text.ts";
import type { NumberType } from "./python-text.ts";

/**
 * A field's value as it stands in a prompt (DSPy's `format_field_value`): text as it is, a list in a text field numbered
 * in guillemets, other lists and objects as JSON on one line, everything else as Python prints it.
 */
export function formatValue(type: FieldType, given: unknown): string {
  if (typeof given === "string") return given;
  const value = writtenAs(promptData(type, given));
  if (typeof value === "string") return value;
  if (Array.isArray(value) && type.kind === "str") return formatPassages(value);
  if (value instanceof Date) return isoText(value);
  if (typeof value === "object" && value !== null) return jsonText(value, type);
  return scalarText(value, numberTypeOf(type));
}

/**
 * An output's value as an answer holds it. Departs from DSPy for a list of one item in a text field, which it puts in
 * guillemets: models would answer so.
 */
export function formatAnswer(type: FieldType, value: unknown): string {
  const only: unknown = Array.isArray(value) && value.length === 1 ? value[0] : undefined;
  return type.kind === "str" && typeof only === "string" ? only : formatValue(type, value);
}

/** @throws UsageError for a date that is none */
function isoText(date: Date): string {
  if (Number.isNaN(date.getTime())) throw new UsageError("a value holds an invalid Date");
  return date.toISOString();
}

/** A list of passages given to a text field. */
function formatPassages(items: readonly unknown[]): string {
  const passages = items.map((item) => quotePassage(typeof item === "string" ? item : dataRepr(item)));
  if (passages.length === 0) return "N/A";
  if (passages.length === 1) return passages[0] ?? "";
  return passages.map((passage, index) => `[${index + 1}] ${passage}`).join("\n");
}

function quotePassage(text: string): string {
  if (!/[\n«»]/.test(text)) return `«${text}»`;
  return `«««\n    ${text.replaceAll("\n", "\n    ")}\n»»»`;
}

/** Whether whole numbers of this type are floats: only where no `int` could be meant. */
export function numberTypeOf(type: FieldType): NumberType {
  if (type.kind === "int" || type.kind === "float") return type.kind;
  if (type.kind !== "union") return "unknown";
  const kinds = new Set(type.members.map((member) => member.kind));
  if (kinds.has("int")) return "int";
  return kinds.has("float") ? "float" : "unknown";
}

const ANY: FieldType = { kind: "any" };

/**
 * `json.dumps(value, ensure_ascii=False)`: on one line with `, ` and `: `, or indented. The type
 * tells whole floats from ints; where it does not fit the value it is ignored. A `Map` is an object whose keys keep
 * their order, also those that look like numbers.
 * @throws UsageError for what is nested more than 500 levels deep
 */
export function jsonText(value: unknown, type: FieldType = ANY, indent?: JsonIndent): string {
  return writeJson(value, type, indent, 0);
}

export interface JsonIndent {
  /** Spaces a level. */
  readonly step: number;
  /** The level at which the value stands. */
  readonly depth: number;
}

/** @param level how many objects and lists are around it */
function writeJson(given: unknown, type: FieldType, indent: JsonIndent | undefined, level: number): string {
  const value = writtenAs(given);
  if (value === null || value === undefined) return "null";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return jsonNumberText(value, numberTypeOf(type));
  // Booleans and bigints; functions and symbols have no place in a value.
  if (typeof value !== "object") return String(value);
  if (value instanceof Date) return JSON.stringify(isoText(value));
  if (level >= DEEPEST)
    throw new UsageError(`a value is nested more than ${DEEPEST} levels deep, and cannot be written into a prompt`);
  const deeper = indent && { step: indent.step, depth: indent.depth + 1 };
  const items: string[] = [];
  if (Array.isArray(value)) {
    // By place: a hole is written like what is undefined.
    for (let at = 0; at < value.length; at += 1)
      items.push(writeJson(value[at], itemType(type, at), deeper, level + 1));
    return bracket("[", items, "]", indent);
  }
  const entries: Iterable<[unknown, unknown]> = value instanceof Map ? value : Object.entries(value);
  const inside = valueType(type);
  for (const [key, item] of entries)
    if (item !== undefined) items.push(`${JSON.stringify(String(key))}: ${writeJson(item, inside, deeper, level + 1)}`);
  return bracket("{", items, "}", indent);
}

function bracket(open: string, items: readonly string[], close: string, indent: JsonIndent | undefined): string {
  if (items.length === 0 || indent === undefined) return open + items.join(", ") + close;
  const inner = `\n${" ".repeat(indent.step * (indent.depth + 1))}`;
  const outer = `\n${" ".repeat(indent.step * indent.depth)}`;
  return open + inner + items.join(`,${inner}`) + outer + close;
}

function itemType(type: FieldType, index: number): FieldType {
  if (type.kind === "list") return type.items;
  if (type.kind === "tuple") return (type.rest ? type.items[0] : type.items[index]) ?? ANY;
  if (type.kind === "union") {
    const member = type.members.find(({ kind }) => kind === "list" || kind === "tuple");
    return member === undefined ? ANY : itemType(member, index);
  }
  return ANY;
}

function valueType(type: FieldType): FieldType {
  if (type.kind === "dict") return type.values;
  if (type.kind === "union") {
    const member = type.members.find(({ kind }) => kind === "dict");
    return member === undefined ? ANY : valueType(member);
  }
  return ANY;
}
