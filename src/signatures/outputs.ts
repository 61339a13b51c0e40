import { changesValues } from "./types/changes-values.ts";
import type { Field } from "./field/field.ts";
import { violation } from "./field/field-constraints.ts";
import type { FieldType } from "./types/field-type.ts";
import { firstIssue } from "./issue-text.ts";
import { parseNow } from "./parse-now.ts";
import type { Refinement } from "./refinement.ts";

/** The outputs as they go to the caller; or the first thing that is wrong with them, and which field it is about. */
export type CheckedOutputs =
  | { readonly ok: true; readonly values: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly problem: string; readonly field?: string };

/** Adapters read values by type; that these keep what else the signature asks of them is seen to here. */
export function checkOutputs(
  fields: readonly Field[],
  refinement: Refinement | undefined,
  read: Readonly<Record<string, unknown>>,
): CheckedOutputs {
  let values = read;
  for (const field of fields) {
    const { name } = field;
    const value = read[name];
    const changes = field.zod !== undefined && changesValues(field.zod);
    if (changes && isReadByZod(field.type)) {
      // Its schema has checked what it was made from, and would not take what it has made of it.
      const violated = field.constraints && violation(value, field.constraints);
      if (violated !== undefined) return { ok: false, problem: `${name}: ${violated}`, field: name };
      // What is not there is null everywhere else, too.
      if (value === undefined) values = { ...values, [name]: null };
      continue;
    }
    const result = parseNow(field.schema, value, `output "${name}"`);
    if (!result.success) return { ok: false, problem: `${name}: ${firstIssue(result.error)}`, field: name };
    if (changes) values = { ...values, [name]: result.data ?? null };
  }
  const problem = refinement?.problem(values);
  return problem === undefined ? { ok: true, values } : { ok: false, problem };
}

function isReadByZod(type: FieldType): boolean {
  return type.kind === "union" ? type.members.some(isReadByZod) : type.kind === "zod";
}
