import { z } from "zod";

/** What zod says of a schema, as values go in; without what only zod needs to say. */
export function plainJsonSchema(schema: z.ZodType): Readonly<Record<string, unknown>> {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, {
    unrepresentable: "any",
    io: "input",
    override: ({ zodSchema: { _zod }, jsonSchema }) => {
      if (_zod.def.type === "date") Object.assign(jsonSchema, { type: "string", format: "date-time" });
      // zod bounds every integer by what a double holds exactly; prompts need not say so.
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  return rest;
}
