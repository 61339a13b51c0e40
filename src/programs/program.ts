import type { Prediction } from "./prediction.ts";
import type { Adapter } from "../adapters/adapter.ts";
import type { LmSampling } from "../lm/sampling.ts";
import type { Demo } from "../signatures/example.ts";
import type { Signature } from "../signatures/signature-value.ts";
import type { CallContext } from "./call-context.ts";

/**
 * A frozen value that turns inputs into a prediction. Programs are edited by copying and composed like functions.
 *
 * It is a tree: what it is made of are its `parts`, down to those that have none. What is to be seen, edited, saved and
 * digested of it is in `kind`, `parts` and `settings`. `program({ … })` makes one out of any code.
 */
export interface Program<Inputs extends object = object, Outputs extends object = object> {
  /** What it is: `"predict"`, `"chain_of_thought"`, `"retrieve"`; `"program"` for one that was composed. */
  readonly kind: string;
  readonly name: string;
  /** The programs that it calls, by name; none in a leaf. */
  readonly parts: ProgramParts;
  /** What is set in this one itself and not in its parts. */
  readonly settings: object;
  /** @throws LmError, UsageError for invalid inputs, or whatever a user's own code throws. */
  forward(inputs: Inputs, context: CallContext): Promise<Prediction<Outputs>>;
  /**
   * The predictors in it by path, in order: `self` for a predictor itself, `predict` in a chain of thought,
   * `generate.predict` for a part of a composed program (DSPy's `named_predictors`). What optimizers edit, and what is saved.
   */
  predictors(): Readonly<Record<string, AnyPredictor>>;
  /**
   * A copy with other predictors in these places, each with the fields of the one it replaces.
   * @throws UsageError for a path that is not in {@link Program.predictors}; for a predictor whose fields have other names,
   *   types or sides, or come in another order; and for one that changes a frozen one: path and field are named
   */
  withPredictors(replacements: Readonly<Record<string, AnyPredictor>>): Program<Inputs, Outputs>;
}

export type ProgramParts = Readonly<Record<string, Program>>;

/** Texts that a program declares as what optimizers may change, by name. */
export type ProgramParameters = Readonly<Record<string, string>>;

/** Those of a leaf. */
export type NoParts = Readonly<Record<never, never>>;

/** What is set in a predictor. */
export interface PredictorSettings<Inputs extends object = object, Outputs extends object = object> {
  readonly signature: Signature<Inputs, Outputs>;
  readonly demos: readonly Demo[];
  /** Sampling options, laid over the adapter's own. */
  readonly config: LmSampling;
  /** The name of its client. Left out: the only LM client there is. */
  readonly client?: string;
  /** Left out: the client's, else what fits the client's model. */
  readonly adapter?: Adapter;
  readonly onUnparsable: OnUnparsable;
  /** Whether `withPredictors`, by which optimizers edit, leaves it as it is. Copies by `with` and files may change it. */
  readonly frozen: boolean;
}

/** The program that one signature makes: a single question to a model. */
export interface Predictor<Inputs extends object = object, Outputs extends object = object>
  extends Program<Inputs, Outputs>, PredictorSettings<Inputs, Outputs> {
  readonly kind: "predict";
  readonly parts: NoParts;
  readonly settings: PredictorSettings<Inputs, Outputs>;
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
  readonly frozen?: boolean | undefined;
}
