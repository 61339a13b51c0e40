import type { Adapter } from "../adapters/adapter.ts";
import type { LmSampling, LmTokenLogprob, LmUsage } from "../lm/language-model.ts";
import type { LmMessage } from "../lm/message.ts";
import type { Demo } from "../signatures/example.ts";
import type { Signature } from "../signatures/signature-value.ts";
import type { CallContext } from "./call-context.ts";
import type { TraceStep } from "./trace.ts";

/** A frozen value that turns inputs into a prediction. Programs are edited by copying and composed like functions. */
export interface Program<Inputs extends object = object, Outputs extends object = object> {
  readonly kind: "program";
  readonly name: string;
  /** @throws LmError, UsageError for invalid inputs, or whatever a user's own code throws. */
  forward(inputs: Inputs, context: CallContext): Promise<Prediction<Outputs>>;
  /**
   * The predictors in it by path, in order: `self` for a predictor itself, `predict` in a chain of thought,
   * `generate.predict` for a part of a composed program (DSPy's `named_predictors`). What optimizers edit, and what is saved.
   */
  predictors(): Readonly<Record<string, AnyPredictor>>;
  /**
   * A copy with other predictors in these places.
   * @throws UsageError for a path that is not in {@link Program.predictors}
   */
  withPredictors(replacements: Readonly<Record<string, AnyPredictor>>): Program<Inputs, Outputs>;
}

/** The program that one signature makes: a single question to a model. */
export interface Predictor<Inputs extends object = object, Outputs extends object = object> extends Program<
  Inputs,
  Outputs
> {
  readonly signature: Signature<Inputs, Outputs>;
  readonly demos: readonly Demo[];
  /** Sampling options, laid over the adapter's own. */
  readonly config: LmSampling;
  /** The name of its client. Left out: the only LM client there is. */
  readonly client?: string;
  /** Left out: the client's, else what fits the client's model. */
  readonly adapter?: Adapter;
  readonly onUnparsable: OnUnparsable;
  withPredictors(replacements: Readonly<Record<string, AnyPredictor>>): Predictor<Inputs, Outputs>;
  /**
   * An edited copy; what is left out stays. `config` is laid over the one that is there.
   * @throws UsageError as {@link predict} does
   */
  with(edits: PredictorEdits): Predictor<Inputs, Outputs>;
  /** The same for another signature: demos and settings stay. */
  with<I extends object, O extends object>(
    edits: PredictorEdits & { readonly signature: Signature<I, O> },
  ): Predictor<I, O>;
}

/** A predictor whose fields are not known to the compiler. */
export type AnyPredictor = Predictor;

/**
 * What is done when an answer cannot be read: `"ask_again"` asks twice more (or as often as the retry policy's `maxRepairs`
 * says) in the same conversation, with the problem said; `"json"` asks anew through the JSON adapter, as DSPy does; `"fail"` does nothing.
 */
export type OnUnparsable = "ask_again" | "json" | "fail";

export interface PredictorEdits {
  readonly instructions?: string | undefined;
  readonly demos?: readonly Demo[] | undefined;
  readonly client?: string | undefined;
  readonly adapter?: Adapter | undefined;
  readonly config?: LmSampling | undefined;
  readonly name?: string | undefined;
  readonly onUnparsable?: OnUnparsable | undefined;
}

/** The outputs, read straight off it. What is about the call is in `$meta`, which is not enumerable. */
export type Prediction<Outputs extends object> = Readonly<Outputs> & { readonly $meta: PredictionMeta };

export interface PredictionMeta {
  /** Summed over all requests of the call, those whose answer could not be read included. */
  readonly usage: LmUsage;
  /** The conversation as it was last sent, and the answer. */
  readonly messages: readonly LmMessage[];
  /** US dollars for `usage`, by the price table. Left out: something was used whose price is not known. */
  readonly usd?: number;
  /** Requests made to models, the failed ones included. An answer of the cache takes none. (Of `retrieve`: its searches.) */
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
  /** Of the answer's tokens, where `logprobs` was asked for and the model tells them. */
  readonly logprobs?: readonly LmTokenLogprob[];
  /** What the model says of its hidden reasoning, where it does. */
  readonly reasoning?: string;
  /** Every predictor's call in the order in which they ended; only where the run was asked for it (`trace: true`). */
  readonly trace?: readonly TraceStep[];
  /** Wall time of the call in milliseconds. */
  readonly ms: number;
}
