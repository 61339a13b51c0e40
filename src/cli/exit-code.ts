import { UsageError } from "../foundation/errors.ts";
import { DatasetError } from "../index.ts";

/** What every command ends with, so that scripts and CI know without reading. */
export const EXIT = Object.freeze({
  ok: 0,
  /** It ran, and did not come to what was wanted: a score that is too low, a system that does not start. */
  failed: 1,
  /** Nothing was begun: words on the command line, or what they name, cannot be used. */
  usage: 2,
  /** As shells count a program that Ctrl-C ended. */
  interrupted: 130,
});

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A command could not do what it was rightly told; one line. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
}

/** Of what a command threw. */
export function exitCodeOf(thrown: unknown): ExitCode {
  return thrown instanceof UsageError || thrown instanceof DatasetError ? EXIT.usage : EXIT.failed;
}
