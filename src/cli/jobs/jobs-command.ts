import { Command, Option } from "commander";
import type { CliWorld } from "../cli-world.ts";
import type { ExitCode } from "../exit-code.ts";
import { askJob } from "./ask-job.ts";
import { followJob } from "./follow-job.ts";
import { listJobs } from "./list-jobs.ts";
import { resumeJob, type ResumeWish } from "./resume-job.ts";
import { showJob } from "./show-job.ts";

const ABOUT =
  "Looks at jobs in their folders, from another process: no lock is taken, and nothing is loaded or changed unasked.";

/** `dspex jobs` and what it does. */
export function jobsCommand(world: CliWorld, onEnd: (code: ExitCode) => void): Command {
  const one = <Wish extends object>(
    name: string,
    summary: string,
    run: (folder: string, wish: Wish) => Promise<ExitCode>,
  ): Command =>
    new Command(name)
      .summary(summary)
      .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`)
      .argument("<DIR>", "its folder")
      .helpOption("--help", "show this")
      .addOption(new Option("--verbose", "show the stack of an error"))
      .action(async (folder: string, wish: Wish) => onEnd(await run(folder, wish)));
  const list = new Command("list")
    .summary("the jobs in a folder and below")
    .description("The jobs in a folder and below: how they stand, their steps, the best score and the LM calls.")
    .argument("[DIR]", "where to look", ".")
    .helpOption("--help", "show this")
    .addOption(new Option("--verbose", "show the stack of an error"))
    .action(async (folder: string) => onEnd(await listJobs(folder, world)));
  const resume = one(
    "resume",
    "let a job go on, or start it again by the command that started it",
    (folder, wish: ResumeWish) => resumeJob(folder, wish, world),
  )
    .addOption(new Option("--yes", "load the modules that its folder names"))
    .addOption(new Option("--no-progress", "do not show how far it is"));
  const commands = [
    list,
    one("show", "what a job has come to, and what its results rest on", (folder) => showJob(folder, world)),
    one("follow", "each step of a job as it is written, to its end", (folder) => followJob(folder, world)),
    one("pause", "begin no further trials; those in flight come to their end", (folder) =>
      askJob("pause", folder, world),
    ),
    one("cancel", "end a job; what is on record stays", (folder) => askJob("cancel", folder, world)),
    resume,
  ];
  const command = new Command("jobs")
    .summary("look at jobs, pause, cancel and resume them")
    .description(ABOUT)
    .helpOption("--help", "show this")
    .helpCommand(false);
  for (const each of commands) command.addCommand(each);
  return command;
}
