import { z } from "zod";
import type { Field } from "./field.ts";
import type { FieldType, LiteralValue } from "./field-type.ts";

/** A JSON Schema as data. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** The type's JSON Schema as DSPy's generator (pydantic) shapes it; without constraints and descriptions of the field. */
export function typeJsonSchema(type: FieldType): JsonSchema {
  const defs: Record<string, unknown> = {};
  const schema = shape(type, defs);
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

function shape(type: FieldType, defs: Record<string, unknown>): JsonSchema {
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
    case "zod":
      return zodSchema(type.schema, defs);
  }
}

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
  const {
    $schema: _dialect,
    $defs,
    ...rest
  } = z.toJSONSchema(schema, {
    unrepresentable: "any",
    io: "input",
    override: ({ jsonSchema }) => {
      // zod bounds every integer by what a double holds exactly; prompts need not say so.
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  Object.assign(defs, $defs);
  return rest;
}
