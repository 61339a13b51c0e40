import type { FieldValues } from "../adapters/adapter.ts";
import { asError } from "../foundation/errors.ts";
import type { LmUsage } from "../lm/language-model.ts";
import type { LmMessage } from "../lm/message.ts";
import type { CallContext } from "./call-context.ts";
import { prediction } from "./prediction.ts";
import type { Prediction } from "./program.ts";

/** One predictor's call within a run: what optimizers learn from. */
export type TraceStep = TracedAnswer | TracedFailure;

interface TracedCall {
  /** The predictor's path in the program, as in `program.predictors()`; `self` for a predictor that was run by itself. */
  readonly path: string;
  /** As the prompt showed them: checked, defaults filled in, without optional ones that were left out. */
  readonly inputs: FieldValues;
}

export interface TracedAnswer extends TracedCall {
  readonly kind: "answer";
  /** The conversation as it was last sent, and the answer. */
  readonly messages: readonly LmMessage[];
  readonly prediction: Prediction<object>;
  /** Of all requests of this call. */
  readonly usage: LmUsage;
}

export interface TracedFailure extends TracedCall {
  readonly kind: "failure";
  /** An `LmError` as a rule; of answers that could not be read it holds the text in `details.raw`. */
  readonly error: Error;
}

/** The path of a predictor that this context was given to. */
export function pathOf(context: CallContext): string {
  return context.path ?? "self";
}

/** Does a predictor's work, and tells whoever traces the run how it ended. */
export async function traced<Outputs extends object>(
  context: CallContext,
  inputs: FieldValues,
  work: () => Promise<Prediction<Outputs>>,
): Promise<Prediction<Outputs>> {
  const { trace } = context;
  if (trace === undefined) return work();
  const path = pathOf(context);
  try {
    const made = await work();
    const { messages, usage } = made.$meta;
    trace(Object.freeze({ kind: "answer", path, inputs, messages, prediction: made, usage }));
    return made;
  } catch (thrown) {
    trace(Object.freeze({ kind: "failure", path, inputs, error: asError(thrown) }));
    throw thrown;
  }
}

/** The prediction of a run that was traced, with its steps in `$meta.trace`. */
export function withTrace<Outputs extends object>(
  made: Prediction<Outputs>,
  steps: readonly TraceStep[],
): Prediction<Outputs> {
  return prediction<Outputs>(made, { ...made.$meta, trace: Object.freeze([...steps]) });
}
