import { open, truncate, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { UsageError } from "./errors.ts";
import type { FolderLock } from "./folder-lock.ts";
import { type FsyncPolicy, openGroupWriter } from "./group-writer.ts";
import { seal, sealedLines } from "./sealed-line.ts";
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

export interface JournalContents {
  readonly records: readonly JournalRecord[];
  /** The number of the next record. */
  readonly nextSeq: number;
  /** Bytes from the file's beginning that are good; what is after them counts for nothing. */
  readonly goodBytes: number;
  /** Bytes after those. A writer that died in the middle of a line leaves some. */
  readonly droppedBytes: number;
  /** Whether some of the bytes after those were a whole record: then it was no torn end, but damage. */
  readonly damaged: boolean;
}

export interface JournalOptions {
  /** The right to write in the journal's folder. One lock serves all journals and checkpoints in it. */
  readonly lock: FolderLock;
  /** Default `"commit"`: a confirmed record survives a power cut. */
  readonly fsync?: FsyncPolicy;
}

export interface Journal {
  /** What was there when it was opened. */
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
  /** Resolves when everything that was appended before is safe. @throws StoreError (rejects) */
  flush(): Promise<void>;
  /** Writes what is left, and closes the file; the lock stays. May be called twice. */
  close(): Promise<void>;
}

/** Reads a journal, also while somebody writes to it. One that is not there is empty. */
export async function readJournal(path: string): Promise<JournalContents> {
  const records: JournalRecord[] = [];
  let epoch = 0;
  let goodBytes = 0;
  let size = 0;
  let torn = false;
  let damaged = false;

  /** Whether the line is where it belongs. */
  const take = (record: Readonly<Record<string, unknown>>): boolean => {
    const { epoch: said, from, seq, value } = record;
    if (typeof said !== "number") return false;
    // A late word of a writer that was replaced.
    if (said < epoch) return true;
    const nextSeq = (records.at(-1)?.seq ?? 0) + 1;
    if (typeof from === "number") {
      if (from < 1 || from > nextSeq) return false;
      epoch = said;
      records.length = from - 1;
      return true;
    }
    if (said !== epoch || seq !== nextSeq || value === undefined) return false;
    records.push(Object.freeze({ seq: nextSeq, epoch, value }));
    return true;
  };

  for await (const { offset, length, record } of sealedLines(path)) {
    size = offset + length;
    if (torn) damaged ||= record !== undefined;
    else if (record !== undefined && take(record)) {
      size += 1;
      goodBytes = size;
      continue;
    } else {
      torn = true;
      damaged = record !== undefined;
    }
  }
  const nextSeq = (records.at(-1)?.seq ?? 0) + 1;
  return Object.freeze({
    records: Object.freeze(records),
    nextSeq,
    goodBytes,
    droppedBytes: Math.max(0, size - goodBytes),
    damaged,
  });
}

/**
 * Opens a journal for writing, and makes it where it is missing. What counts for nothing at its end is cut off; where
 * that was damage and no torn end, it is put aside first (`asidePath`).
 *
 * @throws StoreError (rejects) `fenced` when the lock is not held any more
 */
export async function openJournal(path: string, options: JournalOptions): Promise<Journal> {
  const { lock, fsync = "commit" } = options;
  await lock.check();
  const recovered = await readJournal(path);
  const asidePath = recovered.damaged ? `${path}.damaged-${lock.epoch}` : undefined;
  if (asidePath !== undefined) await copyTail(path, asidePath, recovered.goodBytes);
  if (recovered.droppedBytes > 0) await truncate(path, recovered.goodBytes);
  const writer = await openGroupWriter(path, { fsync, fence: () => lock.check() });
  let nextSeq = recovered.nextSeq;
  await writer.append(Buffer.from(seal({ epoch: lock.epoch, from: nextSeq }))).written;
  if (fsync === "commit") await syncFolder(dirname(path));

  return Object.freeze({
    recovered,
    asidePath,
    async append(value: unknown): Promise<number> {
      if (JSON.stringify(value) === undefined) throw new UsageError("a journal keeps JSON values, and this is none");
      const seq = nextSeq;
      const line = Buffer.from(seal({ epoch: lock.epoch, seq, value }));
      nextSeq += 1;
      await writer.append(line).written;
      return seq;
    },
    flush: () => writer.flush(),
    close: () => writer.close(),
  });
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
