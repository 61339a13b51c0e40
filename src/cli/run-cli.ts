import { Command, CommanderError } from "commander";
import { answerCommand } from "./answer/answer-command.ts";
import { type CliWorld, READER_GONE } from "./cli-world.ts";
import { compileCommand } from "./compile/compile-command.ts";
import { evaluateCommand } from "./evaluate/evaluate-command.ts";
import { EXIT, type ExitCode, exitCodeOf } from "./exit-code.ts";
import { explain } from "./explain.ts";
import { jobsCommand } from "./jobs/jobs-command.ts";
import { ownVersion } from "./own-version.ts";

/** Makes a command of the command line. When it was run and came to its end, it tells with which code. */
export type CommandMaker = (world: CliWorld, onEnd: (code: ExitCode) => void) => Command;

const COMMANDS: readonly CommandMaker[] = [answerCommand, evaluateCommand, compileCommand, jobsCommand];

/**
 * The whole command line: reads the words, runs the command that they name, and gives the exit code. Never rejects;
 * everything that it touches is in `world`.
 */
export async function runCli(
  words: readonly string[],
  world: CliWorld,
  commands: readonly CommandMaker[] = COMMANDS,
): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  const program = new Command("dspex")
    .description("Language-model programs under supervision.")
    .version(ownVersion(), "--version", "show the version")
    .helpOption("--help", "show this")
    .helpCommand(false)
    .addHelpText("after", EXIT_CODES);
  for (const make of commands) program.addCommand(make(world, (ended) => (code = ended)));
  for (const each of withSubcommands(program)) keepInWorld(each, world);
  try {
    await program.parseAsync(words.length === 0 ? ["--help"] : words, { from: "user" });
    return code;
  } catch (thrown) {
    return endOf(thrown, world, words.includes("--verbose"));
  }
}

const EXIT_CODES = `
dspex COMMAND --help shows what a command takes.
Exit codes: 0 fine, 1 failed, 2 wrong usage or input, 130 interrupted.`;

function withSubcommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap((each) => withSubcommands(each))];
}

/** Help goes where the world says, errors come here as they are, and nothing ends the process. */
function keepInWorld(command: Command, { out, err }: CliWorld): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => void out.write(text),
    writeErr: (text) => void err.write(text),
    outputError: () => {},
    getOutHelpWidth: () => out.columns ?? HELP_WIDTH,
    getErrHelpWidth: () => err.columns ?? HELP_WIDTH,
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  });
}

const HELP_WIDTH = 100;

/** Says why it ended, unless nobody would hear it. */
function endOf(thrown: unknown, { err, signal }: CliWorld, verbose: boolean): ExitCode {
  if (signal.aborted && signal.reason === READER_GONE) return EXIT.ok;
  if (signal.aborted) {
    err.write("interrupted\n");
    return EXIT.interrupted;
  }
  if (thrown instanceof CommanderError) {
    // The help, which was asked for and is no error; or stands where a command of commands was given none.
    if (thrown.exitCode === 0) return EXIT.ok;
    if (thrown.code === "commander.help") return EXIT.usage;
    const said = thrown.message.replace(/^error: /, "").replaceAll(/\s*\n\s*/g, " ");
    err.write(`error: ${said} (--help lists the options)\n`);
    return EXIT.usage;
  }
  err.write(`error: ${explain(thrown, verbose)}\n`);
  return exitCodeOf(thrown);
}
