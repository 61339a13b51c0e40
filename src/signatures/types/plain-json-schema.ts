import { z } from "zod";
import { named, plain } from "./pydantic-schema.ts";
import type { SchemaParts } from "./schema-document.ts";
import { type JsonSchema, mapInner, referenceTo, referredName, schemasIn } from "./schema-walk.ts";

/** What a type is called in its own schema when it holds itself and nobody gave it a name. */
const ITSELF = "__itself";

/**
 * What zod says of a schema, as values go in, in the ways of pydantic and without what only zod needs to say. Types with
 * a name (`meta({ id })`) and those that hold themselves are definitions.
 */
export function zodSchemaParts(schema: z.ZodType): SchemaParts {
  const {
    $schema: _dialect,
    $defs = {},
    ...root
  } = z.toJSONSchema(schema, {
    unrepresentable: "any",
    io: "input",
    override: ({ zodSchema: { _zod }, jsonSchema }) => {
      if (_zod.def.type === "date") Object.assign(jsonSchema, { type: "string", format: "date-time" });
      if (_zod.def.type === "bigint") Object.assign(jsonSchema, { type: "integer" });
      if (hasOwnPattern(_zod.def)) delete jsonSchema.pattern;
      // zod bounds every integer by what a double holds exactly; prompts need not say so.
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  const defs: Record<string, JsonSchema> = {};
  for (const [name, definition] of Object.entries($defs as Readonly<Record<string, JsonSchema>>)) {
    const written = plain(definition);
    defs[name] = GENERATED.test(name) ? written : named(name, written);
  }
  const written = plain(root);
  const holdsItself = [written, ...Object.values(defs)].some((each) =>
    [...schemasIn(each)].some(({ $ref }) => $ref === "#"),
  );
  if (!holdsItself) return { schema: written, defs };
  const byName = (each: JsonSchema): JsonSchema => ({
    ...mapInner(each, byName),
    ...(each["$ref"] === "#" && referenceTo(ITSELF)),
  });
  const all = Object.entries({ ...defs, [ITSELF]: written });
  return {
    schema: referenceTo(ITSELF),
    defs: Object.fromEntries(all.map(([name, definition]) => [name, byName(definition)])),
  };
}

/** The formats that say all that their patterns do. */
function hasOwnPattern(def: object): boolean {
  const { format, pattern } = def as { readonly format?: unknown; readonly pattern?: unknown };
  return format === "date" || format === "datetime" || (format === "email" && pattern === z.regexes.email);
}

/** zod's own names of what has none. */
const GENERATED = /^__/;

/** The schema itself where it is only a name for a definition, which then is one no more unless others refer to it. */
export function inPlace({ schema, defs }: SchemaParts): SchemaParts {
  const name = referredName(schema);
  const definition = name === undefined ? undefined : defs[name];
  if (name === undefined || definition === undefined) return { schema, defs };
  const { [name]: _own, ...others } = defs;
  const isReferred = Object.values(defs).some((each) =>
    [...schemasIn(each)].some((inner) => referredName(inner) === name),
  );
  return { schema: { ...definition, ...withoutReference(schema) }, defs: isReferred ? defs : others };
}

function withoutReference({ $ref: _name, ...rest }: JsonSchema): JsonSchema {
  return rest;
}
