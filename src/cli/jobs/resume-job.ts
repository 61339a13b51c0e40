import { resolve } from "node:path";
import { visible } from "../../evaluate/reports/visible-text.ts";
import { writeWant } from "../../teleprompters/job/job-control.ts";
import { BEST } from "../../teleprompters/job/job-folder.ts";
import type { CliWorld } from "../cli-world.ts";
import { compileNamed } from "../compile/compile-named.ts";
import { filesOf, modulesOf, readCommand } from "../compile/kept-command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { unlessInterrupted } from "../interrupts.ts";
import { jobIn } from "./find-jobs.ts";

export interface ResumeWish {
  readonly yes?: true;
  readonly progress: boolean;
}

/**
 * Lets a job go on: one that is running by word in its folder, one that is not by the command that it was started with. A folder
 * may be anybody's: what it says would be loaded is shown, and not loaded before the user has agreed.
 *
 * @throws UsageError (rejects) where there is no job, and what `compile` does
 */
export async function resumeJob(typed: string, wish: ResumeWish, world: CliWorld): Promise<ExitCode> {
  const { cwd, out, err } = world;
  const folder = resolve(cwd, typed);
  const { name, holder, outcome, want } = await jobIn(typed, cwd);
  if (holder !== undefined) {
    await writeWant(folder, "go_on");
    const by = `the job "${name}", process ${holder.pid},`;
    out.write(want === "pause" ? `told ${by} to go on\n` : `${by} is running: there is nothing to resume\n`);
    return EXIT.ok;
  }
  if (outcome?.state === "done") {
    out.write(`the job "${name}" is done: ${typed}/${BEST}\n`);
    return EXIT.ok;
  }
  const command = await readCommand(folder);
  if (command === undefined) {
    await writeWant(folder, "go_on");
    const mark = want === "go_on" ? "" : "its mark is taken away; ";
    err.write(
      `error: ${mark}no "dspex compile" has started the job "${name}": it goes on when the program that did is started again\n`,
    );
    return EXIT.failed;
  }
  err.write(listed("It loads these modules, and what they import:", modulesOf(command)));
  const files = filesOf(command);
  if (files.length > 0) err.write(listed("It writes these files:", files));
  if (wish.yes !== true && !(await agreed(world))) {
    err.write("error: nothing was loaded: say --yes if these are modules that you trust\n");
    return EXIT.failed;
  }
  return compileNamed({ ...command.wish, folder, progress: wish.progress }, { ...world, cwd: command.cwd });
}

function listed(title: string, paths: readonly string[]): string {
  return [title, ...paths.map((path) => `  ${visible(path)}`), ""].join("\n");
}

/** Asks, where there is somebody to ask. */
async function agreed({ input, err, signal }: CliWorld): Promise<boolean> {
  if (input.isTTY !== true || err.isTTY !== true) return false;
  err.write("Load them? [y/N] ");
  const words = input[Symbol.asyncIterator]();
  const { value } = await unlessInterrupted(signal, words.next());
  return /^y(?:es)?$/i.test(String(value ?? "").trim());
}
