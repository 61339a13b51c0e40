import { holdsKind } from "../../signatures/types/field-type.ts";
import type { FieldType } from "../../signatures/types/field-type.ts";
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
  const args = "properties" in parameters ? parameters.properties : {};
  return `${name}${described.replaceAll("\n", "  ")} It takes arguments ${dataRepr(args)}.`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !(value instanceof Map);
}
