import type { LmResponseFormat } from "../../lm/language-model.ts";
import type { Field } from "../../signatures/field/field.ts";
import type { FieldType } from "../../signatures/types/field-type.ts";
import { typeJsonSchemas } from "../../signatures/types/json-schema.ts";
import type { JsonSchema } from "../../signatures/types/schema-walk.ts";
import { canBeStrict, strictSchema } from "./strict-schema.ts";

/** The name that DSPy gives the schema of a program's outputs. */
const SCHEMA_NAME = "DSPyProgramOutputs";

/**
 * The response format that holds a model to these outputs: a strict schema, every property required and no others;
 * descriptions and constraints of the fields are not in it, as in DSPy.
 *
 * A dict has keys that no strict schema can name, and `Any` has no type, wherever they stand: then plain `json_object`.
 * (DSPy sees dicts at the top only, and else sends a schema that allows the empty object alone.) A list of `Any` is sent
 * as DSPy sends it; the client of a server that refuses it remembers so.
 */
export function outputFormat(outputs: readonly Field[]): LmResponseFormat {
  const { schemas, defs } = typeJsonSchemas(outputs.map(({ type }) => type));
  const strict = [...Object.values(defs), ...schemas.filter((_, index) => !isAnyList(outputs[index]?.type))];
  if (!strict.every(canBeStrict)) return { type: "json_object" };
  const properties = outputs.map(({ name, default: preset }, index) => {
    const schema = strictSchema(schemas[index] ?? {}, defs);
    return [name, withDefault(schema, preset)] as const;
  });
  const schema: JsonSchema = {
    ...(Object.keys(defs).length > 0 && {
      $defs: Object.fromEntries(Object.entries(defs).map(([name, each]) => [name, strictSchema(each, defs)])),
    }),
    type: "object",
    properties: Object.fromEntries(properties),
    required: outputs.map(({ name }) => name),
    additionalProperties: false,
  };
  return { type: "json_schema", name: SCHEMA_NAME, schema, strict: true };
}

function isAnyList(type: FieldType | undefined): boolean {
  return type?.kind === "list" && type.items.kind === "any";
}

/** A reference takes nothing beside it. */
function withDefault(schema: JsonSchema, preset: unknown): JsonSchema {
  return preset === undefined || preset === null || "$ref" in schema ? schema : { ...schema, default: preset };
}
