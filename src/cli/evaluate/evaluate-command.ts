import { Command, Option } from "commander";
import type { CliWorld } from "../cli-world.ts";
import type { ExitCode } from "../exit-code.ts";
import { METRIC_FORMS } from "../named/ready-made-metrics.ts";
import { collect, once, readCount, readCountOrInfinity, readFrom0, readNumber } from "../option-values.ts";
import { evaluateNamed, type EvaluateWish } from "./evaluate-named.ts";

const ABOUT =
  "Evaluates a program on a set of examples, and prints the report. FILE#name is what a module exports (TypeScript or " +
  "JavaScript; FILE alone: its default export). No module is loaded but those that are named here, and what they import.";

const MORE = `
Metrics:
${METRIC_FORMS.map((form) => `  ${form}`).join("\n")}
  FILE#name   one of your own: a function (example, prediction, call), or an object of several

Ctrl-C ends it in order: the partial report is printed and written, the journal is kept, and the same command asks only what
is missing. A second one ends it at once.

Exit codes: 0 fine; 1 the score is below --fail-under, every trial has failed, or it did not come to its end; 2 wrong usage
or input; 130 interrupted.`;

/** `dspex evaluate`. */
export function evaluateCommand(world: CliWorld, onEnd: (code: ExitCode) => void): Command {
  const command = new Command("evaluate")
    .summary("score a program on a set of examples")
    .description(ABOUT)
    .helpOption("--help", "show this")
    .addHelpText("after", MORE);
  for (const option of [...inputs(), ...outcome(), ...limits()]) command.addOption(option);
  return command.action(async (wish: EvaluateWish) => onEnd(await evaluateNamed(wish, world)));
}

function inputs(): readonly Option[] {
  return [
    new Option("--program <FILE#name>", "the program").argParser(once).makeOptionMandatory(),
    new Option("--metric <METRIC>", "how predictions are scored; several stand beside the first one's score")
      .argParser(collect)
      .makeOptionMandatory(),
    new Option("--set <FILE>", ".jsonl, .json, .csv or .parquet; or FILE#name, a list of examples")
      .argParser(once)
      .makeOptionMandatory(),
    new Option(
      "--system <FILE#name>",
      "what runs it: options of startSystem, a function that gives them, or a started system",
    )
      .argParser(once)
      .makeOptionMandatory(),
    new Option(
      "--signature <TEXT>",
      'what the columns of the set are ("question -> answer: list[str]", or FILE#name), ' +
        "where that is not the program's own signature",
    ),
  ];
}

function outcome(): readonly Option[] {
  return [
    new Option("--fail-under <SCORE>", "exit code 1 for a lower score, from 0 to 100").argParser(readNumber),
    new Option("--journal <FILE>", "keep what is finished there; the same command asks only what is missing"),
    new Option("--on-mismatch <HOW>", "what is done about a journal of another evaluation (default: add)").choices([
      "add",
      "refuse",
      "restart",
    ]),
    new Option("--html <FILE>", 'write the report as a page ("-", here and below: to standard output, for the table)'),
    new Option("--junit <FILE>", "as JUnit's XML, for CI"),
    new Option("--csv <FILE>", "as a spreadsheet"),
    new Option("--json <FILE>", "as JSON"),
    new Option("--markdown <FILE>", "as Markdown"),
    new Option("--rows <N>", "rows of the table and of Markdown (default: 20)").argParser(readFrom0),
    new Option("--pass-score <SCORE>", "the lowest score of a JUnit test that passes (default: 1)").argParser(
      readNumber,
    ),
    new Option("--slice <NAME>", "tell scores by this label, input or tag, too; several times").argParser(collect),
    new Option("--trace", "keep each request, for the page and the JSON"),
  ];
}

function limits(): readonly Option[] {
  return [
    new Option("--max-concurrency <N>", "trials at once, or Infinity (default: 64, or what clients allow)").argParser(
      readCountOrInfinity,
    ),
    new Option("--samples <N>", "answers to each example (default: 1)").argParser(readCount),
    new Option("--timeout-ms <MS>", "for one trial (default: 60000)").argParser(readCount),
    new Option("--max-errors <N>", "end it once more trials have failed").argParser(readFrom0),
    new Option("--max-calls <N>", "end it before more requests are made").argParser(readFrom0),
    new Option("--max-tokens <N>", "end it before more tokens are used").argParser(readFrom0),
    new Option("--max-usd <DOLLARS>", "end it before more is spent").argParser(readFrom0),
    new Option("--dry-run", "ask nothing, and say what it would take").conflicts("failUnder"),
    new Option("--no-progress", "do not show how far it is"),
    new Option("--verbose", "show the stack of an error"),
  ];
}
