import type { LmToolCall } from "../../lm/message.ts";
import type { ToolCall } from "../../signatures/values/tool.ts";
import { fits, misfit } from "../values/fit-scalar.ts";
import type { Fit } from "../values/fit-scalar.ts";
import { repairJson } from "./json-repair.ts";

/**
 * Calls of tools in the shapes in which models write them, as DSPy takes them: `{ tool_calls: [...] }`, a list, or one
 * call; a call is `{ name, args }`, with `arguments` for `args` or a `function` around it as providers have it.
 *
 * Departs from DSPy where arguments are no object, which it drops without a word.
 */
export function fitToolCalls(raw: unknown): Fit {
  const items = itemsOf(raw);
  if (items === undefined) return misfit('a JSON object {"tool_calls": [{"name": …, "args": {…}}]}', raw);
  const calls: ToolCall[] = [];
  for (const [index, item] of items.entries()) {
    const call = fitCall(item);
    if (typeof call === "string") return { ok: false, problem: `call ${index + 1}: ${call}` };
    calls.push(call);
  }
  return fits(calls);
}

function itemsOf(raw: unknown): readonly unknown[] | undefined {
  if (Array.isArray(raw)) return raw.every(isCall) ? raw : undefined;
  if (!isObject(raw)) return undefined;
  if (Array.isArray(raw["tool_calls"])) return raw["tool_calls"];
  return isCall(raw) ? [raw] : undefined;
}

/** Whether data looks like calls, among other JSON in a text. */
export function looksLikeCalls(value: object): boolean {
  return itemsOf(value) !== undefined;
}

function isCall(item: unknown): boolean {
  return isObject(item) && (("name" in item && ("args" in item || "arguments" in item)) || "function" in item);
}

/** The call, or what is wrong with it. */
function fitCall(item: unknown): ToolCall | string {
  if (!isObject(item)) return "expected an object with name and args";
  const inner = isObject(item["function"]) ? item["function"] : item;
  const name = inner["name"] ?? item["name"];
  if (typeof name !== "string" || name === "") return "it has no name";
  const given = inner["args"] ?? inner["arguments"] ?? {};
  const args = typeof given === "string" ? readArguments(given)?.args : given;
  if (!isObject(args)) return `${name}: expected its args as a JSON object`;
  const id = item["id"] ?? item["call_id"];
  return { ...(typeof id === "string" && { id }), name, args };
}

/** A call that a model asked for natively. */
export type ReadCall =
  | { readonly ok: true; readonly call: ToolCall; readonly mended: readonly string[] }
  | { readonly ok: false; readonly problem: string };

export function readNativeCall({ id, name, arguments: text }: LmToolCall): ReadCall {
  const read = readArguments(text);
  if (read === undefined) return { ok: false, problem: `${name}: its arguments are no JSON object` };
  return {
    ok: true,
    call: { ...(id !== "" && { id }), name, args: read.args },
    mended: read.mended.map((what) => `${name}: ${what}`),
  };
}

interface ReadArguments {
  readonly args: Readonly<Record<string, unknown>>;
  readonly mended: readonly string[];
}

/** No text at all stands for no arguments. */
function readArguments(text: string): ReadArguments | undefined {
  if (text.trim() === "") return { args: {}, mended: [] };
  const repaired = repairJson(text, "object");
  return repaired !== undefined && isObject(repaired.value)
    ? { args: repaired.value, mended: repaired.mended }
    : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
