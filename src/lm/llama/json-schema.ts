import { describe, UsageError } from "../../foundation/errors.ts";

/** A schema in the dialect that node-llama-cpp turns into a grammar. */
export type GrammarSchema = Readonly<Record<string, unknown>>;

/** Any JSON value: the dialect has no word for it. */
const ANYTHING: GrammarSchema = Object.freeze({
  oneOf: Object.freeze([
    { type: "object", additionalProperties: true },
    { type: "array" },
    { type: "string" },
    { type: "number" },
    { type: "boolean" },
    { type: "null" },
  ]),
});

export const ANY_OBJECT: GrammarSchema = Object.freeze({ type: "object", additionalProperties: true });

/** Longer bounds would become grammars too large to be quick. */
const LARGEST_BOUND = 500;

/**
 * A JSON Schema as zod writes it, in the dialect of node-llama-cpp's grammars. There an unknown word becomes `null`
 * without notice (`anyOf` does), so everything is rewritten to what it knows, and what cannot be is refused. Ranges and
 * patterns are left out: a grammar does not hold them, the caller checks the value and asks again. Every property is
 * written, the optional ones too.
 *
 * @throws UsageError for `allOf` of several schemas, `not`, and references that lead nowhere
 */
export function grammarSchema(schema: unknown): GrammarSchema {
  const root = isRecord(schema) ? schema : {};
  const definitions = { ...asRecord(root["definitions"]), ...asRecord(root["$defs"]) };
  const names = new Set([...Object.keys(definitions), ...(mentionsRoot(root) ? [ROOT] : [])]);
  if (names.size === 0) return rewrite(schema, names);

  const own = Object.fromEntries(Object.entries(root).filter(([key]) => key !== "$defs" && key !== "definitions"));
  const defs = Object.fromEntries(
    [...names].map((name) => [name, rewrite(name === ROOT ? own : definitions[name], names)]),
  );
  const rewritten = names.has(ROOT) ? { $ref: `#/$defs/${ROOT}` } : rewrite(own, names);
  return { ...rewritten, $defs: defs };
}

/** The name under which a schema that refers to itself (`#`) is kept. */
const ROOT = "root-schema";

function rewrite(schema: unknown, names: ReadonlySet<string>): GrammarSchema {
  if (!isRecord(schema)) return ANYTHING;
  const inner = (part: unknown): GrammarSchema => rewrite(part, names);

  if (typeof schema["$ref"] === "string") return { $ref: `#/$defs/${refName(schema["$ref"], names)}` };
  const alternatives = schema["anyOf"] ?? schema["oneOf"];
  if (Array.isArray(alternatives)) return { oneOf: alternatives.map(inner) };
  if (Array.isArray(schema["allOf"])) {
    if (schema["allOf"].length === 1) return inner(schema["allOf"][0]);
    throw new UsageError("the response schema uses allOf, which an embedded model cannot be held to: write one object");
  }
  if ("not" in schema) throw new UsageError("the response schema uses not, which an embedded model cannot be held to");
  if ("const" in schema) return { const: schema["const"] };
  if (Array.isArray(schema["enum"])) return { enum: schema["enum"] };

  const type = schema["type"];
  if (Array.isArray(type)) return { oneOf: type.map((one) => inner({ ...schema, type: one })) };
  if (type === "object" || (type === undefined && isRecord(schema["properties"]))) return rewriteObject(schema, inner);
  if (type === "array" || (type === undefined && "items" in schema)) return rewriteArray(schema, inner);
  if (type === "string") return rewriteString(schema);
  if (type === "number" || type === "integer" || type === "boolean" || type === "null") return { type };
  if (type === undefined) return ANYTHING;
  throw new UsageError(`the response schema has a type that is not JSON Schema's: ${describe(type)}`);
}

function rewriteObject(schema: GrammarSchema, inner: (part: unknown) => GrammarSchema): GrammarSchema {
  const properties = Object.entries(asRecord(schema["properties"]));
  const more = schema["additionalProperties"];
  return {
    type: "object",
    ...(properties.length > 0 && {
      properties: Object.fromEntries(properties.map(([key, part]) => [key, inner(part)])),
    }),
    // JSON Schema allows more when it does not say; a model that is held to named fields should write those alone.
    additionalProperties: isRecord(more)
      ? inner(more)
      : more === true || (more === undefined && properties.length === 0),
  };
}

function rewriteArray(schema: GrammarSchema, inner: (part: unknown) => GrammarSchema): GrammarSchema {
  const prefix = Array.isArray(schema["prefixItems"]) ? schema["prefixItems"].map(inner) : undefined;
  // A tuple: nothing may follow what is named, unless it says what.
  const closed = prefix !== undefined && !isRecord(schema["items"]);
  const least = closed ? prefix.length : bound(schema["minItems"]);
  const most = closed ? prefix.length : bound(schema["maxItems"]);
  return {
    type: "array",
    ...(isRecord(schema["items"]) && { items: inner(schema["items"]) }),
    ...(prefix && { prefixItems: prefix }),
    ...(least !== undefined && { minItems: least }),
    ...(most !== undefined && { maxItems: Math.max(most, least ?? 0, prefix?.length ?? 0) }),
  };
}

function rewriteString(schema: GrammarSchema): GrammarSchema {
  const format = schema["format"];
  if (format === "date-time" || format === "time" || format === "date") return { type: "string", format };
  const least = bound(schema["minLength"]);
  const most = bound(schema["maxLength"]);
  return {
    type: "string",
    ...(least !== undefined && { minLength: least }),
    ...(most !== undefined && { maxLength: Math.max(most, least ?? 0) }),
  };
}

function bound(value: unknown): number | undefined {
  return typeof value === "number" && value >= 0 && value <= LARGEST_BOUND ? Math.floor(value) : undefined;
}

function refName(ref: string, names: ReadonlySet<string>): string {
  const name = ref === "#" ? ROOT : (/^#\/(?:\$defs|definitions)\/(.+)$/.exec(ref)?.[1] ?? "");
  if (!names.has(name))
    throw new UsageError(`the response schema refers to ${describe(ref)}, which it does not define`);
  return name;
}

function mentionsRoot(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.some(mentionsRoot);
  if (!isRecord(schema)) return false;
  return schema["$ref"] === "#" || Object.values(schema).some(mentionsRoot);
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
