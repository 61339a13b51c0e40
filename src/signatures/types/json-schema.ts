import type { z } from "zod";
import type { Field } from "../field/field.ts";
import type { FieldType, LiteralValue } from "./field-type.ts";
import { MEDIA_SCHEMAS } from "../values/media.ts";
import { plainJsonSchema } from "./plain-json-schema.ts";
import { typeName } from "./type-name.ts";

/** A JSON Schema as data. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** The type's JSON Schema as DSPy's generator (pydantic) shapes it; without constraints and descriptions of the field. */
export function typeJsonSchema(type: FieldType): JsonSchema {
  const defs: Record<string, unknown> = {};
  const schema = shape(type, defs, true);
  return Object.keys(defs).length === 0 ? schema : { $defs: defs, ...schema };
}

/** The same with the field's description, constraints and default. */
export function fieldJsonSchema(field: Field): JsonSchema {
  const { gt, ge, lt, le, min_length, max_length, multiple_of } = field.constraints ?? {};
  const [min, max] = LENGTH_WORDS[field.type.kind] ?? ["minLength", "maxLength"];
  const bounds = {
    exclusiveMinimum: gt,
    minimum: ge,
    exclusiveMaximum: lt,
    maximum: le,
    [min]: min_length,
    [max]: max_length,
    multipleOf: multiple_of,
  };
  return {
    ...typeJsonSchema(field.type),
    ...Object.fromEntries(Object.entries(bounds).filter(([, bound]) => bound !== undefined)),
    ...(field.desc !== undefined && { description: field.desc }),
    ...(field.default !== undefined && { default: field.default }),
  };
}

const LENGTH_WORDS: Readonly<Partial<Record<FieldType["kind"], readonly [string, string]>>> = {
  list: ["minItems", "maxItems"],
  tuple: ["minItems", "maxItems"],
  dict: ["minProperties", "maxProperties"],
};

/** Object types stand in `$defs`, but for one that is all of the type. */
function shape(type: FieldType, defs: Record<string, unknown>, alone = false): JsonSchema {
  switch (type.kind) {
    case "str":
      return { type: "string" };
    case "int":
      return { type: "integer" };
    case "float":
      return { type: "number" };
    case "bool":
      return { type: "boolean" };
    case "any":
      return {};
    case "none":
      return { type: "null" };
    case "history":
      return { type: "array", items: { type: "object", additionalProperties: true } };
    case "list":
      return { type: "array", items: shape(type.items, defs) };
    case "dict":
      return { type: "object", additionalProperties: type.values.kind === "any" ? true : shape(type.values, defs) };
    case "tuple":
      if (type.rest) return { type: "array", items: shape(type.items[0] ?? { kind: "any" }, defs) };
      return {
        type: "array",
        maxItems: type.items.length,
        minItems: type.items.length,
        prefixItems: type.items.map((item) => shape(item, defs)),
      };
    case "literal":
      return literalSchema(type.values);
    case "union":
      return { anyOf: type.members.map((member) => shape(member, defs)) };
    case "date":
      return { type: "string", format: "date" };
    case "datetime":
      return { type: "string", format: "date-time" };
    case "code":
      return named(typeName(type), CODE, defs, alone);
    case "tool_calls":
      defs["ToolCall"] = TOOL_CALL;
      return named("ToolCalls", TOOL_CALLS, defs, alone);
    case "image":
    case "audio":
    case "file":
      return named(typeName(type), plainJsonSchema(MEDIA_SCHEMAS[type.kind]), defs, alone);
    case "tool":
      return { type: "object", additionalProperties: true };
    case "zod":
      return zodSchema(type.schema, defs);
  }
}

function named(name: string, schema: JsonSchema, defs: Record<string, unknown>, alone: boolean): JsonSchema {
  const titled = { ...schema, title: name };
  if (alone) return titled;
  defs[name] = titled;
  return { $ref: `#/$defs/${name}` };
}

/** As pydantic makes them of DSPy's classes, without the docstring of `Code`, which is a page of examples. */
const CODE: JsonSchema = Object.freeze({
  type: "object",
  properties: { code: { type: "string", title: "Code" } },
  required: ["code"],
});
const TOOL_CALL: JsonSchema = Object.freeze({
  type: "object",
  properties: {
    name: { type: "string", title: "Name" },
    args: { type: "object", additionalProperties: true, title: "Args" },
  },
  required: ["name", "args"],
  title: "ToolCall",
});
const TOOL_CALLS: JsonSchema = Object.freeze({
  type: "object",
  properties: { tool_calls: { type: "array", items: { $ref: "#/$defs/ToolCall" }, title: "Tool Calls" } },
  required: ["tool_calls"],
});

function literalSchema(values: readonly LiteralValue[]): JsonSchema {
  const types = new Set(values.map(jsonType));
  const [type] = types;
  return {
    ...(values.length === 1 ? { const: values[0] } : { enum: [...values] }),
    ...(types.size === 1 && { type }),
  };
}

function jsonType(value: LiteralValue): string {
  if (value === null) return "null";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

/** Object types with a name (zod's `meta({ id })`) go to `$defs` when they stand inside others, as pydantic's do. */
function zodSchema(schema: z.ZodType, defs: Record<string, unknown>): JsonSchema {
  const { $defs, ...rest } = plainJsonSchema(schema);
  Object.assign(defs, $defs);
  return rest;
}
