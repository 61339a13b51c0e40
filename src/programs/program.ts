import type { Prediction } from "./prediction.ts";
import type { Adapter } from "../adapters/adapter.ts";
import type { LmSampling } from "../lm/sampling.ts";
import type { Demo } from "../signatures/example.ts";
import type { Signature } from "../signatures/signature-value.ts";
import type { CallContext } from "./call-context.ts";

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
