import { type CallSite, tellCaller } from "../foundation/call-site.ts";
import { asError, DspexError, UsageError } from "../foundation/errors.ts";
import type { LmError } from "../lm/failure.ts";
import type { Prediction } from "./prediction.ts";

/**
 * Why a run gave no prediction, apart from what its LM calls failed with (`LmError`).
 *
 * - `misuse`: the inputs do not fit the signature, or the program is wrong; `cause` is the UsageError.
 * - `run_crashed`: the program's own code threw what is no `DspexError` (`cause`), or the run's process was killed.
 * - `program_down`: the program's actor, or the whole system, is not there (any more). Retryable: it may be coming back.
 */
export type RunErrorCode = "misuse" | "run_crashed" | "program_down";

/** The failure of a run that is no LM call's: see {@link RunErrorCode}. */
export class RunError extends DspexError<RunErrorCode> {
  override readonly name: string = "RunError";
}

/**
 * What every caller of a program gets, exactly once. A failure is an LM call's, the run's, or a `DspexError` of the
 * program's own, which comes as it was thrown.
 */
export type Outcome<Outputs extends object = object> =
  | { readonly ok: true; readonly value: Prediction<Outputs> }
  | { readonly ok: false; readonly error: LmError | RunError | DspexError };

export function failed(error: DspexError): Outcome<never> {
  return { ok: false, error };
}

export function misuse(error: UsageError): RunError {
  return new RunError(error.message, { code: "misuse", retryable: false, cause: error });
}

/** The same outcome; a failure's stack says from where the program was called, where that is known. */
export function calledFrom<Outputs extends object>(
  outcome: Outcome<Outputs>,
  site: CallSite | undefined,
): Outcome<Outputs> {
  if (outcome.ok || site === undefined) return outcome;
  const { error } = outcome;
  tellCaller(error, site);
  if (isMisuse(error)) tellCaller(error.cause, site);
  return outcome;
}

/** What comes of it as a value: a mistake and a crash are failures of their own. Rejects for nothing. */
export async function settled<Outputs extends object>(
  work: () => Promise<Prediction<Outputs>>,
): Promise<Outcome<Outputs>> {
  try {
    return { ok: true, value: await work() };
  } catch (thrown) {
    if (thrown instanceof UsageError) return failed(misuse(thrown));
    if (thrown instanceof DspexError) return failed(thrown);
    const cause = asError(thrown);
    const message = `the run crashed: ${cause.message}`;
    return failed(new RunError(message, { code: "run_crashed", retryable: false, cause }));
  }
}

/** The prediction, or the error thrown: misuse as the UsageError that it is. */
export function unwrap<Outputs extends object>(outcome: Outcome<Outputs>): Prediction<Outputs> {
  if (outcome.ok) return outcome.value;
  const { error } = outcome;
  throw isMisuse(error) ? error.cause : error;
}

function isMisuse(error: DspexError): error is RunError & { readonly cause: UsageError } {
  return error instanceof RunError && error.code === "misuse" && error.cause instanceof UsageError;
}
