import type { LmMessage, LmUsage } from "../lm/language-model.ts";
import type { CallContext } from "./call-context.ts";

/** A frozen value that turns inputs into a prediction. Programs are edited by copying and composed like functions. */
export interface Program<Inputs extends object = object, Outputs extends object = object> {
  readonly kind: "program";
  readonly name: string;
  /** @throws LmError, UsageError for invalid inputs, or whatever a user's own code throws. */
  forward(inputs: Inputs, context: CallContext): Promise<Prediction<Outputs>>;
}

/** The outputs, read straight off it. What is about the call is in `$meta`, which is not enumerable. */
export type Prediction<Outputs extends object> = Readonly<Outputs> & { readonly $meta: PredictionMeta };

export interface PredictionMeta {
  /** Summed over all requests of the call, those whose answer could not be read included. */
  readonly usage: LmUsage;
  /** The conversation as it was last sent, and the answer. */
  readonly messages: readonly LmMessage[];
  /** Requests made, the failed ones included. */
  readonly attempts: number;
  /** How often the model was asked again because its answer could not be read. */
  readonly repairs: number;
  /** What had to be mended in the answer's text to read it. */
  readonly mended: readonly string[];
  /** The name of the client that answered. */
  readonly client: string;
  /** The model that answered, as it names itself. */
  readonly model: string;
  readonly adapter: string;
  /** Wall time of the call in milliseconds. */
  readonly ms: number;
}
