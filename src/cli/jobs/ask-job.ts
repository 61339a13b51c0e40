import { resolve } from "node:path";
import { type JobWant, writeWant } from "../../teleprompters/job/job-control.ts";
import type { CliWorld } from "../cli-world.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { jobIn } from "./find-jobs.ts";

/**
 * Leaves word in a job's folder, which the job looks at every second, and as it is started. Says who will hear it.
 * @throws UsageError (rejects) where there is no job
 */
export async function askJob(want: Exclude<JobWant, "go_on">, typed: string, world: CliWorld): Promise<ExitCode> {
  const { cwd, out, err } = world;
  const { name, holder, outcome } = await jobIn(typed, cwd);
  if (holder === undefined && outcome?.state === "done") {
    err.write(`error: the job "${name}" is done: there is nothing to ${want}\n`);
    return EXIT.failed;
  }
  await writeWant(resolve(cwd, typed), want);
  out.write(`${holder === undefined ? unheard(want, name) : asked(want, name, holder.pid)}\n`);
  return EXIT.ok;
}

function asked(want: string, name: string, pid: number): string {
  return want === "pause"
    ? `asked the job "${name}", process ${pid}, to pause: it begins no trial from now on; "dspex jobs resume" lets it go on`
    : `asked the job "${name}", process ${pid}, to end: what is in flight is cancelled, what is on record stays`;
}

function unheard(want: string, name: string): string {
  const marked = want === "pause" ? "to stand still" : "as cancelled";
  return `the job "${name}" is not running: it is marked ${marked}, and a system that has it as its child keeps to that when it starts; "dspex jobs resume" takes the mark away`;
}
