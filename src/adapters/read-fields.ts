import type { Field } from "../signatures/field.ts";
import { missingValue, readValue } from "./read-value.ts";
import type { ReadAnswer } from "./layout.ts";

/**
 * The outputs out of their texts, in the signature's order. One that is missing takes its default, else null if its type
 * allows it.
 * @param missing says what the answer lacks when an output is not there
 */
export function readFields(
  fields: readonly Field[],
  texts: ReadonlyMap<string, string>,
  missing: (field: Field) => string,
): ReadAnswer {
  // No field may be called `__proto__` or the like.
  const values: Record<string, unknown> = {};
  const mended: string[] = [];
  for (const field of fields) {
    const text = texts.get(field.name);
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
