import type { Clock } from "../foundation/clock.ts";

/** The part of standard output and standard error that is used. */
export interface OutStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** All that the commands touch of the process that they run in. */
export interface CliWorld {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Files on the command line are named from here. */
  readonly cwd: string;
  readonly input: AsyncIterable<Buffer | string> & { readonly isTTY?: boolean };
  readonly out: OutStream;
  readonly err: OutStream;
  /** Aborted when the user has had enough: with a signal's name, or {@link READER_GONE}. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** Why a command was ended that nobody reads any more (`| head`): there is nobody to tell, either. */
export const READER_GONE = "the reader of standard output is gone";
