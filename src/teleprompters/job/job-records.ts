import { z } from "zod";
import { UsageError } from "../../foundation/errors.ts";
import type { JournalPlace } from "../../foundation/journal.ts";
import type { JobGrounds } from "./job-grounds.ts";
import type { AskDone, AskFacts, TrialTry } from "./job-log.ts";

export const JOURNAL = "journal.jsonl";

/** Raised when what is written could not be read by the library of the version before. Version 1 had all bytes in each result. */
export const FORMAT = Object.freeze({ format: "dspex/job", version: 2 } as const);

/** The bytes of an image, an audio or a file: they stand in the journal once, however many results show them. */
export interface MediaValue {
  readonly media: string;
  readonly is: string;
}

/** What a record of the journal is, by the members that it has. Nobody but this folder writes them. */
export type JobValue =
  /** The first one. */
  | (typeof FORMAT & { readonly job: string; readonly grounds: JobGrounds })
  /** The search asked for trials. */
  | ({ readonly ask: number } & AskFacts)
  /** What one of them came to: the `trial`th of its ask, from 0. */
  | ({ readonly ask: number; readonly trial: number } & TrialTry)
  /** How far a training step is. */
  | { readonly ask: number; readonly note: unknown }
  /** What it came to. */
  | { readonly ask: number; readonly came: unknown }
  /** Bytes that results hold, which stand for them there by their digest. */
  | MediaValue
  /** A candidate was scored. */
  | { readonly step: object };

export interface CheckpointValue {
  readonly format: typeof FORMAT.format;
  readonly version: number;
  readonly grounds: JobGrounds;
  /** Asks that were delivered, from the first. */
  readonly done: readonly AskDone[];
  /** Where the bytes begin in the journal that they hold, by digest. Left out: they hold none. */
  readonly media?: Readonly<Record<string, number>>;
  /** Steps that stand in the journal. */
  readonly steps: number;
  /** Records that the journal had then. */
  readonly records: number;
  /** From where the journal is still to be read. */
  readonly from: JournalPlace;
}

const HEAD = z.object({ format: z.literal(FORMAT.format), version: z.int() });

/** Undefined: there is none. @throws UsageError for one of another format, or a newer version */
export function readCheckpoint(value: unknown, folder: string): CheckpointValue | undefined {
  if (value === undefined) return undefined;
  checkHead(value, `the checkpoint in ${folder}`);
  // Sealed, and written by this library alone.
  return value as CheckpointValue;
}

/** @throws UsageError for what another library, or a newer version of this one, has written */
export function checkHead(value: unknown, what: string): void {
  const head = HEAD.safeParse(value);
  if (!head.success) throw new UsageError(`${what} is no job's`);
  const { version } = head.data;
  if (version > FORMAT.version)
    throw new UsageError(`${what} has version ${version}, this dspex reads up to ${FORMAT.version}: update dspex`);
}
