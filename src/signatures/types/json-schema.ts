import type { Field } from "../field/field.ts";
import type { FieldType, LiteralValue } from "./field-type.ts";
import { MEDIA_SCHEMAS } from "../values/media.ts";
import { inPlace, zodSchemaParts } from "./plain-json-schema.ts";
import { type SchemaDocument, type SchemaParts, schemaDocument } from "./schema-document.ts";
import { type JsonSchema, referenceTo } from "./schema-walk.ts";
import { typeName } from "./type-name.ts";

/** The type's JSON Schema as DSPy's generator (pydantic) shapes it; without constraints and descriptions of the field. */
export function typeJsonSchema(type: FieldType): JsonSchema {
  const document = schemaDocument();
  return withDefinitions(shape(type, document, true), document);
}

/** The schemas of several types in one document, whose definitions they share. */
export function typeJsonSchemas(types: readonly FieldType[]): {
  readonly schemas: readonly JsonSchema[];
  readonly defs: SchemaDocument["defs"];
} {
  const document = schemaDocument();
  return { schemas: types.map((type) => shape(type, document)), defs: document.defs };
}

function withDefinitions(schema: JsonSchema, { defs }: Pick<SchemaDocument, "defs">): JsonSchema {
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

/** Types with a name stand in `$defs`, but for one that is all of the document. */
function shape(type: FieldType, document: SchemaDocument, alone = false): JsonSchema {
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
      return { type: "array", items: shape(type.items, document) };
    case "dict":
      return { type: "object", additionalProperties: type.values.kind === "any" ? true : shape(type.values, document) };
    case "tuple":
      if (type.rest) return { type: "array", items: shape(type.items[0] ?? { kind: "any" }, document) };
      return {
        type: "array",
        maxItems: type.items.length,
        minItems: type.items.length,
        prefixItems: type.items.map((item) => shape(item, document)),
      };
    case "literal":
      return literalSchema(type.values);
    case "union":
      return { anyOf: type.members.map((member) => shape(member, document)) };
    case "date":
      return { type: "string", format: "date" };
    case "datetime":
      return { type: "string", format: "date-time" };
    case "code":
      return put(ownType(typeName(type), CODE), document, alone);
    case "tool_calls":
      return put(ownType("ToolCalls", TOOL_CALLS, { ToolCall: TOOL_CALL }), document, alone);
    case "image":
    case "audio":
    case "file":
      return put(ownType(typeName(type), zodSchemaParts(MEDIA_SCHEMAS[type.kind]).schema), document, alone);
    case "tool":
      return { type: "object", additionalProperties: true };
    case "zod":
      return put(zodSchemaParts(type.schema), document, alone);
  }
}

function put(parts: SchemaParts, document: SchemaDocument, alone: boolean): JsonSchema {
  // One that holds itself is referred to all the same.
  const { schema, defs } = inPlace(parts);
  const isWhole = alone && Object.keys(defs).length < Object.keys(parts.defs).length;
  return document.put(isWhole ? { schema, defs } : parts);
}

function ownType(name: string, schema: JsonSchema, others: SchemaParts["defs"] = {}): SchemaParts {
  return { schema: referenceTo(name), defs: { ...others, [name]: { ...schema, title: name } } };
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
