import { asError, DspexError, stackless, UsageError } from "../foundation/errors.ts";
import { cancelledError, LmError } from "../lm/failure.ts";
import type { Prediction } from "../programs/program.ts";
import { errorIn, ExitError, type ExitReason, formatReason, isClean } from "../runtime/exit-reason.ts";

/**
 * Why a run gave no prediction, apart from what its LM calls failed with (`LmError`).
 *
 * - `misuse`: the inputs do not fit the signature, or the program is wrong; `cause` is the UsageError.
 * - `run_crashed`: the program's own code threw (`cause`), or the run's process was killed.
 * - `program_down`: the program's actor, or the whole system, is not there (any more). Retryable: it may be coming back.
 */
export type RunErrorCode = "misuse" | "run_crashed" | "program_down";

/** The failure of a run that is no LM call's: see {@link RunErrorCode}. */
export class RunError extends DspexError<RunErrorCode> {
  override readonly name: string = "RunError";
}

/** What every caller of a program gets, exactly once. */
export type Outcome<Outputs extends object = object> =
  | { readonly ok: true; readonly value: Prediction<Outputs> }
  | { readonly ok: false; readonly error: LmError | RunError };

/** Why a system that is draining takes no more calls. */
export const STOPPING: ExitReason = "the system was stopped";

export function failed(error: LmError | RunError): Outcome<never> {
  return { ok: false, error };
}

export function misuse(error: UsageError): RunError {
  return new RunError(error.message, { code: "misuse", retryable: false, cause: error });
}

/** What the caller of a run gets when the run's process ended before it had an outcome. */
export function outcomeOfExit(reason: ExitReason): Outcome<never> {
  if (isClean(reason)) return failed(cancelledError(stackless(() => new Error("the system is stopping"))));
  return failed(crashed(errorIn(reason), formatReason(reason)));
}

function crashed(cause: Error | undefined, why: string): RunError {
  const message = `the run crashed: ${why}`;
  return stackless(() => new RunError(message, { code: "run_crashed", retryable: false, cause }));
}

export function programDown(what: string, reason: ExitReason): RunError {
  const message = `${what} is not running: ${formatReason(reason)}`;
  return stackless(() => new RunError(message, { code: "program_down", retryable: true }));
}

/** Asking a program's actor failed before any run could tell an outcome. */
export function unanswered(what: string, thrown: unknown): LmError | RunError {
  if (thrown instanceof UsageError) return misuse(thrown);
  if (!(thrown instanceof ExitError)) return crashed(asError(thrown), asError(thrown).message);
  switch (thrown.reason) {
    case "cancelled":
      return cancelledError(thrown);
    case "timeout":
      return new LmError(`${what} gave no outcome in time`, { code: "timeout", details: { phase: "total" } });
    case "busy":
      return busy(what);
    default:
      return programDown(what, thrown.reason);
  }
}

export function busy(what: string): LmError {
  return new LmError(`${what} is busy: its waiting line is full`, { code: "busy" });
}

/** The prediction, or the error thrown: misuse as the UsageError that it is. */
export function unwrap<Outputs extends object>(outcome: Outcome<Outputs>): Prediction<Outputs> {
  if (outcome.ok) return outcome.value;
  const { error } = outcome;
  throw error.code === "misuse" && error.cause instanceof UsageError ? error.cause : error;
}
