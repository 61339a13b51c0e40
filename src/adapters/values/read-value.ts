import { describe } from "../../foundation/errors.ts";
import type { Field } from "../../signatures/field/field.ts";
import { isOptional } from "../../signatures/types/field-type.ts";
import type { FieldType } from "../../signatures/types/field-type.ts";
import { typeName } from "../../signatures/types/type-name.ts";
import { fitValue } from "./fit-value.ts";
import { plainNumber } from "./fit-scalar.ts";
import type { Fit } from "./fit-scalar.ts";
import { scalarText } from "./python-text.ts";
import { looksLikeCalls } from "../answer/read-tool-calls.ts";
import { repairJson } from "../answer/json-repair.ts";
import type { RepairedJson, WantedJson } from "../answer/json-repair.ts";

export type ReadValue =
  | { readonly ok: true; readonly value: unknown; readonly mended: readonly string[] }
  | { readonly ok: false; readonly problem: string };

/**
 * A value of the type out of a model's text, by DSPy's rules: text is taken as it is; a Literal as one of its choices,
 * quotes aside; everything else is read as JSON, mended where needed, and converted.
 *
 * Departs from DSPy where it keeps the words `null` and `None` as a text of an `Optional[str]`, and takes lists written
 * as bullets, which DSPy refuses.
 */
export function readValue(type: FieldType, text: string): ReadValue {
  switch (type.kind) {
    case "str":
      return { ok: true, value: text, mended: NOTHING };
    case "literal":
      return readLiteral(type, text);
    case "union":
      return readUnion(type, text);
    case "list": {
      // Brackets inside the lines of a list are theirs.
      const lines = readBullets(text);
      const items = lines && readItems(type, lines);
      if (items?.ok) return items;
      const repaired = repairJson(text, "list", "none");
      if (repaired !== undefined) return fitted(type, repaired);
      if (items !== undefined) return items;
      const numbers = NUMBERS.test(text)
        ? withMended(fitValue(type, text.split(",")), ["a list without brackets"])
        : undefined;
      return numbers?.ok ? numbers : noValue(type, text);
    }
    case "int":
    case "float":
    case "bool": {
      const plain = type.kind === "float" ? plainNumber(text) : undefined;
      if (plain !== undefined) return { ok: true, value: plain, mended: NOTHING };
      const fit = fitValue(type, text);
      const repaired = fit.ok ? undefined : repairJson(text, "scalar");
      return repaired === undefined ? withMended(fit, []) : fitted(type, repaired);
    }
    case "code": {
      // Most code is no JSON, and what is JSON by chance is code all the same: but for the object that schemas ask for.
      const object = /^\s*(?:```\w*\s*)?\{\s*["']code["']\s*:/.test(text) ? repairJson(text, "object") : undefined;
      const fit = object && fitValue(type, object.value);
      return fit?.ok ? withMended(fit, object?.mended ?? []) : withMended(fitValue(type, text), NOTHING);
    }
    case "date":
    case "datetime": {
      const fit = fitValue(type, text);
      const repaired = fit.ok ? undefined : repairJson(text, "scalar");
      return typeof repaired?.value === "string" ? fitted(type, repaired) : withMended(fit, NOTHING);
    }
    default: {
      const repaired = repairJson(text, wantedOf(type), "none");
      const json = repaired && fitted(type, repaired);
      // A zod schema may want the text as it is, though it looks like JSON ("3").
      if (json !== undefined && (json.ok || type.kind !== "zod")) return json;
      const plain = withMended(fitValue(type, text), NOTHING);
      return plain.ok || json === undefined ? plain : json;
    }
  }
}

const NOTHING: readonly string[] = Object.freeze([]);

function wantedOf(type: FieldType): WantedJson {
  switch (type.kind) {
    case "tuple":
    case "history":
      return "list";
    case "dict":
      return "object";
    case "tool_calls":
      return looksLikeCalls;
    case "any":
    case "zod":
      return "any";
    default:
      return "scalar";
  }
}

function fitted(type: FieldType, { value, mended }: RepairedJson): ReadValue {
  return withMended(fitValue(type, value), mended);
}

function withMended(fit: Fit, mended: readonly string[]): ReadValue {
  return fit.ok ? { ...fit, mended } : fit;
}

function noValue(type: FieldType, text: string): ReadValue {
  return { ok: false, problem: `expected JSON for ${typeName(type)}, got ${describe(text)}` };
}

/** The choice itself; else out of `Literal[…]` or `str[…]` and one pair of quotes; else as JSON. */
function readLiteral(type: FieldType & { kind: "literal" }, text: string): ReadValue {
  const choose = (value: unknown): ReadValue | undefined =>
    type.values.some((choice) => Object.is(choice, value)) ? { ok: true, value, mended: [] } : undefined;
  const printed = type.values.find((choice) => typeof choice !== "string" && scalarText(choice) === text);
  const exact = choose(text) ?? choose(text.trim()) ?? choose(printed);
  if (exact !== undefined) return exact;
  let inner = text.trim();
  const wrapped = /^(?:Literal|str)\[([\s\S]*)\]$/.exec(inner);
  if (wrapped?.[1] !== undefined) inner = wrapped[1].trim();
  const quoted = /^(["'])([\s\S]*)\1$/.exec(inner);
  if (quoted?.[2] !== undefined) inner = quoted[2];
  const json = repairJson(inner, "scalar");
  const found = choose(inner) ?? (json && choose(json.value));
  if (found?.ok) return { ...found, mended: ["what stood around a choice"] };
  const choices = type.values.map((value) => (typeof value === "string" ? value : JSON.stringify(value)));
  return { ok: false, problem: `expected exactly one of: ${choices.join("; ")}; got ${describe(text)}` };
}

function readUnion(type: FieldType & { kind: "union" }, text: string): ReadValue {
  const kinds = new Set(type.members.map((member) => member.kind));
  if (kinds.has("none") && (text === "null" || text === "None")) return { ok: true, value: null, mended: [] };
  if (kinds.size === 2 && kinds.has("none") && type.members.length === 2) {
    // Optional[T]: by T's own rules, its choices and lists included.
    const member = type.members.find(({ kind }) => kind !== "none");
    if (member !== undefined) return readValue(member, text);
  }
  const repaired = repairJson(text, kinds.has("str") ? "scalar" : "any", "none");
  // An optional text in quotes keeps them, as a text does.
  const isText = kinds.has("str") && kinds.has("none") && typeof repaired?.value === "string";
  const json = isText ? undefined : repaired;
  for (const exact of [true, false]) {
    if (json !== undefined) {
      const fit = fitValue(type, json.value, exact);
      if (fit.ok) return { ...fit, mended: json.mended };
    }
    const fit = fitValue(type, text, exact);
    if (fit.ok) return { ...fit, mended: [] };
  }
  return withMended(fitValue(type, json === undefined ? text : json.value), []);
}

/** Two numbers or more with commas between them. Words with commas may be one text, so they are no list. */
const NUMBERS = /^\s*[-+.\deE]+(?:\s*,\s*[-+.\deE]+)+\s*$/;

const BULLET = /^\s*(?:[-*•]|\d{1,4}[.)])\s+(\S.*)$/;

/** Lines that all begin with a bullet or a number. */
function readBullets(text: string): string[] | undefined {
  const items: string[] = [];
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    const item = BULLET.exec(line)?.[1];
    if (item === undefined) return undefined;
    items.push(item.trimEnd());
  }
  return items.length === 0 ? undefined : items;
}

/** A list whose items stand on lines, each read by its type's own rules. */
function readItems(type: FieldType & { kind: "list" }, lines: readonly string[]): ReadValue {
  const values: unknown[] = [];
  const mended = new Set(["a list of lines"]);
  for (const [index, line] of lines.entries()) {
    const read = readValue(type.items, line);
    if (!read.ok) return { ok: false, problem: `item ${index + 1}: ${read.problem}` };
    values.push(read.value);
    for (const what of read.mended) mended.add(what);
  }
  return { ok: true, value: values, mended: [...mended] };
}

/** What an output that is missing from an answer is: its default, else null where its type allows that. */
export function missingValue(field: Field): Fit {
  if (field.default !== undefined) return { ok: true, value: field.default };
  if (isOptional(field.type)) return { ok: true, value: null };
  if (field.type.kind === "zod") {
    for (const absent of [undefined, null]) {
      const parsed = field.type.schema.safeParse(absent);
      if (parsed.success) return { ok: true, value: parsed.data ?? null };
    }
  }
  return { ok: false, problem: "it is missing" };
}
