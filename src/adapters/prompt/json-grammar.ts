import type { JsonSchema } from "../../signatures/types/schema-walk.ts";

/**
 * A GBNF grammar (llama.cpp's notation) for the JSON values of a schema, on one line as `json.dumps` writes them. Objects
 * have all their properties, in the schema's order; bounds of numbers and lengths are not in it.
 * @param lead what stands before the value, as grammar
 */
export function jsonGrammar(schema: JsonSchema, lead: string): string {
  const rules = new Map<string, string>();
  const root = `${lead} ${expression(schema, { rules, root: schema })}`;
  return [["root", root], ...rules].map(([name, body]) => `${name} ::= ${body}`).join("\n");
}

interface Scope {
  readonly rules: Map<string, string>;
  /** Where `#/$defs/…` points into. */
  readonly root: JsonSchema;
}

const PRIMITIVES: Readonly<Record<string, string>> = {
  text: String.raw`"\"" ( [^"\\\x00-\x1f] | "\\" ( ["\\/bfnrt] | "u" [0-9a-fA-F]{4} ) )* "\""`,
  integer: `"-"? ( "0" | [1-9] [0-9]{0,14} )`,
  number: `"-"? ( "0" | [1-9] [0-9]{0,14} ) ( "." [0-9]{1,15} )? ( [eE] [-+]? [0-9]{1,3} )?`,
  any: `object | list | text | number | "true" | "false" | "null"`,
  object: `"{" ( text ": " any ( ", " text ": " any )* )? "}"`,
  list: `"[" ( any ( ", " any )* )? "]"`,
};

/** Rules that a rule of {@link PRIMITIVES} refers to. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  any: ["object", "list", "text", "number"],
  object: ["text", "any"],
  list: ["any"],
};

function primitive(name: string, scope: Scope): string {
  const body = PRIMITIVES[name];
  if (body !== undefined && !scope.rules.has(name)) {
    scope.rules.set(name, body);
    for (const other of NEEDS[name] ?? []) primitive(other, scope);
  }
  return name;
}

function expression(schema: JsonSchema, scope: Scope): string {
  const { $ref, anyOf, oneOf, enum: choices, type, prefixItems, items, properties, additionalProperties } = schema;
  if (typeof $ref === "string") return referred($ref, scope);
  const options = anyOf ?? oneOf;
  if (Array.isArray(options)) return alternatives(options.map((option) => expression(asSchema(option), scope)));
  if (Array.isArray(choices)) return alternatives(choices.map(jsonLiteral));
  if ("const" in schema) return jsonLiteral(schema["const"]);
  switch (type) {
    case "string":
      return primitive("text", scope);
    case "integer":
    case "number":
      return primitive(type, scope);
    case "boolean":
      return '( "true" | "false" )';
    case "null":
      return '"null"';
    case "array":
      if (Array.isArray(prefixItems)) {
        return inBrackets("[", prefixItems.map((item) => expression(asSchema(item), scope)).join(' ", " '), "]");
      }
      return repeated("[", expression(asSchema(items), scope), "]");
    case "object":
      if (typeof properties === "object" && properties !== null) return objectOf(properties, scope);
      if (typeof additionalProperties !== "object") return primitive("object", scope);
      return repeated(
        "{",
        `${primitive("text", scope)} ": " ${expression(asSchema(additionalProperties), scope)}`,
        "}",
      );
    default:
      return primitive("any", scope);
  }
}

function objectOf(properties: object, scope: Scope): string {
  const members = Object.entries(properties).map(
    ([key, value]) => `${literal(`${JSON.stringify(key)}: `)} ${expression(asSchema(value), scope)}`,
  );
  return inBrackets("{", members.join(' ", " '), "}");
}

/** Types may be recursive, so what is referred to is a rule of its own. */
function referred(ref: string, scope: Scope): string {
  const [, key, id = ""] = /^#\/(\$defs|definitions)\/(.+)$/.exec(ref) ?? [];
  const name = `def-${id.replaceAll(/[^a-zA-Z0-9]/g, "-")}`;
  // The root by itself has what leads up to the value in it.
  if (ref === "#") return named("whole", scope.root, scope);
  if (key === undefined) return primitive("any", scope);
  return named(name, asSchema(asSchema(scope.root[key])[id]), scope);
}

function named(name: string, schema: JsonSchema, scope: Scope): string {
  if (!scope.rules.has(name)) {
    // Known before it is written, for types that hold themselves.
    scope.rules.set(name, "");
    scope.rules.set(name, expression(schema, scope));
  }
  return name;
}

function asSchema(value: unknown): JsonSchema {
  // A schema is an object, or `true` for anything; what else stands in its place says nothing.
  return typeof value === "object" && value !== null ? (value as JsonSchema) : {};
}

function alternatives(options: readonly string[]): string {
  return `( ${options.join(" | ")} )`;
}

function repeated(open: string, item: string, close: string): string {
  return inBrackets(open, `( ${item} ( ", " ${item} )* )?`, close);
}

function inBrackets(open: string, inner: string, close: string): string {
  return [literal(open), inner, literal(close)].filter((part) => part !== "").join(" ");
}

function jsonLiteral(value: unknown): string {
  return literal(JSON.stringify(value));
}

/** A text as GBNF writes it: JSON's escapes are its own. */
export function literal(text: string): string {
  return JSON.stringify(text);
}
