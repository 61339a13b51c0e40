import type { JsonSchema } from "../../signatures/types/schema-walk.ts";
import { isSchema, referredName, schemasIn } from "../../signatures/types/schema-walk.ts";

// What servers take as a strict schema, as far as they agree: every object is closed and has all its properties, a union is
// `anyOf`, a reference stands alone. Of the rest, what one of them refuses and a reader checks anyway is left out: lengths
// of texts, defaults, formats that OpenAI does not know, patterns that look around.

/** Whether a strict schema can say it: not objects with any keys, nor values of any kind. */
export function canBeStrict(schema: JsonSchema): boolean {
  for (const each of schemasIn(schema)) if (isOpen(each) || saysNothing(each)) return false;
  return true;
}

function isOpen({ type, properties, additionalProperties }: JsonSchema): boolean {
  return (
    type === "object" &&
    (properties === undefined || (additionalProperties !== undefined && additionalProperties !== false))
  );
}

const SAYING: readonly string[] = ["type", "anyOf", "oneOf", "$ref", "enum", "const"];

function saysNothing(schema: JsonSchema): boolean {
  return "not" in schema || !SAYING.some((keyword) => keyword in schema);
}

/** Keywords that stay as they are. */
const KEPT: readonly string[] = [
  "type",
  "title",
  "description",
  "enum",
  "const",
  "multipleOf",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "minItems",
  "maxItems",
];

const FORMATS: ReadonlySet<unknown> = new Set([
  "date-time",
  "time",
  "date",
  "duration",
  "email",
  "hostname",
  "ipv4",
  "ipv6",
  "uuid",
]);

/**
 * @param defs the definitions of the document that the schema stands in, as they were
 * @param copied those that the schema stands in a copy of
 */
export function strictSchema(
  schema: JsonSchema,
  defs: Readonly<Record<string, JsonSchema>>,
  copied: readonly string[] = [],
): JsonSchema {
  const strict = (inner: unknown): JsonSchema => strictSchema(isSchema(inner) ? inner : {}, defs, copied);
  const { $ref, description, anyOf, oneOf, format, pattern } = schema;
  const name = referredName(schema);
  if (name !== undefined) {
    if (description === undefined || copied.includes(name)) return { $ref };
    // A reference takes nothing beside it: what is said of this place alone needs a copy of the type.
    return { ...strictSchema(defs[name] ?? {}, defs, [...copied, name]), description };
  }
  const options = anyOf ?? oneOf;
  return {
    ...Object.fromEntries(Object.entries(schema).filter(([keyword]) => KEPT.includes(keyword))),
    ...(FORMATS.has(format) && { format }),
    ...(typeof pattern === "string" && !/\(\?<?[=!]/.test(pattern) && { pattern }),
    ...(Array.isArray(options) && { anyOf: options.map(strict) }),
    ...strictItems(schema, strict),
    ...strictProperties(schema, strict),
  };
}

/** A tuple is a list of so many items, each of one of its types: no server takes one type for each place. */
function strictItems({ prefixItems, items }: JsonSchema, strict: (inner: unknown) => JsonSchema): JsonSchema {
  if (!Array.isArray(prefixItems)) return items === undefined ? {} : { items: strict(items) };
  const kinds = new Map(
    [...prefixItems, ...(isSchema(items) ? [items] : [])].map((each) => [JSON.stringify(each), each]),
  );
  const [only, ...others] = [...kinds.values()].map(strict);
  return { items: only === undefined || others.length > 0 ? { anyOf: [...kinds.values()].map(strict) } : only };
}

/** Nothing can be left out. What might have been may be null instead, which is read as left out. */
function strictProperties(schema: JsonSchema, strict: (inner: unknown) => JsonSchema): JsonSchema {
  const { type, properties, required } = schema;
  if (type !== "object" || !isSchema(properties)) return {};
  const needed: readonly unknown[] = Array.isArray(required) ? required : [];
  const closed = Object.entries(properties).map(([name, inner]) => [
    name,
    needed.includes(name) ? strict(inner) : orNull(strict(inner)),
  ]);
  return { properties: Object.fromEntries(closed), required: Object.keys(properties), additionalProperties: false };
}

function orNull(schema: JsonSchema): JsonSchema {
  const { title, description, anyOf, ...rest } = schema;
  if (rest["type"] === "null" || rest["const"] === null) return schema;
  if (Array.isArray(rest["enum"]) && rest["enum"].includes(null)) return schema;
  const members: readonly unknown[] = Array.isArray(anyOf) ? anyOf : [rest];
  const taken = members.some((member) => isSchema(member) && member["type"] === "null");
  return {
    anyOf: taken ? members : [...members, { type: "null" }],
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
  };
}
