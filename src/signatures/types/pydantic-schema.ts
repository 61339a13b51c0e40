import { type JsonSchema, isSchema, mapInner } from "./schema-walk.ts";

// zod and pydantic say the same things in their own ways; prompts are to read as DSPy's, whose schemas are pydantic's.

/** What stands beside a union, and not in one of its members. */
const ABOUT: readonly string[] = ["title", "description", "default", "examples", "deprecated"];

/** A schema of zod's in pydantic's words. */
export function plain(schema: JsonSchema): JsonSchema {
  const { readOnly: _, propertyNames, items, additionalProperties, ...rest } = mapInner(schema, plain);
  const written: JsonSchema = {
    ...rest,
    // Keys of objects are texts anyway.
    ...(!isOnlyText(propertyNames) && { propertyNames }),
    // A tuple says how many items it has.
    ...(items !== undefined && items !== false && { items }),
    ...(additionalProperties !== undefined && {
      additionalProperties: isEmpty(additionalProperties) ? true : additionalProperties,
    }),
  };
  return flatUnion(withOneType(wholeNumbers(written)));
}

function isOnlyText(names: unknown): boolean {
  return names === undefined || (isSchema(names) && names["type"] === "string" && Object.keys(names).length === 1);
}

function isEmpty(schema: unknown): boolean {
  return isSchema(schema) && Object.keys(schema).length === 0;
}

/** Choices that are whole numbers are integers. */
function wholeNumbers(schema: JsonSchema): JsonSchema {
  const { type, enum: choices } = schema;
  const values: unknown[] = Array.isArray(choices) ? choices : "const" in schema ? [schema["const"]] : [];
  return type === "number" && values.length > 0 && values.every(Number.isInteger)
    ? { ...schema, type: "integer" }
    : schema;
}

/** `type: ["string", "null"]` as a union of a text and null. */
function withOneType(schema: JsonSchema): JsonSchema {
  const { type, enum: choices, ...others } = schema;
  if (!Array.isArray(type)) return schema;
  const about = Object.entries(others).filter(([keyword]) => ABOUT.includes(keyword));
  const rest = Object.entries(others).filter(([keyword]) => !ABOUT.includes(keyword));
  const members = type.map((each: unknown): JsonSchema => {
    if (each === "null") return { type: each };
    const own = Array.isArray(choices) ? { enum: choices.filter((choice) => choice !== null) } : {};
    return wholeNumbers({ ...own, type: each, ...Object.fromEntries(rest) });
  });
  return { anyOf: members, ...Object.fromEntries(about) };
}

/** A union of a union is one. */
function flatUnion(schema: JsonSchema): JsonSchema {
  const { anyOf } = schema;
  if (!Array.isArray(anyOf)) return schema;
  const members = anyOf.flatMap((each: JsonSchema): unknown[] =>
    Array.isArray(each["anyOf"]) && Object.keys(each).length === 1 ? each["anyOf"] : [each],
  );
  return { ...schema, anyOf: members };
}

/** A type with a name: it is the title, and the properties of an object get theirs. */
export function named(name: string, schema: JsonSchema): JsonSchema {
  const { properties } = schema;
  const titled = isSchema(properties)
    ? {
        properties: Object.fromEntries(
          Object.entries(properties).map(([key, each]) => [key, isSchema(each) ? withTitle(key, each) : each]),
        ),
      }
    : {};
  return { title: name, ...schema, ...titled };
}

function withTitle(key: string, schema: JsonSchema): JsonSchema {
  return isReference(schema) || "title" in schema ? schema : { ...schema, title: propertyTitle(key) };
}

/** A type that has a name gives its own title, also where it is optional. */
function isReference(schema: JsonSchema): boolean {
  const { $ref, anyOf } = schema;
  if ($ref !== undefined) return true;
  if (!Array.isArray(anyOf)) return false;
  const members = anyOf.filter((member) => isSchema(member) && member["type"] !== "null");
  const [only] = members;
  return members.length === 1 && members.length < anyOf.length && isSchema(only) && "$ref" in only;
}

/** `first_name` is `First Name`, as Python's `title` has it. */
function propertyTitle(key: string): string {
  return key
    .replaceAll(/\p{Cased}+/gu, (run) => {
      const [first = "", ...rest] = run;
      return first.toUpperCase() + rest.join("").toLowerCase();
    })
    .replaceAll("_", " ")
    .trim();
}
