import { Command, Option } from "commander";
import type { CliWorld } from "../cli-world.ts";
import type { ExitCode } from "../exit-code.ts";
import { METRIC_FORMS } from "../named/ready-made-metrics.ts";
import { TELEPROMPTER_FORMS } from "../named/ready-made-teleprompters.ts";
import { collect, once, readCount, readCountOrInfinity, readFrom0 } from "../option-values.ts";
import { compileNamed } from "./compile-named.ts";
import type { CompileWish } from "./compile-wish.ts";

const ABOUT =
  "Looks for a better program with a teleprompter, and saves it. FILE#name is what a module exports (TypeScript or " +
  "JavaScript; FILE alone: its default export). No module is loaded but those that are named here, and what they import.";

const MORE = `
Teleprompters, with options as name=value or as one JSON object:
${TELEPROMPTER_FORMS.map((form) => `  ${form}`).join("\n")}
  FILE#name   one of your own, or a function (metric) that makes one

Metrics:
${METRIC_FORMS.map((form) => `  ${form}`).join("\n")}
  FILE#name   one of your own: a function (example, prediction, call), or an object of several

Ctrl-C ends it in order: what is on record stays in the folder, and the same command goes on from there. A second one ends it
at once. "dspex jobs" shows, follows, pauses and cancels jobs from elsewhere.

Exit codes: 0 there is a result; 1 there is none; 2 wrong usage or input; 130 interrupted.`;

/** `dspex compile`. */
export function compileCommand(world: CliWorld, onEnd: (code: ExitCode) => void): Command {
  const command = new Command("compile")
    .summary("look for a better program")
    .description(ABOUT)
    .helpOption("--help", "show this")
    .addHelpText("after", MORE);
  for (const option of [...inputs(), ...outcome(), ...limits()]) command.addOption(option);
  return command.action(async (wish: CompileWish) => onEnd(await compileNamed(wish, world)));
}

function inputs(): readonly Option[] {
  return [
    new Option("--teleprompter <NAME>", "how it is looked for: NAME, NAME:options, or FILE#name")
      .argParser(once)
      .makeOptionMandatory(),
    new Option("--program <FILE#name>", "the program that is to become better").argParser(once).makeOptionMandatory(),
    new Option("--metric <METRIC>", "how runs are scored; of several the first one's score counts").argParser(collect),
    new Option("--train <FILE>", ".jsonl, .json, .csv or .parquet; or FILE#name, a list of examples")
      .argParser(once)
      .makeOptionMandatory(),
    new Option("--val <FILE>", "what candidates are compared on (default: as the teleprompter says)").argParser(once),
    new Option(
      "--system <FILE#name>",
      "what runs it: options of startSystem, a function that gives them, or a started system",
    )
      .argParser(once)
      .makeOptionMandatory(),
    new Option("--folder <DIR>", "where the job keeps its own; the same command goes on from there")
      .argParser(once)
      .makeOptionMandatory(),
    new Option(
      "--signature <TEXT>",
      'what the columns of the sets are ("question -> answer: list[str]", or FILE#name), ' +
        "where that is not the program's own signature",
    ),
  ];
}

function outcome(): readonly Option[] {
  return [
    new Option("--out <FILE>", "save the better program there, too (it is in DIR/best.json anyway)"),
    new Option("--html <FILE>", 'write the report as a page ("-", here and below: to standard output, for the table)'),
    new Option("--json <FILE>", "as JSON"),
    new Option("--markdown <FILE>", "as Markdown"),
    new Option("--rows <N>", "candidates of the table and of Markdown (default: 20)").argParser(readFrom0),
  ];
}

function limits(): readonly Option[] {
  return [
    new Option("--max-concurrency <N>", "trials at once, or Infinity (default: 64, or what clients allow)").argParser(
      readCountOrInfinity,
    ),
    new Option("--timeout-ms <MS>", "for one trial (default: 60000)").argParser(readCount),
    new Option("--max-calls <N>", "over the whole life of the job; the best so far is the result").argParser(readFrom0),
    new Option("--max-tokens <N>", "likewise, tokens").argParser(readFrom0),
    new Option("--max-usd <DOLLARS>", "likewise, dollars").argParser(readFrom0),
    new Option("--dry-run", "ask nothing, and say what it would take"),
    new Option("--no-progress", "do not show how far it is"),
    new Option("--verbose", "show the stack of an error"),
  ];
}
