import type { LmResponseFormat } from "../../lm/language-model.ts";
import type { Field } from "../../signatures/field/field.ts";
import { typeJsonSchema } from "../../signatures/types/json-schema.ts";
import type { JsonSchema } from "../../signatures/types/json-schema.ts";

/** The name that DSPy gives the schema of a program's outputs. */
const SCHEMA_NAME = "DSPyProgramOutputs";

/**
 * The response format that holds a model to these outputs: a strict schema, every property required and no others;
 * descriptions and constraints of the fields are not in it, as in DSPy.
 *
 * A dict has keys that no strict schema can name, wherever it stands: then plain `json_object`. (DSPy sees dicts at the
 * top only, and else sends a schema that allows the empty object alone.)
 */
export function outputFormat(outputs: readonly Field[]): LmResponseFormat {
  const defs: Record<string, unknown> = {};
  const properties: Record<string, unknown> = {};
  for (const field of outputs) {
    const { $defs, ...schema } = typeJsonSchema(field.type);
    Object.assign(defs, $defs);
    const withDefault = field.default !== undefined && field.default !== null ? { default: field.default } : {};
    properties[field.name] = { ...schema, ...withDefault };
  }
  const schema: JsonSchema = {
    ...(Object.keys(defs).length > 0 && { $defs: defs }),
    type: "object",
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  };
  if (hasOpenObject(schema)) return { type: "json_object" };
  return { type: "json_schema", name: SCHEMA_NAME, schema: closed(schema) as object, strict: true };
}

/** Whether some object's keys are not known. */
function hasOpenObject(schema: unknown): boolean {
  return someSchema(
    schema,
    ({ type, properties, additionalProperties }) =>
      type === "object" &&
      (properties === undefined || (additionalProperties !== undefined && additionalProperties !== false)),
  );
}

/** Each schema, and those inside it, as strict mode wants them. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (!isObject(schema)) return schema;
  const inner: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    inner[keyword] = DATA_KEYWORDS.has(keyword)
      ? value
      : MAP_KEYWORDS.has(keyword) && isObject(value)
        ? Object.fromEntries(Object.entries(value).map(([name, item]) => [name, closed(item)]))
        : closed(value);
  }
  if (schema["type"] !== "object" || !isObject(schema["properties"])) return inner;
  return { ...inner, required: Object.keys(schema["properties"]), additionalProperties: false };
}

function someSchema(schema: unknown, test: (schema: JsonSchema) => boolean): boolean {
  if (Array.isArray(schema)) return schema.some((item) => someSchema(item, test));
  if (!isObject(schema)) return false;
  if (test(schema)) return true;
  return Object.entries(schema).some(([keyword, value]) => {
    if (DATA_KEYWORDS.has(keyword)) return false;
    if (MAP_KEYWORDS.has(keyword) && isObject(value))
      return Object.values(value).some((item) => someSchema(item, test));
    return someSchema(value, test);
  });
}

/** Keywords that hold schemas by name, and those that hold values. */
const MAP_KEYWORDS: ReadonlySet<string> = new Set(["properties", "$defs"]);
const DATA_KEYWORDS: ReadonlySet<string> = new Set(["enum", "const", "default", "examples", "required"]);

function isObject(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
