import type { z } from "zod";
import type { FieldType } from "./field-type.ts";

export type FieldRole = "input" | "output";

/** DSPy's constraint words, in the order in which they were given. Shown in prompts and, unlike DSPy, checked. */
export interface FieldConstraints {
  readonly gt?: number;
  readonly ge?: number;
  readonly lt?: number;
  readonly le?: number;
  readonly min_length?: number;
  readonly max_length?: number;
  readonly multiple_of?: number;
}

export interface Field {
  readonly name: string;
  readonly role: FieldRole;
  readonly type: FieldType;
  /** Left out: none was given (DSPy prints nothing then). */
  readonly desc?: string;
  readonly constraints?: FieldConstraints;
  /** Taken when an input is left out, or when an output is missing from an answer. */
  readonly default?: unknown;
  /** Checks a value of this field, constraints included. */
  readonly schema: z.ZodType;
}
