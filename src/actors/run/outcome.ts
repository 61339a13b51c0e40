import { asError, copied, stackless, UsageError } from "../../foundation/errors.ts";
import { cancelledError, LmError, withDetails } from "../../lm/failure.ts";
import type { Spent } from "../../lm/budget.ts";
import type { Ledger } from "../../lm/ledger/ledger.ts";
import type { RunTerms } from "../../programs/run-terms.ts";
import { failed, misuse, type Outcome, RunError } from "../../programs/outcome.ts";
import { errorIn, ExitError, type ExitReason, formatReason, isClean } from "../../runtime/exit-reason.ts";

/** Why a system that is draining takes no more calls. */
export const STOPPING: ExitReason = "the system was stopped";

/** An outcome as its run's caller gets it: failures say which run it was, and those of an LM call what had been spent by then. */
export function outcomeOfRun<Outputs extends object>(
  outcome: Outcome<Outputs>,
  { run, ledger }: RunTerms,
): Outcome<Outputs> {
  if (outcome.ok) return outcome;
  const { error } = outcome;
  if (error instanceof LmError) {
    // Its requests were still under way: how many there were, and what those before had cost.
    const spending = !("attempts" in error.details) && spendingIn(ledger);
    const told = withDetails(error, { run, ...spending });
    return told === error ? outcome : failed(told);
  }
  return error instanceof RunError ? failed(inRun(error, run)) : outcome;
}

/** The outcome of a run whose caller is gone, with all that is to be said of it: to make another error of one costs as much. */
export function cancelledRun({ run, ledger }: RunTerms, reason: unknown): Outcome<never> {
  return failed(cancelledError(reason, undefined, { run, ...spendingIn(ledger) }));
}

function spendingIn(ledger: Ledger): { readonly attempts: number; readonly spent: Spent } {
  return { attempts: ledger.sent, spent: ledger.spent() };
}

function inRun(error: RunError, run: string): RunError {
  const { message, code, retryable, details, cause } = error;
  return copied(error, () => new RunError(message, { code, retryable, details: { ...details, run }, cause }));
}

/** What the caller of a run gets when the run's process ended before it had an outcome. */
export function outcomeOfExit(reason: ExitReason, terms: RunTerms): Outcome<never> {
  if (!isClean(reason)) return outcomeOfRun(failed(crashed(errorIn(reason), formatReason(reason))), terms);
  return cancelledRun(
    terms,
    stackless(() => new Error("the system is stopping")),
  );
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
