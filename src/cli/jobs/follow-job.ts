import { resolve } from "node:path";
import { sleep } from "../../foundation/clock.ts";
import { UsageError } from "../../foundation/errors.ts";
import { makeWatch } from "../../foundation/lease.ts";
import { visible } from "../../evaluate/reports/visible-text.ts";
import { jobLook, type JobSeen } from "../../teleprompters/job/look-at-job.ts";
import type { CliWorld } from "../cli-world.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { standOf, stepLine } from "./job-words.ts";

/** Milliseconds between two looks. */
const LOOK_MS = 500;
/** Looks in which nobody has the folder, until the job counts as left: between two lives of its search it is free. */
const LEFT = 3;

/**
 * Tells each step as it is written, those first that are there, until the job has come to its end or nobody is at work on it.
 * Exit code 0: it is done.
 *
 * @throws UsageError (rejects) where there is no job; the signal's reason
 */
export async function followJob(typed: string, { cwd, out, clock, signal }: CliWorld): Promise<ExitCode> {
  const look = jobLook(resolve(cwd, typed));
  const watch = makeWatch();
  let told = 0;
  let free = 0;
  for (let looks = 1; ; looks += 1) {
    const seen = await look.look();
    if (seen === undefined) throw new UsageError(`there is no job in ${typed}`);
    for (const step of seen.steps.slice(told)) out.write(`${visible(stepLine(step))}\n`);
    told = seen.steps.length;
    free = isAtWork(seen, watch, clock.now()) ? 0 : free + 1;
    const wasLeft = looks === 1 && free > 0;
    if (seen.outcome !== undefined || wasLeft || free === LEFT) return ended(seen, out);
    await sleep(clock, LOOK_MS, signal);
  }
}

function isAtWork({ holder }: JobSeen, watch: ReturnType<typeof makeWatch>, now: number): boolean {
  return holder !== undefined && (holder.lives === "surely" || !watch.look(holder.text, now));
}

function ended(seen: JobSeen, out: CliWorld["out"]): ExitCode {
  const { why } = seen.outcome ?? {};
  // Who is just leaving counts as gone.
  out.write(`${visible(standOf({ ...seen, holder: undefined }) + (why === undefined ? "" : `: ${why}`))}\n`);
  return seen.outcome?.state === "done" ? EXIT.ok : EXIT.failed;
}
