import type { Field } from "../../signatures/field/field.ts";
import type { FieldValues } from "../adapter.ts";
import { missingValue, readValue } from "../values/read-value.ts";

/** What was read of an answer: every output that it should hold, or the first problem. */
export type ReadOutputs =
  | { readonly ok: true; readonly fields: FieldValues; readonly mended: readonly string[] }
  | UnreadOutputs;

export interface UnreadOutputs {
  readonly ok: false;
  readonly problem: string;
  readonly field?: string;
}

/** The token limit took a part of a value. */
export const CUT_OFF: UnreadOutputs = Object.freeze({ ok: false, problem: "the answer ends in the middle of a value" });

/** Nothing but reasoning came. */
export const WITHIN_REASONING: UnreadOutputs = Object.freeze({
  ok: false,
  problem: "the answer ends within its reasoning, and holds nothing else",
});

/**
 * The outputs out of their texts, which stand at the same places as the fields. One that is missing takes its default,
 * else null if its type allows it.
 * @param missing says what the answer lacks when an output is not there
 */
export function readFields(
  fields: readonly Field[],
  texts: readonly (string | undefined)[],
  missing: (field: Field) => string,
): ReadOutputs {
  // No field may be called `__proto__` or the like.
  const values: Record<string, unknown> = {};
  const mended: string[] = [];
  let place = 0;
  for (const field of fields) {
    const text = texts[place];
    place += 1;
    if (text === undefined) {
      const fallback = missingValue(field);
      if (!fallback.ok) return { ok: false, problem: missing(field), field: field.name };
      values[field.name] = fallback.value;
      continue;
    }
    const read = readValue(field.type, text);
    if (!read.ok) return { ok: false, problem: `${field.name}: ${read.problem}`, field: field.name };
    values[field.name] = read.value;
    for (const what of read.mended) mended.push(`${field.name}: ${what}`);
  }
  return { ok: true, fields: values, mended };
}
