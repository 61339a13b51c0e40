import { existsSync } from "node:fs";
import { type FileHandle, open, rename } from "node:fs/promises";
import { resolve } from "node:path";
import type { Clock } from "../../foundation/clock.ts";
import { UsageError } from "../../foundation/errors.ts";
import { type FolderLock, lockFolder } from "../../foundation/folder-lock.ts";
import { type Journal, openJournal, scanJournal } from "../../foundation/journal.ts";
import { uniqueName } from "../../foundation/random.ts";
import { StoreError } from "../../foundation/store-error.ts";
import type { Score } from "../metrics/metric.ts";
import type { TrialRecord } from "../trial.ts";
import type { AnyExample } from "../example.ts";
import type { Ground, MetricGround } from "./grounds.ts";
import { changesIn, JournalMismatchError } from "./journal-mismatch.ts";
import { type JournalIndex, journalIndex } from "./journal-index.ts";
import { journalNotes } from "./journal-notes.ts";
import { FORMAT } from "./journal-format.ts";
import { predictionAt, predictionValue, scoreAt, scoreValue } from "./journal-records.ts";
import type { JournalValue, Redact } from "./journal-records.ts";
import { sharedMedia } from "./shared-media.ts";
import { sharedTexts } from "./shared-texts.ts";
import { predictionKey, scoreKey } from "./trial-keys.ts";

/** What is done about a journal that holds another evaluation's trials: see `EvaluateOptions`. */
export type OnMismatch = "add" | "refuse" | "restart";

export interface EvaluationJournalOptions {
  readonly path: string;
  readonly onMismatch: OnMismatch;
  readonly redact?: Redact | undefined;
  readonly clock: Clock;
  /** Of the candidates, in their order. */
  readonly grounds: readonly Ground[];
  readonly metric: MetricGround;
  readonly trace: boolean;
  /** What is to be told in any case. */
  readonly remarks: readonly string[];
  /** A digest of the examples; undefined where they come as a stream. */
  readonly set: string | undefined;
}

/** The file in which an evaluation's finished work stands. */
export interface EvaluationJournal {
  /** Why nothing is recorded any more; undefined: all is well. */
  readonly failure: StoreError | undefined;
  /**
   * What is on record of a trial, and where the rest goes.
   * @param candidate its place in the order
   * @param shown whether anybody will look at the prediction of one that is whole
   */
  find(candidate: number, example: AnyExample, sample: number, shown: boolean): Promise<TrialRecord>;
  /** What a reader of the report should know. @param whole whether the evaluation came to its end */
  notes(whole: boolean): readonly string[];
  /** Writes what waits, and lets the next evaluation in. */
  close(): Promise<void>;
}

/** Trials that are looked up in one turn of the event loop. */
const TURN = 200;

/** Bytes that may wait to be written before scores are waited for, too. */
const MOST_WAITING = 1024 * 1024;

/**
 * Opens the journal of an evaluation, and makes file and folder where they are missing.
 *
 * @throws StoreError `locked` (rejects) while another evaluation has it, here or in another process
 * @throws JournalMismatchError (rejects) where it is another evaluation's, and is to be refused then
 * @throws UsageError, RecordError (reject) for a file that holds something else
 */
export async function openEvaluationJournal(options: EvaluationJournalOptions): Promise<EvaluationJournal> {
  const path = resolve(options.path);
  const lock = await lockFile(path, options.clock);
  try {
    const { index, journal } = await openIndexed(path, lock, options);
    const file = await open(path, "r");
    return makeJournal({ options, lock, journal, index, file });
  } catch (thrown) {
    await lock.release();
    throw thrown;
  }
}

/** The file alone: others in its folder are others' affair. */
async function lockFile(path: string, clock: Clock): Promise<FolderLock> {
  try {
    return await lockFolder(`${path}.lock`, { owner: `evaluation ${uniqueName()}`, clock });
  } catch (thrown) {
    if (!(thrown instanceof StoreError) || thrown.code !== "locked") throw thrown;
    const { pid, host } = thrown.details as { readonly pid?: number; readonly host?: string };
    const by = pid === undefined ? "another process" : `process ${pid} on ${host ?? "this host"}`;
    throw new StoreError(`${path} is in use by an evaluation in ${by}: give each a journal of its own`, {
      code: "locked",
      retryable: true,
      details: { path, ...thrown.details },
      cause: thrown,
    });
  }
}

async function openIndexed(
  path: string,
  lock: FolderLock,
  { onMismatch, grounds, metric, trace, set, clock }: EvaluationJournalOptions,
): Promise<{ readonly index: JournalIndex; readonly journal: Journal }> {
  const wanted = { grounds: new Set(grounds.map(({ id }) => id)), metric: metric.id, trace };
  // Looked at before anything is written to it.
  if (onMismatch !== "add") {
    const looked = journalIndex(path, wanted);
    await scanJournal(path, looked.reader);
    const changed = changesIn(looked.index, grounds, set);
    if (changed.length > 0 && onMismatch === "refuse") throw new JournalMismatchError(path, changed);
    if (changed.length > 0) await rename(path, asidePath(path, lock.epoch));
  }
  const { index, reader } = journalIndex(path, wanted);
  // What was written outlives its process. A power cut takes the last seconds with it: some trials are asked again.
  const journal = await openJournal(path, { lock: seldomChecked(lock, clock), reader, fsync: "never" });
  const values: (JournalValue | typeof FORMAT)[] = [
    ...(journal.recovered.nextSeq === 1 ? [FORMAT] : []),
    ...grounds.flatMap(({ id, ...about }) => (index.grounds.has(id) ? [] : [{ ground: id, about }])),
    ...(set === undefined || index.sets.has(set) ? [] : [{ set }]),
  ];
  await Promise.all(values.map((value) => journal.append(value)));
  return { index, journal };
}

/** How long a writer that was replaced may not know it, in ms. */
const CHECK_MS = 1_000;

/**
 * A look at the lock costs more than a write. What gets in late is harmless here: a prediction of its key, whoever wrote it.
 */
function seldomChecked(lock: FolderLock, clock: Clock): FolderLock {
  let checkedAt = -Infinity;
  return Object.freeze({
    ...lock,
    async check(): Promise<void> {
      const now = clock.now();
      if (now - checkedAt < CHECK_MS) return;
      await lock.check();
      checkedAt = now;
    },
  });
}

/** A name that nothing has. */
function asidePath(path: string, epoch: number): string {
  for (let number = epoch; ; number += 1)
    if (!existsSync(`${path}.before-${number}`)) return `${path}.before-${number}`;
}

interface Opened {
  readonly options: EvaluationJournalOptions;
  readonly lock: FolderLock;
  readonly journal: Journal;
  readonly index: JournalIndex;
  readonly file: FileHandle;
}

function makeJournal({ options, lock, journal, index, file }: Opened): EvaluationJournal {
  const { grounds, metric, redact } = options;
  const texts = sharedTexts(index.texts);
  const media = sharedMedia(index.media);
  let failure: StoreError | undefined;
  let found = 0;
  let taken = 0;
  let rescored = 0;
  const unwritten = { count: 0, why: "" };

  /** What cannot be recorded does no harm to its trial: that is told, and the evaluation ends if it is the file's fault. */
  const append = async (value: () => JournalValue): Promise<void> => {
    try {
      await journal.append(value());
    } catch (thrown) {
      if (thrown instanceof StoreError) failure ??= thrown;
      else if (thrown instanceof UsageError) {
        unwritten.count += 1;
        unwritten.why ||= thrown.message;
      } else throw thrown;
    }
  };

  const writing = { redact, texts, media, before: (value: JournalValue) => void append(() => value) };

  return Object.freeze({
    get failure() {
      return failure;
    },
    async find(candidate: number, example: AnyExample, sample: number, shown: boolean): Promise<TrialRecord> {
      found += 1;
      // A long file of finished trials is gone through without a wait for anything: others want their turn.
      if (found % TURN === 0) await new Promise(setImmediate);
      const ground = (grounds[candidate] as Ground).id;
      const key = predictionKey(ground, example, sample);
      const scored = scoreKey(metric.id, key, example);
      const record = {
        keepPrediction: (made) => append(() => predictionValue(key, ground, made, writing)),
        async keepScore(score: Score) {
          const kept = append(() => scoreValue(scored, metric.id, score, redact));
          // Nothing is lost with a score that can be had again, unless they come faster than the disk takes them.
          if (journal.waiting > MOST_WAITING) await kept;
        },
      } satisfies TrialRecord;
      const offset = index.predictions.get(key);
      if (offset === undefined) return record;
      const place = index.scores.get(scored);
      const score = typeof place === "number" ? { score: place } : place && (await scoreAt(file, place.at));
      // What was taken out of it might be what the score is about.
      if (score === undefined && offset < 0) return record;
      const prediction = shown || score === undefined ? await predictionAt(file, Math.abs(offset), writing) : undefined;
      if (prediction === undefined && (shown || score === undefined)) return record;
      taken += 1;
      if (score === undefined) rescored += 1;
      return { ...record, prediction, score };
    },
    notes: (whole: boolean) =>
      journalNotes({
        path: options.path,
        grounds,
        metric,
        index,
        whole,
        remarks: options.remarks,
        taken,
        rescored,
        unwritten,
        failure,
        asidePath: journal.asidePath,
      }),
    async close() {
      await journal.flush().catch((thrown: unknown) => {
        if (thrown instanceof StoreError) failure ??= thrown;
      });
      await file.datasync().catch(() => {});
      await Promise.all([journal.close(), file.close()]);
      await lock.release();
    },
  } satisfies EvaluationJournal);
}
