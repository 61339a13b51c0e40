import type { LmCompletion } from "../../lm/language-model.ts";
import type { Field } from "../../signatures/field/field.ts";
import type { Tool } from "../../signatures/values/tool.ts";
import type { FieldValues } from "../adapter.ts";
import { readCalls } from "../prompt/native-tools.ts";
import { CUT_OFF } from "./read-fields.ts";
import type { ReadOutputs } from "./read-fields.ts";
import { missingValue } from "../values/read-value.ts";

export interface NativeReading {
  /** Of the signature, in its order. */
  readonly outputs: readonly Field[];
  /** Those that the text of an answer holds: all but `calls`. */
  readonly rest: readonly Field[];
  readonly calls: Field;
  readonly tools: readonly Tool[];
  /** Reads the text of an answer. */
  read(text: string): ReadOutputs;
}

/**
 * An answer of calls, of text in the layout, or of both. No calls are an empty list. A model that calls tools often says
 * nothing beside, or nothing in the layout: then its other outputs are what they are when they are missing, and a text
 * is empty. (DSPy gives null for either, whatever the type is.)
 */
export function readNativeAnswer(completion: LmCompletion, reading: NativeReading): ReadOutputs {
  const { outputs, calls, tools } = reading;
  const { text, toolCalls = [], finishReason } = completion;
  if (toolCalls.length === 0 && text.trim() === "")
    return { ok: false, problem: "the answer is empty: it neither calls a tool nor says anything" };
  // Calls come one after the other, and behind the text.
  if (finishReason === "length" && toolCalls.length > 0 && !isJson(toolCalls.at(-1)?.arguments ?? "")) return CUT_OFF;
  const called = readCalls(toolCalls, tools);
  if (!called.ok) return { ok: false, problem: `${calls.name}: ${called.problem}`, field: calls.name };
  const said = readText(text, toolCalls.length > 0, reading);
  if (!said.ok) return said;
  const values: FieldValues = { ...said.fields, [calls.name]: called.calls };
  return {
    ok: true,
    fields: Object.fromEntries(outputs.map(({ name }) => [name, values[name]])),
    mended: [...said.mended, ...called.mended.map((what) => `${calls.name}: ${what}`)],
  };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function readText(text: string, hasCalls: boolean, { rest, read }: NativeReading): ReadOutputs {
  if (rest.length === 0) return { ok: true, fields: {}, mended: [] };
  const answer = text.trim() === "" ? undefined : read(text);
  if (answer?.ok === true) return answer;
  if (answer !== undefined && !hasCalls) return answer;
  const values: [string, unknown][] = [];
  for (const field of rest) {
    const absent = missingValue(field);
    if (!absent.ok && field.type.kind !== "str")
      return { ok: false, problem: `${field.name}: the answer calls tools and says nothing of it`, field: field.name };
    values.push([field.name, absent.ok ? absent.value : ""]);
  }
  return { ok: true, fields: Object.fromEntries(values), mended: [] };
}
