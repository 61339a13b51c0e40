import type { JsonSchema } from "../../signatures/types/schema-walk.ts";
import { jsonText } from "../values/format-value.ts";

/** What a value of the schema looks like, for a model that would rather imitate than read a schema. */
export function jsonSample(schema: JsonSchema): string {
  return jsonText(sample(schema, schema, 0));
}

/** Recursive types end here. */
const DEEPEST = 4;

function sample(schema: unknown, root: JsonSchema, depth: number): unknown {
  if (!isSchema(schema) || depth > DEEPEST) return "...";
  const { $ref, anyOf, oneOf, enum: choices, type, prefixItems, items, properties, additionalProperties } = schema;
  const inside = (inner: unknown): unknown => sample(inner, root, depth + 1);
  if (typeof $ref === "string") return inside(referred($ref, root));
  const options = anyOf ?? oneOf;
  if (Array.isArray(options)) return inside(options[0]);
  if (Array.isArray(choices))
    return choices.every((choice) => typeof choice === "string") ? choices.join(" or ") : choices[0];
  if ("const" in schema) return schema["const"];
  switch (type) {
    case "integer":
      return 0;
    case "number":
      return 0.5;
    case "boolean":
      return true;
    case "null":
      return null;
    case "array":
      return Array.isArray(prefixItems) ? prefixItems.map(inside) : [inside(items)];
    case "object":
      if (isSchema(properties)) {
        return new Map(Object.entries(properties).map(([name, inner]) => [name, inside(inner)]));
      }
      return { key: inside(additionalProperties) };
    default:
      return "...";
  }
}

function referred(ref: string, root: JsonSchema): unknown {
  const [, id] = /^#\/\$defs\/(.+)$/.exec(ref) ?? [];
  if (id === undefined) return root;
  const defs = root["$defs"];
  return isSchema(defs) ? defs[id] : undefined;
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
