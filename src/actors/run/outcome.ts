import { asError, stackless, UsageError } from "../../foundation/errors.ts";
import { cancelledError, LmError } from "../../lm/failure.ts";
import { failed, misuse, type Outcome, RunError } from "../../programs/outcome.ts";
import { errorIn, ExitError, type ExitReason, formatReason, isClean } from "../../runtime/exit-reason.ts";

/** Why a system that is draining takes no more calls. */
export const STOPPING: ExitReason = "the system was stopped";

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
