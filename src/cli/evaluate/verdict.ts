import type { PartialReason, ReportData } from "../../index.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";

/** What an evaluation means for whoever waits for the exit code. */
export interface Verdict {
  readonly code: ExitCode;
  /** What is wrong, in one line, for standard error. Undefined: nothing. */
  readonly said: string | undefined;
}

export interface Wanted {
  /** The lowest score that is good enough. Undefined: any. */
  readonly failUnder: number | undefined;
  /** The journal's path, as it was typed. */
  readonly journal: string | undefined;
  /** Whether the user has ended it. */
  readonly interrupted: boolean;
  /** How many trials there were to be. */
  readonly trials: number;
}

/** A part of a set says too little to pass by: what ended early has failed, whatever the score. */
const CUT_SHORT: Readonly<Record<Exclude<PartialReason, "dry_run">, string>> = {
  cancelled: "the system stopped",
  errors: "more trials failed than --max-errors allows",
  budget: "the budget is spent",
  journal: "the journal could not be written",
};

/** Pure. */
export function verdictOf(
  report: Pick<ReportData, "partial" | "score" | "trials" | "failures" | "failureCodes">,
  { failUnder, journal, interrupted, trials: all }: Wanted,
): Verdict {
  const { partial, score, trials, failures } = report;
  const soFar = `${trials} of ${all} trials are done`;
  const onward =
    journal === undefined
      ? "with --journal FILE the same command would have gone on from there"
      : `they are kept in ${journal}, and the same command asks only the rest`;
  if (partial === "dry_run") return { code: EXIT.ok, said: undefined };
  if (partial === "cancelled" && interrupted)
    return { code: EXIT.interrupted, said: `interrupted: ${soFar}; ${onward}` };
  if (partial !== undefined) return { code: EXIT.failed, said: `error: ${CUT_SHORT[partial]}: ${soFar}; ${onward}` };
  if (trials > 0 && failures.length === trials)
    return { code: EXIT.failed, said: `error: every trial has failed (${codesIn(report)})` };
  if (failUnder !== undefined && score < failUnder)
    return { code: EXIT.failed, said: `error: the score ${score.toFixed(2)} is below ${failUnder}` };
  return { code: EXIT.ok, said: undefined };
}

function codesIn({ failureCodes }: Pick<ReportData, "failureCodes">): string {
  return Object.entries(failureCodes)
    .map(([code, count]) => `${code} ${count}`)
    .join(", ");
}
