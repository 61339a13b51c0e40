import type { z } from "zod";
import type { Field } from "./field.ts";

/** What a task takes and gives: a frozen value; edits give new ones. */
export interface Signature<Inputs extends object = object, Outputs extends object = object> {
  readonly kind: "signature";
  readonly name: string;
  readonly instructions: string;
  /** Inputs first, each side in its order. */
  readonly fields: readonly Field[];
  readonly inputFields: readonly Field[];
  readonly outputFields: readonly Field[];
  readonly inputSchema: z.ZodType<Inputs>;
  readonly outputSchema: z.ZodType<Outputs>;
}

export type AnySignature = Signature<object, object>;
export type InputsOf<S> = S extends Signature<infer Inputs, object> ? Inputs : never;
export type OutputsOf<S> = S extends Signature<object, infer Outputs> ? Outputs : never;
