import { holdsKind } from "../../signatures/types/field-type.ts";
import type { FieldType } from "../../signatures/types/field-type.ts";
import type { JsonSchema } from "../../signatures/types/schema-walk.ts";
import { isSchema, mapInner, referredName } from "../../signatures/types/schema-walk.ts";
import { readDate, readDateTime } from "../../signatures/values/iso-date.ts";
import { isTool } from "../../signatures/values/tool.ts";
import type { Tool } from "../../signatures/values/tool.ts";
import { fitValue } from "../values/fit-value.ts";
import { dataRepr } from "../values/python-text.ts";

/** The types whose values prompts show as something else than they are. */
const SHOWN: readonly FieldType["kind"][] = ["date", "datetime", "tool", "tool_calls"];

/**
 * A value as the data that a prompt shows: tools as DSPy's sentences about them, calls under `tool_calls`, `Date`s as ISO
 * text. Everything else as it is, text that says a moment in its own way too.
 */
export function promptData(type: FieldType, value: unknown): unknown {
  return holdsKind(type, SHOWN) ? shown(type, value) : value;
}

function shown(type: FieldType, value: unknown): unknown {
  switch (type.kind) {
    case "date":
      return value instanceof Date ? (readDate(value) ?? value) : value;
    case "datetime":
      return value instanceof Date ? (readDateTime(value) ?? value) : value;
    case "tool":
      return isTool(value) ? toolText(value) : value;
    case "tool_calls":
      return shownCalls(value);
    case "list":
      return Array.isArray(value) ? value.map((item) => shown(type.items, item)) : value;
    case "tuple":
      return Array.isArray(value)
        ? value.map((item, index) => shown((type.rest ? type.items[0] : type.items[index]) ?? ANY, item))
        : value;
    case "dict":
      return isObject(value)
        ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shown(type.values, item)]))
        : value;
    case "union":
      return shown(type.members.find((member) => fitValue(member, value, true).ok) ?? ANY, value);
    default:
      return value;
  }
}

const ANY: FieldType = { kind: "any" };

function shownCalls(value: unknown): unknown {
  const fit = fitValue({ kind: "tool_calls" }, value);
  if (!fit.ok || !Array.isArray(fit.value)) return value;
  return { tool_calls: fit.value.map(({ name, args }: { name: unknown; args: unknown }) => ({ name, args })) };
}

/** DSPy's sentence about a tool, its arguments as Python prints them. */
function toolText({ name, description, parameters }: Tool): string {
  const described = description === "" ? "." : `, whose description is <desc>${description}</desc>.`;
  const { properties = {}, $defs = {} } = parameters as Readonly<Partial<Record<"properties" | "$defs", JsonSchema>>>;
  const args = Object.entries(properties).map(([key, schema]) => [key, inPlace(schema, $defs)]);
  return `${name}${described.replaceAll("\n", "  ")} It takes arguments ${dataRepr(Object.fromEntries(args))}.`;
}

/** A schema with what it refers to in its place, as DSPy has it; a type that stands in itself is named by its kind there. */
function inPlace(schema: unknown, defs: JsonSchema, around: readonly string[] = []): unknown {
  if (!isSchema(schema)) return schema;
  const name = referredName(schema);
  if (name === undefined) return mapInner(schema, (inner) => inPlace(inner, defs, around) as JsonSchema);
  const { $ref: _, ...about } = schema;
  const definition = Object.hasOwn(defs, name) ? defs[name] : undefined;
  if (!isSchema(definition)) return schema;
  if (around.includes(name)) return { ...(definition["type"] !== undefined && { type: definition["type"] }), ...about };
  return { ...(inPlace(definition, defs, [...around, name]) as JsonSchema), ...about };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !(value instanceof Map);
}
