import type { z } from "zod";
import { UsageError } from "../../foundation/errors.ts";
import { constraintProblem, type FieldConstraints } from "./field-constraints.ts";
import { nameProblem } from "./field-names.ts";
import { fieldSchema } from "./field-schema.ts";
import type { FieldType } from "../types/field-type.ts";
import { firstIssue } from "../issue-text.ts";

export type FieldRole = "input" | "output";

export interface Field {
  readonly name: string;
  readonly role: FieldRole;
  readonly type: FieldType;
  /** The type as the user's text has it: for messages. Left out: the text has none, or the field is not of a text. */
  readonly written?: string;
  /** Left out: none was given (DSPy prints nothing then). */
  readonly desc?: string;
  readonly constraints?: FieldConstraints;
  /** Taken when an input is left out, or when an output is missing from an answer. */
  readonly default?: unknown;
  /** Checks a value of this field, constraints included. */
  readonly schema: z.ZodType;
  /** The user's own zod schema, where the field was given one. */
  readonly zod?: z.ZodType;
}

/** What a field is made from. */
export interface FieldInit {
  readonly name: string;
  readonly role: FieldRole;
  readonly type: FieldType;
  readonly written?: string | undefined;
  readonly desc?: string | undefined;
  readonly constraints?: FieldConstraints | undefined;
  readonly default?: unknown;
  /** The user's own zod schema, which then checks the values instead of one made from the type. */
  readonly zod?: z.ZodType | undefined;
}

/**
 * A field, checked and frozen.
 * @throws UsageError for a name that no field may have, a constraint that does not go with the type, or a default that
 *   is no value of the type
 */
export function makeField(init: FieldInit): Field {
  const wrong = nameProblem(init.name) ?? constraintProblem(init.type, init.constraints);
  if (wrong !== undefined) throw new UsageError(init.name === "" ? wrong : `Field "${init.name}": ${wrong}`);
  const constraints = init.constraints && Object.keys(init.constraints).length > 0 ? init.constraints : undefined;
  const schema = fieldSchema(init.type, constraints, init.zod);
  // A default of zod's own is a value after its transforms, which the schema would not take: zod has typed it already.
  if (init.default !== undefined && init.zod === undefined) {
    const checked = schema.safeParse(init.default);
    if (!checked.success)
      throw new UsageError(`Field "${init.name}": the default is no value of its type: ${firstIssue(checked.error)}`);
  }
  return Object.freeze({
    name: init.name,
    role: init.role,
    type: init.type,
    ...(init.written !== undefined && { written: init.written }),
    ...(init.desc !== undefined && { desc: init.desc }),
    ...(constraints && { constraints: Object.freeze({ ...constraints }) }),
    ...(init.default !== undefined && { default: init.default }),
    schema,
    ...(init.zod && { zod: init.zod }),
  });
}
