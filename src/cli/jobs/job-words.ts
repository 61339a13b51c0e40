import type { JobSeen } from "../../teleprompters/job/look-at-job.ts";

/** How a job stands, as far as its folder tells: the first word says it, the rest is for people. Pure. */
export function standOf({ holder, want, outcome }: Pick<JobSeen, "holder" | "want" | "outcome">): string {
  if (holder !== undefined) {
    const by = `process ${holder.pid}${holder.lives === "surely" ? "" : ` on ${holder.host}`}`;
    if (holder.lives === "unknown") return `running or killed: ${by}`;
    return `${want === "pause" ? "paused" : want === "cancel" ? "being cancelled" : "running"}: ${by}`;
  }
  if (outcome?.state === "done") return outcome.partial === "budget" ? "done: the budget was spent" : "done";
  if (want === "cancel" || outcome?.state === "cancelled") return "cancelled";
  if (outcome?.state === "failed") return "failed";
  return want === "pause" ? "stopped, and to stand still" : "stopped";
}

/** The best full score so far. */
export function bestOf({ steps }: Pick<JobSeen, "steps">): number | undefined {
  return steps.at(-1)?.best;
}

/** A step as `jobs follow` tells it. */
export function stepLine({ trial, name, score, best, full, lmCalls }: JobSeen["steps"][number]): string {
  const part = full ? "" : " on a part";
  const so = best === undefined ? "" : `, best ${best.toFixed(2)}`;
  return `${String(trial).padStart(4)}  ${score.toFixed(2).padStart(6)}${part}${so}, ${lmCalls} LM calls  ${name}`;
}
