import { type FileHandle, open, truncate, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { asError, UsageError } from "./errors.ts";
import type { FolderLock } from "./folder-lock.ts";
import { type FsyncPolicy, openGroupWriter } from "./group-writer.ts";
import { seal, sealedLines, sealedStart, sealText, unseal } from "./sealed-line.ts";
import { syncFolder } from "./sync-folder.ts";

/**
 * An append-only record of what happened, one line of JSON each, that a later process can trust: a reader gets what was
 * written, in order, from the beginning up to some point, and never anything else, wherever the file was cut or damaged.
 *
 *     {"sum":"…","epoch":2,"from":7}               a writer opened the journal; its records begin at 7
 *     {"sum":"…","epoch":2,"seq":7,"value":…}      its first record
 *
 * A writer that was replaced and does not know it yet may still get a line in: it carries an epoch that is over by
 * then, or a number at or after the new writer's `from`, and counts for nothing either way.
 */
export interface JournalRecord {
  /** From 1, without gaps. */
  readonly seq: number;
  /** Of its writer. */
  readonly epoch: number;
  readonly value: unknown;
}

/** What a journal that was read comes to, apart from its records. */
export interface JournalEnd {
  /** The number of the next record. */
  readonly nextSeq: number;
  /** The last writer's; 0 where there was none. */
  readonly epoch: number;
  /** Bytes from the file's beginning that are good; what is after them counts for nothing. */
  readonly goodBytes: number;
  /** Bytes after those. A writer that died in the middle of a line leaves some. */
  readonly droppedBytes: number;
  /** Whether some of the bytes after those were a whole record: then it was no torn end, but damage. */
  readonly damaged: boolean;
}

export interface JournalContents extends JournalEnd {
  readonly records: readonly JournalRecord[];
}

/** Where in a journal a record begins: what a checkpoint keeps, so that reading can begin there. */
export interface JournalPlace {
  /** In bytes from the file's beginning. */
  readonly offset: number;
  /** Of the next record. */
  readonly seq: number;
  readonly epoch: number;
}

const BEGINNING: JournalPlace = Object.freeze({ offset: 0, seq: 1, epoch: 0 });

/** Takes a journal's records one by one, so that nobody has to hold them all. What it throws ends the reading. */
export interface JournalReader {
  /** @param offset where its line begins in the file, in bytes: see {@link recordAt} */
  record(record: JournalRecord, offset: number): void;
  /** The records from that number on came from a writer that had been replaced, and count for nothing. */
  revoke(from: number): void;
}

export interface JournalOptions {
  /** The right to write in the journal's folder. One lock serves all journals and checkpoints in it. */
  readonly lock: FolderLock;
  /** Default `"commit"`: a confirmed record survives a power cut. */
  readonly fsync?: FsyncPolicy;
  /** Takes the records that are there. Default: they are collected, in `recovered`. */
  readonly reader?: JournalReader | undefined;
  /** Where to begin to read: a `place` of this journal. Default: its beginning. */
  readonly from?: JournalPlace | undefined;
}

export interface Journal {
  /** What was there when it was opened; without the records where they went to a `reader`. */
  readonly recovered: JournalContents;
  /** Where the dropped bytes were put aside, when there was damage (not just a torn end). */
  readonly asidePath: string | undefined;
  /**
   * Appends a record and gives its number once it is safe. Records that are appended at the same time share one write
   * and one sync.
   *
   * @throws StoreError (rejects) `fenced`, `write_failed` or `closed`: then it is not confirmed, and neither is any later one
   * @throws UsageError for a value that JSON has no word for (undefined, a function)
   */
  append(value: unknown): Promise<number>;
  /** Where the next record will begin. */
  readonly place: JournalPlace;
  /** Bytes that wait to be written. */
  readonly waiting: number;
  /** Resolves when everything that was appended before is safe. @throws StoreError (rejects) */
  flush(): Promise<void>;
  /** Writes what is left, and closes the file; the lock stays. May be called twice. */
  close(): Promise<void>;
}

/** Reads a journal, also while somebody writes to it. One that is not there is empty. */
export async function readJournal(path: string): Promise<JournalContents> {
  const { records, reader } = collector();
  return contents(await scanJournal(path, reader), records);
}

/** The same without holding the records: memory stays flat. @throws what the reader throws (rejects) */
export async function scanJournal(path: string, reader: JournalReader, from = BEGINNING): Promise<JournalEnd> {
  let { seq: nextSeq, epoch, offset: goodBytes } = from;
  let size = goodBytes;
  let torn = false;
  let damaged = false;

  /** Whether the line is where it belongs. */
  const take = (record: Readonly<Record<string, unknown>>, offset: number): boolean => {
    const { epoch: said, from, seq, value } = record;
    if (typeof said !== "number") return false;
    // A late word of a writer that was replaced.
    if (said < epoch) return true;
    if (typeof from === "number") {
      if (from < 1 || from > nextSeq) return false;
      epoch = said;
      if (from < nextSeq) reader.revoke(from);
      nextSeq = from;
      return true;
    }
    if (said !== epoch || seq !== nextSeq || value === undefined) return false;
    reader.record(Object.freeze({ seq: nextSeq, epoch, value }), offset);
    nextSeq += 1;
    return true;
  };

  for await (const { offset, length, record } of sealedLines(path, undefined, from.offset)) {
    size = offset + length;
    if (torn) damaged ||= record !== undefined;
    else if (record !== undefined && take(record, offset)) {
      size += 1;
      goodBytes = size;
      continue;
    } else {
      torn = true;
      damaged = record !== undefined;
    }
  }
  return Object.freeze({ nextSeq, epoch, goodBytes, droppedBytes: Math.max(0, size - goodBytes), damaged });
}

/**
 * Opens a journal for writing, and makes it where it is missing. What counts for nothing at its end is cut off; where
 * that was damage and no torn end, it is put aside first (`asidePath`).
 *
 * @throws StoreError (rejects) `fenced` when the lock is not held any more
 * @throws UsageError (rejects) for a file that holds something else: it is left as it is
 */
export async function openJournal(path: string, options: JournalOptions): Promise<Journal> {
  const { lock, fsync = "commit", from } = options;
  await lock.check();
  const { records, reader } = collector();
  const end = await scanJournal(path, options.reader ?? reader, from);
  if (end.goodBytes === 0 && end.droppedBytes > 0) await refuseOther(path);
  const asidePath = end.damaged ? `${path}.damaged-${lock.epoch}` : undefined;
  if (asidePath !== undefined) await copyTail(path, asidePath, end.goodBytes);
  if (end.droppedBytes > 0) await truncate(path, end.goodBytes);
  const writer = await openGroupWriter(path, { fsync, fence: () => lock.check() });
  // A file that was copied without its lock may have seen more writers than the lock has.
  const epoch = lock.epoch > end.epoch ? lock.epoch : end.epoch + lock.epoch;
  let { nextSeq } = end;
  await writer.append(Buffer.from(seal({ epoch, from: nextSeq }))).written;
  if (fsync === "commit") await syncFolder(dirname(path));

  return Object.freeze({
    recovered: contents(end, records),
    asidePath,
    get place() {
      return Object.freeze({ offset: writer.size, seq: nextSeq, epoch });
    },
    get waiting() {
      return writer.waiting;
    },
    // Not async: what waits for the disk would hold its value as long.
    append(value: unknown): Promise<number> {
      try {
        const json = JSON.stringify(value) as string | undefined;
        if (json === undefined) throw new UsageError("a journal keeps JSON values, and this is none");
        const seq = nextSeq;
        nextSeq += 1;
        const bytes = Buffer.from(sealText(`"epoch":${epoch},"seq":${seq},"value":${json}`));
        return writer.append(bytes).written.then(() => seq);
      } catch (thrown) {
        return Promise.reject(asError(thrown));
      }
    },
    flush: () => writer.flush(),
    close: () => writer.close(),
  });
}

/** As long as most lines are. */
const READ_BYTES = 8 * 1024;

/**
 * The value of the record whose line begins there; undefined where there is none, or it is not as it was written.
 * @param offset as a {@link JournalReader} was told
 */
export async function recordAt(file: FileHandle, offset: number): Promise<unknown> {
  for (let room = READ_BYTES; ; room *= 8) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(room), 0, room, offset);
    const end = buffer.subarray(0, bytesRead).indexOf("\n");
    if (end !== -1) return unseal(buffer.subarray(0, end))?.["value"];
    if (bytesRead < room) return undefined;
  }
}

function contents(end: JournalEnd, records: readonly JournalRecord[]): JournalContents {
  return Object.freeze({ records: Object.freeze(records), ...end });
}

function collector(): { readonly records: readonly JournalRecord[]; readonly reader: JournalReader } {
  const records: JournalRecord[] = [];
  return {
    records,
    reader: {
      record: (record) => void records.push(record),
      revoke: (from) => void (records.length = from - 1),
    },
  };
}

/** A journal that was torn in its first line still begins like one. */
async function refuseOther(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(sealedStart.length), 0, sealedStart.length, 0);
    if (sealedStart.subarray(0, bytesRead).equals(buffer.subarray(0, bytesRead))) return;
  } finally {
    await file.close();
  }
  throw new UsageError(`${path} is no journal: it holds something else, and was left as it is`);
}

async function copyTail(path: string, to: string, from: number): Promise<void> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    await writeFile(to, buffer.subarray(0, bytesRead), { mode: 0o600 });
  } finally {
    await file.close();
  }
}
