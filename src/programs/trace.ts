import type { TraceStep } from "./prediction.ts";
import type { FieldValues } from "../adapters/adapter.ts";
import { asError } from "../foundation/errors.ts";
import type { CallContext } from "./call-context.ts";
import { prediction } from "./prediction.ts";
import type { Prediction } from "./prediction.ts";

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
