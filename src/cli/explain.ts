import { asError, DspexError, UsageError } from "../foundation/errors.ts";
import { CommandFailure } from "./exit-code.ts";

/** An error for the one who typed the command: one line; with `verbose` its stack, and those of what caused it. */
export function explain(thrown: unknown, verbose: boolean): string {
  const error = asError(thrown);
  if (verbose) return [error, ...causes(error)].map((each) => each.stack ?? each.message).join("\ncaused by: ");
  const message = error.message.trim().replaceAll(/\s*\n\s*/g, " ");
  const known = [UsageError, DspexError, CommandFailure].some((kind) => error instanceof kind);
  return known ? message : `${message} (--verbose shows where)`;
}

function causes(error: Error): readonly Error[] {
  return error.cause instanceof Error ? [error.cause, ...causes(error.cause)] : [];
}
