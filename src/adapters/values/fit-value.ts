import type { z } from "zod";
import type { FieldType } from "../../signatures/types/field-type.ts";
import { readDate, readDateTime } from "../../signatures/values/iso-date.ts";
import { firstIssue } from "../../signatures/issue-text.ts";
import { MEDIA_SCHEMAS } from "../../signatures/values/media.ts";
import { TOOL_SCHEMA } from "../../signatures/values/tool.ts";
import { typeName } from "../../signatures/types/type-name.ts";
import { fitBool, fitFloat, fitInt, fits, misfit } from "./fit-scalar.ts";
import type { Fit } from "./fit-scalar.ts";
import { fitZod } from "./fit-zod.ts";
import { codeIn } from "./read-code.ts";
import { fitToolCalls } from "../answer/read-tool-calls.ts";

/**
 * Data that was read (JSON's values) as a value of the type. Converts as DSPy does (pydantic's lax mode): numbers and
 * booleans from their text, ints from whole floats; text never from anything else. With `exact` nothing is converted.
 * Constraints of the field are not checked.
 *
 * Departs from DSPy where it takes `true` for the int 1 and for `Literal[1]`.
 */
export function fitValue(type: FieldType, raw: unknown, exact = false): Fit {
  switch (type.kind) {
    case "any":
      return raw === undefined ? misfit("a value", raw) : fits(raw);
    case "str":
      return typeof raw === "string" ? fits(raw) : misfit("a text", raw);
    case "none":
      return raw === null ? fits(null) : misfit("null", raw);
    case "int":
      return fitInt(raw, exact);
    case "float":
      return fitFloat(raw, exact);
    case "bool":
      return fitBool(raw, exact);
    case "literal":
      return type.values.some((value) => Object.is(value, raw))
        ? fits(raw)
        : misfit(`one of ${type.values.map((value) => JSON.stringify(value)).join(", ")}`, raw);
    case "list":
      return fitItems(raw, type, () => type.items, exact);
    case "tuple":
      return fitTuple(type, raw, exact);
    case "dict":
      return fitDict(type, raw, exact);
    case "history":
      return fitItems(raw, type, () => ANY_DICT, exact);
    case "union":
      return fitUnion(type, raw, exact);
    case "code":
      return fitCode(type, raw);
    case "date":
    case "datetime":
      return fitMoment(type.kind, raw);
    case "tool_calls":
      return fitToolCalls(raw);
    case "tool":
      // DSPy saves the tools of its demos as their text.
      return typeof raw === "string" ? fits(raw) : fitSchema(TOOL_SCHEMA, raw);
    case "image":
    case "audio":
    case "file":
      return fitSchema(MEDIA_SCHEMAS[type.kind], raw);
    case "zod":
      return fitZod(type.schema, raw, exact);
  }
}

function fitSchema(schema: z.ZodType, raw: unknown): Fit {
  const checked = schema.safeParse(raw);
  return checked.success ? fits(checked.data) : { ok: false, problem: firstIssue(checked.error) };
}

/** Code as text, or as the object that the schema of structured outputs asks for; fences go. */
function fitCode({ language }: FieldType & { kind: "code" }, raw: unknown): Fit {
  const code: unknown = typeof raw === "object" && raw !== null && "code" in raw ? raw.code : raw;
  return typeof code === "string" ? fits(codeIn(code, language)) : misfit("code, as a text", raw);
}

function fitMoment(kind: "date" | "datetime", raw: unknown): Fit {
  const text = kind === "date" ? readDate(raw) : readDateTime(raw);
  if (text !== undefined) return fits(text);
  return misfit(kind === "date" ? "a date as YYYY-MM-DD" : "a date and time as YYYY-MM-DDTHH:MM:SS", raw);
}

const ANY_DICT: FieldType = { kind: "dict", keys: { kind: "str" }, values: { kind: "any" }, bare: true };
function fitItems(raw: unknown, type: FieldType, itemType: (index: number) => FieldType, exact: boolean): Fit {
  if (!Array.isArray(raw)) return misfit(`a JSON list (${typeName(type)})`, raw);
  const items: unknown[] = [];
  for (const [index, item] of raw.entries()) {
    const fit = fitValue(itemType(index), item, exact);
    if (!fit.ok) return { ok: false, problem: `item ${index + 1}: ${fit.problem}` };
    items.push(fit.value);
  }
  return fits(items);
}

function fitTuple(type: FieldType & { kind: "tuple" }, raw: unknown, exact: boolean): Fit {
  const { items, rest } = type;
  const any: FieldType = { kind: "any" };
  if (rest || type.bare) return fitItems(raw, type, () => items[0] ?? any, exact);
  if (Array.isArray(raw) && raw.length !== items.length) {
    return misfit(`a JSON list of ${items.length} items (${typeName(type)})`, raw);
  }
  return fitItems(raw, type, (index) => items[index] ?? any, exact);
}

function fitDict(type: FieldType & { kind: "dict" }, raw: unknown, exact: boolean): Fit {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) {
    return misfit(`a JSON object (${typeName(type)})`, raw);
  }
  const entries: [string, unknown][] = [];
  for (const [key, item] of Object.entries(raw)) {
    // Keys are texts in JSON whatever their type is, so they are read leniently always.
    const keyFit = fitKey(type.keys, key);
    if (!keyFit.ok) return { ok: false, problem: `key ${JSON.stringify(key)}: ${keyFit.problem}` };
    const fit = fitValue(type.values, item, exact);
    if (!fit.ok) return { ok: false, problem: `at ${JSON.stringify(key)}: ${fit.problem}` };
    entries.push([key, fit.value]);
  }
  return fits(Object.fromEntries(entries));
}

function fitKey(type: FieldType, key: string): Fit {
  if (type.kind !== "literal") return fitValue(type, key);
  return type.values.some((value) => String(value) === key) ? fits(key) : fitValue(type, key);
}

/** The member that fits as it is, else the first that fits by conversion. */
function fitUnion(type: FieldType & { kind: "union" }, raw: unknown, exact: boolean): Fit {
  for (const member of type.members) {
    const fit = fitValue(member, raw, true);
    if (fit.ok) return fit;
  }
  for (const member of exact ? [] : type.members) {
    const fit = fitValue(member, raw);
    if (fit.ok) return fit;
  }
  const [only, ...others] = type.members.filter((member) => member.kind !== "none");
  // Optional types: the type's own problem says more.
  if (only !== undefined && others.length === 0 && raw !== null) return fitValue(only, raw, exact);
  return misfit(`a ${typeName(type)}`, raw);
}
