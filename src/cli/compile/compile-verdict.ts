import type { JobReportData } from "../../index.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";

/** What a job means for whoever waits for the exit code. */
export interface JobVerdict {
  readonly code: ExitCode;
  /** What there is to know besides, in one line, for standard error. Undefined: nothing. */
  readonly said: string | undefined;
}

export interface JobEnd {
  /** Why there is no result. */
  readonly failure: string | undefined;
  /** Whether the user has ended it. */
  readonly interrupted: boolean;
  /** As it was typed. */
  readonly folder: string;
}

/** Pure. */
export function verdictOfJob(
  { candidates, best, partial }: Pick<JobReportData, "candidates" | "best" | "partial">,
  { failure, interrupted, folder }: JobEnd,
): JobVerdict {
  const onward = `what is on record stays in ${folder}`;
  if (failure !== undefined && interrupted)
    return { code: EXIT.interrupted, said: `interrupted: ${onward}, and the same command goes on from there` };
  if (failure !== undefined)
    return { code: EXIT.failed, said: `error: ${failure.replaceAll(/\s*\n\s*/g, " ")}; ${onward}` };
  if (candidates.length > 0 && candidates.every(({ scores }) => scores.every((score) => score === undefined)))
    return { code: EXIT.failed, said: "error: every trial has failed: no candidate is better than another" };
  if (partial !== "budget") return { code: EXIT.ok, said: undefined };
  if (best === undefined)
    return { code: EXIT.failed, said: "error: the budget was spent before any candidate was scored in full" };
  return {
    code: EXIT.ok,
    said: `the budget is spent: the best so far is the result; with a larger one the same command goes on`,
  };
}
