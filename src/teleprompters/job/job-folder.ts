import { open } from "node:fs/promises";
import { join } from "node:path";
import { type CheckpointStore, loadCheckpoint, openCheckpointStore } from "../../foundation/checkpoint-store.ts";
import type { Clock } from "../../foundation/clock.ts";
import { asError, UsageError } from "../../foundation/errors.ts";
import { type FolderLock, lockFolder } from "../../foundation/folder-lock.ts";
import { type Journal, type JournalPlace, openJournal, recordAt } from "../../foundation/journal.ts";
import { LEASE_MS } from "../../foundation/lease.ts";
import { writeWhole } from "../../foundation/write-whole.ts";
import { StoreError } from "../../foundation/store-error.ts";
import { programText } from "../../programs/saved/dump-program.ts";
import type { Program } from "../../programs/program.ts";
import { type JobOutcome, writeOutcome } from "./job-control.ts";
import { changedIn, type JobGrounds, jobMismatch } from "./job-grounds.ts";
import { jobIndex, type JobIndex } from "./job-index.ts";
import type { AskDone, AskFacts, JobLog, TrialTry } from "./job-log.ts";
import { type JobMedia, openMedia } from "./job-media.ts";
import { type CheckpointValue, FORMAT, JOURNAL, type JobValue, readCheckpoint } from "./job-records.ts";

/** The best program so far, saved at each gain; at the end, the result. */
export const BEST = "best.json";

export interface JobFolderOptions {
  readonly folder: string;
  /** Whose folder it is: a job of that name takes over from itself, in this process. */
  readonly name: string;
  readonly grounds: JobGrounds;
  readonly clock: Clock;
  /** Ends the wait for the folder. */
  readonly signal?: AbortSignal | undefined;
}

/** A folder in which a job keeps its own. */
export interface JobFolder extends JobLog {
  /** Why the best program could not be saved: it is none that can be by itself. Undefined: it was. */
  readonly unsaved: string | undefined;
  /** Where the rest of a journal was put aside that somebody or something had changed. Undefined: it was whole. */
  readonly damaged: string | undefined;
  /**
   * Writes what waits, and a last checkpoint, and lets the next writer in.
   * @param outcome how the job ended; undefined: it has not
   */
  close(outcome?: JobOutcome): Promise<void>;
}

/** Records that have to come before another checkpoint is worth its writing, and what part of all before. */
const FEWEST = 64;
const PART = 1 / 4;

/**
 * Opens a job's folder, and makes it where it is missing: an append-only journal of everything that was asked and came of it,
 * and checkpoints that tell from where it is still to be read. Mode 0600; one process at a time.
 *
 * @throws StoreError `locked` (rejects) while another process has it
 * @throws JobError `job_mismatch` (rejects) where it is another job's; it is left as it is then
 * @throws UsageError (rejects) for a folder whose journal is none
 */
export async function openJobFolder(options: JobFolderOptions): Promise<JobFolder> {
  const { folder, name, grounds } = options;
  const lock = await lockJob(options);
  try {
    const checkpoint = readCheckpoint((await loadCheckpoint(folder))?.value, folder);
    const path = join(folder, JOURNAL);
    const from = checkpoint && (await isPlace(path, checkpoint.from)) ? checkpoint.from : undefined;
    const { index, reader } = jobIndex(checkpoint, path);
    const journal = await openJournal(path, { lock, reader, from });
    const before = index.grounds;
    const changed = before === undefined ? [] : changedIn(before, grounds);
    if (changed.length > 0) {
      await journal.close();
      throw jobMismatch(folder, changed);
    }
    // Also where the journal is gone, and its checkpoints are not.
    if (journal.place.seq === 1) await journal.append({ ...FORMAT, job: name, grounds } satisfies JobValue);
    const checkpoints = await openCheckpointStore({ lock });
    await writeOutcome(folder, undefined);
    const tries = [...index.open.values()].flatMap((each) => [...each.tries.values()].flat());
    const media = await openMedia(path, index.media, [...index.done, ...tries]);
    return makeFolder({ folder, lock, journal, checkpoints, index, grounds, media });
  } catch (thrown) {
    await lock.release();
    throw thrown;
  }
}

async function lockJob({ folder, name, clock, signal }: JobFolderOptions): Promise<FolderLock> {
  try {
    // A process that crashed on another machine, or in another container, is known as such after a lease.
    return await lockFolder(folder, {
      owner: `job ${name}`,
      clock,
      patienceMs: 2 * LEASE_MS,
      ...(signal && { signal }),
    });
  } catch (thrown) {
    signal?.throwIfAborted();
    if (!(thrown instanceof StoreError)) {
      const cause = asError(thrown);
      const message = `the job's folder ${folder} cannot be used: ${cause.message}`;
      throw new StoreError(message, { code: "write_failed", retryable: true, details: { folder }, cause });
    }
    if (thrown.code !== "locked") throw thrown;
    const { pid, host } = thrown.details as { readonly pid?: number; readonly host?: string };
    const by = pid === undefined ? "another process" : `process ${pid} on ${host ?? "this host"}`;
    throw new StoreError(
      `${folder} is in use by a job in ${by}: a job has a folder of its own, and runs once at a time`,
      {
        code: "locked",
        retryable: true,
        details: { folder, ...thrown.details },
        cause: thrown,
      },
    );
  }
}

/** Whether a record begins there, or the file ends. Where none does, a late line of a writer that was replaced has moved it. */
async function isPlace(path: string, { offset }: JournalPlace): Promise<boolean> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return false;
  try {
    const { size } = await file.stat();
    return size === offset || (await recordAt(file, offset)) !== undefined;
  } finally {
    await file.close();
  }
}

interface Opened {
  readonly folder: string;
  readonly lock: FolderLock;
  readonly journal: Journal;
  readonly checkpoints: CheckpointStore;
  readonly index: JobIndex;
  readonly grounds: JobGrounds;
  readonly media: JobMedia;
}

function makeFolder({ folder, lock, journal, checkpoints, index, grounds, media }: Opened): JobFolder {
  /** As they are written. */
  const delivered: AskDone[] = [...index.done];
  /** Where the records of asks begin that were not delivered yet. */
  const begins = new Map<number, JournalPlace>(index.begins);
  let steps = index.steps;
  const resumed = Object.freeze({ asks: delivered.length + index.open.size, steps });
  let [since, before] = [0, index.records];
  let failure: StoreError | undefined;
  let saving: Promise<unknown> = Promise.resolve();
  let unsaved: string | undefined;

  const kept = (): void => {};
  const lost = (thrown: unknown): void => {
    failure ??= storeError(thrown);
  };
  // Not async, as there is one for each trial.
  const append = (value: JobValue): Promise<void> => {
    since += 1;
    return journal.append(value).then(kept, lost);
  };
  const short = <Json>(json: Json): Json =>
    media.out(json, (value) => {
      index.media.set(value.media, journal.place.offset);
      void append(value);
    });
  const check = (): void => {
    if (failure !== undefined) throw failure;
  };
  const flush = async (): Promise<void> => {
    await Promise.all([journal.flush(), saving]);
    check();
  };
  const save = async (text: string): Promise<void> => {
    try {
      await lock.check();
      await writeWhole(join(folder, BEST), text, 0o600);
    } catch (thrown) {
      failure ??= storeError(thrown);
    }
  };
  const checkpoint = (): void => {
    if (since === 0) return;
    [before, since] = [before + since, 0];
    const [first] = [...begins.values()].toSorted((a, b) => a.offset - b.offset);
    const value: CheckpointValue = {
      ...FORMAT,
      grounds,
      done: delivered,
      ...(index.media.size > 0 && { media: Object.fromEntries(index.media) }),
      steps,
      records: before,
      from: first ?? journal.place,
    };
    saving = saving
      .then(() => checkpoints.save(value))
      .catch((thrown: unknown) => {
        failure ??= storeError(thrown);
      });
  };

  return Object.freeze({
    resumed,
    found(ask: number) {
      const kept = delivered[ask - 1];
      const done = kept && media.in(kept);
      // Where its bytes are lost it is asked anew.
      if (kept !== undefined) return done && { facts: done, done, tries: NONE, notes: [] };
      const open = index.open.get(ask);
      return open && { ...open, tries: wholeTries(open.tries, media), done: undefined };
    },
    begin(ask: number, facts: AskFacts) {
      begins.set(ask, journal.place);
      void append({ ask, ...facts });
    },
    tried: (ask: number, trial: number, data: TrialTry) => append({ ask, trial, ...short(data) }),
    check,
    note(ask: number, value: unknown) {
      void append({ ask, note: value });
      return flush();
    },
    came: (ask: number, value: unknown) => void append({ ask, came: value }),
    async deliver(ask: number, done: AskDone) {
      await flush();
      delivered[ask - 1] = short(done);
      begins.delete(ask);
      index.open.delete(ask);
      if (since >= Math.max(FEWEST, PART * before)) checkpoint();
    },
    step(number: number, step: object) {
      if (number <= steps) return;
      steps = number;
      void append({ step });
    },
    best(program: Program<never>) {
      const text = textOf(program);
      unsaved = text.ok ? undefined : text.why;
      if (text.ok) saving = saving.then(() => save(text.value));
    },
    get unsaved() {
      return unsaved;
    },
    damaged: journal.asidePath,
    async close(outcome?: JobOutcome) {
      try {
        await journal.flush().catch(() => {});
        if (failure === undefined) checkpoint();
        await saving;
        // Once all is there that led to it.
        if (outcome !== undefined) await writeOutcome(folder, outcome);
        await journal.close();
      } finally {
        await lock.release();
      }
    },
  } satisfies JobFolder);
}

/** Those before the first that has lost bytes. */
function wholeTries(
  tries: ReadonlyMap<number, readonly TrialTry[]>,
  media: JobMedia,
): ReadonlyMap<number, readonly TrialTry[]> {
  return new Map(
    [...tries].map(([trial, each]) => {
      const whole = each.map((one) => media.in(one));
      const lost = whole.indexOf(undefined);
      return [trial, whole.slice(0, lost === -1 ? whole.length : lost).filter((one) => one !== undefined)] as const;
    }),
  );
}

function textOf(
  program: Program<never>,
): { readonly ok: true; readonly value: string } | { readonly ok: false; readonly why: string } {
  try {
    return { ok: true, value: programText(program) };
  } catch (thrown) {
    if (!(thrown instanceof UsageError)) throw thrown;
    return { ok: false, why: thrown.message };
  }
}

function storeError(thrown: unknown): StoreError {
  if (thrown instanceof StoreError) return thrown;
  const cause = asError(thrown);
  return new StoreError(`the disk refused a write: ${cause.message}`, { code: "write_failed", retryable: true, cause });
}

const NONE: ReadonlyMap<number, readonly TrialTry[]> = new Map();
