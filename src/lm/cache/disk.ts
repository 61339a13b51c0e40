import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../foundation/clock.ts";
import { asError } from "../../foundation/errors.ts";
import { type FolderLock, lockFolder } from "../../foundation/folder-lock.ts";
import { type LinePlace, seal, sealedLines } from "../../foundation/sealed-line.ts";
import { StoreError } from "../../foundation/store-error.ts";
import { readResponse } from "./entry.ts";
import {
  continuedSegment,
  newSegment,
  oldSegment,
  type OpenSegment,
  type Segment,
  segmentFile,
  segmentNumber,
} from "./segment.ts";
import type { LmResponse } from "../language-model.ts";

export interface DiskCacheOptions {
  /** Made where it is missing, for its owner's eyes only: it holds what models said. */
  readonly folder: string;
  /** Most bytes of all its files together. */
  readonly maxBytes: number;
  /** Who writes, within this process: see `lockFolder`. */
  readonly owner: string;
  /** For its lock. Default: real time. */
  readonly clock?: Clock;
  /** Milliseconds to wait for another that writes there. Default 0. */
  readonly lockWaitMs?: number;
  /** Whether the process may end while it waits. Default false. */
  readonly background?: boolean;
  /** Ends that wait. */
  readonly signal?: AbortSignal;
  /** Answers that were kept before this moment (milliseconds since 1970) are not found any more. Default: all are. */
  readonly freshFrom?: () => number;
  /** Told what goes wrong; nothing of it reaches a call. */
  readonly onTrouble?: (trouble: CacheTrouble) => void;
  /** Told of the answers that are written, or are too large to be. */
  readonly onWritten?: (keys: readonly string[]) => void;
  /** Told, once, when it writes no more: to go on, close it and open anew. */
  readonly onBroken?: () => void;
}

/**
 * - `damaged`: lines that are not as they were written were passed over (`lines`), or an entry was refused when read.
 * - `read_failed`: the disk refused; told a single time.
 * - `write_failed`: the disk refused, or the folder is gone; this one writes no more.
 * - `fenced`: another writer has taken over; this one writes no more.
 */
export interface CacheTrouble {
  readonly what: "damaged" | "read_failed" | "write_failed" | "fenced";
  readonly path: string;
  readonly lines?: number;
  readonly cause?: Error;
}

/**
 * Answers on disk. A log: lines with checksums, in segments of a sixteenth of all the room; what is where is known in
 * memory alone, and read from the files again at the next start. When the room is used up, the oldest segment goes, and
 * of its answers those that were asked for meanwhile move to the end, up to half a segment of them; so the work done at
 * a time is bounded, however large the store.
 */
export interface DiskCache {
  readonly entries: number;
  readonly bytes: number;
  /** Resolves when all that was on disk is known. Answers are found before that as they become known. */
  readonly loaded: Promise<void>;
  /** Counts as use, which decides what stays when room is made. */
  has(key: string): boolean;
  /** When it was kept, as it was told then: milliseconds since 1970; 0 where nobody told. */
  keptAt(key: string): number | undefined;
  /** The answer; undefined where there is none, or what is there is not as it was written. Rejects for nothing. */
  read(key: string): Promise<LmResponse | undefined>;
  /**
   * Writes it when there is time. Gives false, and does not, when the disk is much slower than the answers come, or no more
   * is written.
   * @param at when it was answered: milliseconds since 1970. Default: not known, which is long ago
   */
  write(key: string, response: LmResponse, at?: number): boolean;
  /** Resolves when all writes so far are done, or have failed. */
  flush(): Promise<void>;
  /** Flushes, and lets the next writer in. May be called twice. */
  close(): Promise<void>;
}

interface Place extends LinePlace {
  readonly segment: Segment;
  readonly at: number;
  used: boolean;
}

/** What is to be written. */
interface Line {
  readonly key: string;
  readonly line: Buffer;
  readonly at: number;
}

/** Files of an earlier version do not say. */
function atOf(record: Readonly<Record<string, unknown>> | undefined): number {
  const at = record?.["at"];
  return typeof at === "number" ? at : 0;
}

const SEGMENTS = 16;
/** Answers that may wait for a disk that does not keep up. */
const MAX_QUEUED = 10_000;

/**
 * Opens a folder for writing.
 * @throws StoreError `locked` (rejects) while another process, or another system of this one, writes there
 */
export async function openDiskCache(options: DiskCacheOptions): Promise<DiskCache> {
  const { folder, maxBytes, owner, clock, lockWaitMs, background, signal } = options;
  const lock = await lockFolder(folder, {
    owner,
    ...(clock && { clock }),
    ...(lockWaitMs !== undefined && { waitMs: lockWaitMs }),
    ...(background !== undefined && { background }),
    ...(signal && { signal }),
  });
  try {
    return await runDiskCache(options, lock, Math.max(1, Math.floor(maxBytes / SEGMENTS)));
  } catch (thrown) {
    await lock.release();
    throw thrown;
  }
}

async function runDiskCache(options: DiskCacheOptions, lock: FolderLock, segmentBytes: number): Promise<DiskCache> {
  const { folder, maxBytes, freshFrom = () => 0 } = options;
  const index = new Map<string, Place>();
  /** Oldest first. */
  const segments: Segment[] = [];
  /** What each segment holds, or held: the index says what is still there. */
  const keysOf = new Map<Segment, string[]>();
  const closing = new AbortController();
  let current: OpenSegment | undefined;
  let queue: { readonly key: string; readonly response: LmResponse; readonly at: number }[] = [];
  let working: Promise<void> | undefined;
  let broken = false;
  let unreadable = false;
  let closed: Promise<void> | undefined;

  const tell = (what: CacheTrouble["what"], path: string, more: Partial<CacheTrouble> = {}): void =>
    options.onTrouble?.({ what, path, ...more });

  const adopt = (segment: Segment): void => {
    segments.push(segment);
    keysOf.set(segment, []);
  };

  const forget = (segment: Segment): void => {
    for (const key of keysOf.get(segment) ?? []) if (index.get(key)?.segment === segment) index.delete(key);
  };

  const dropOldest = async (): Promise<void> => {
    const oldest = segments.shift();
    if (oldest === undefined) return;
    forget(oldest);
    try {
      await oldest.drop();
    } catch (thrown) {
      tell("write_failed", oldest.path, { cause: asError(thrown) });
    }
    // What became known while it was being dropped.
    forget(oldest);
    keysOf.delete(oldest);
  };

  const totalBytes = (): number => segments.reduce((sum, { bytes }) => sum + bytes, 0);

  const know = (key: string, place: Place): void => {
    const keys = keysOf.get(place.segment);
    if (keys === undefined) return;
    keys.push(key);
    index.set(key, place);
  };

  /** Up to where it was at the start: what comes after that is known from writing it. */
  const load = async (segment: Segment, end: number): Promise<void> => {
    let bad = 0;
    for await (const { offset, length, record } of sealedLines(segment.path, closing.signal)) {
      if (offset >= end) break;
      const key = record?.["key"];
      if (typeof key !== "string") bad += 1;
      // What was written since is newer.
      else if ((index.get(key)?.segment.number ?? 0) <= segment.number)
        know(key, { segment, offset, length, at: atOf(record), used: false });
    }
    if (bad > 0) tell("damaged", segment.path, { lines: bad });
  };

  const loadAll = async (old: readonly (readonly [Segment, number])[]): Promise<void> => {
    for (const [segment, end] of old) {
      try {
        // It may have been dropped meanwhile, to make room.
        if (segments.includes(segment)) await load(segment, end);
      } catch (thrown) {
        if (closing.signal.aborted) return;
        tell("read_failed", segment.path, { cause: asError(thrown) });
      }
    }
  };

  /** Drops the oldest segments until this much fits in, and gives the lines that are worth keeping. */
  const makeRoom = async (needed: number): Promise<Line[]> => {
    const kept: Line[] = [];
    let room = segmentBytes / 2;
    while (segments.length > 0 && totalBytes() + needed > maxBytes) {
      const oldest = segments[0] as Segment;
      for (const key of keysOf.get(oldest) ?? []) {
        const place = index.get(key);
        if (place?.segment !== oldest || !place.used) continue;
        room -= place.length + 1;
        if (room < 0) break;
        const record = await oldest.readLine(place).catch(() => undefined);
        if (record !== undefined) kept.push({ key, line: Buffer.from(seal(record)), at: place.at });
      }
      await dropOldest();
    }
    return kept;
  };

  const append = async (added: Line): Promise<void> => {
    const { line } = added;
    if (current === undefined || (current.bytes > 0 && current.bytes + line.length > segmentBytes)) {
      const kept = await makeRoom(Math.max(segmentBytes, segmentBytes / 2 + line.length));
      const number = (segments.at(-1)?.number ?? lastNumber) + 1;
      lastNumber = number;
      current = await newSegment(join(folder, segmentFile(number)), number, lock);
      adopt(current);
      for (const old of kept) put(current, old);
    }
    put(current, added);
  };

  const put = (segment: OpenSegment, { key, line, at }: Line): void => {
    const { offset, written } = segment.writer.append(line);
    // Not before it is written: there would be nothing to read. Its failure is told where the writes are waited for.
    written.then(
      () => know(key, { segment, offset, length: line.length - 1, at, used: false }),
      () => {},
    );
  };

  const work = async (): Promise<void> => {
    while (queue.length > 0 && !broken) {
      // Answers go first: what is to be written waits until the event loop comes round.
      await new Promise((resolve) => setImmediate(resolve));
      const batch = queue;
      queue = [];
      try {
        for (const { key, response, at } of batch) {
          const line = Buffer.from(seal({ key, response, at }));
          if (line.length <= maxBytes / 4) await append({ key, line, at });
        }
        await current?.writer.flush();
        options.onWritten?.(batch.map(({ key }) => key));
      } catch (thrown) {
        broken = true;
        const isFenced = thrown instanceof StoreError && thrown.code === "fenced";
        tell(isFenced ? "fenced" : "write_failed", current?.path ?? folder, { cause: asError(thrown) });
        options.onBroken?.();
      }
    }
    queue = [];
    working = undefined;
  };

  const found = (await readdir(folder)).flatMap((name) => segmentNumber(name) ?? []).sort((a, b) => a - b);
  let lastNumber = found.at(-1) ?? 0;
  try {
    for (const number of found) adopt(await oldSegment(join(folder, segmentFile(number)), number));
    // There may have been more room before.
    while (totalBytes() > maxBytes) await dropOldest();
    // Gone on with, or many short lives would leave many files.
    const last = segments.at(-1);
    if (last !== undefined && last.bytes < segmentBytes) {
      current = await continuedSegment(last.path, last.number, lock);
      segments.pop();
      keysOf.delete(last);
      adopt(current);
      await last.close();
    }
  } catch (thrown) {
    await Promise.allSettled(segments.map((segment) => segment.close()));
    throw thrown;
  }
  const loaded = loadAll(segments.map((segment) => [segment, segment.bytes] as const));

  return Object.freeze({
    get entries() {
      return index.size;
    },
    get bytes() {
      return totalBytes();
    },
    loaded,
    has(key: string): boolean {
      const place = index.get(key);
      if (place === undefined || place.at < freshFrom()) return false;
      place.used = true;
      return true;
    },
    keptAt: (key: string) => index.get(key)?.at,
    async read(key: string): Promise<LmResponse | undefined> {
      const place = index.get(key);
      if (place === undefined) return undefined;
      let record: Readonly<Record<string, unknown>> | undefined;
      try {
        record = await place.segment.readLine(place);
      } catch (thrown) {
        // It may have been dropped while it was read.
        if (index.get(key) !== place) return undefined;
        index.delete(key);
        if (!unreadable) tell("read_failed", place.segment.path, { cause: asError(thrown) });
        unreadable = true;
        return undefined;
      }
      const response = record?.["key"] === key ? readResponse(record["response"]) : undefined;
      if (response === undefined && index.get(key) === place) {
        index.delete(key);
        tell("damaged", place.segment.path, { lines: 1 });
      }
      return response;
    },
    write(key: string, response: LmResponse, at = 0): boolean {
      if (broken || closed !== undefined || queue.length >= MAX_QUEUED) return false;
      queue.push({ key, response, at });
      working ??= work();
      return true;
    },
    flush: () => Promise.resolve(working),
    close(): Promise<void> {
      closed ??= (async () => {
        closing.abort();
        await Promise.all([working, loaded]);
        await Promise.allSettled(segments.map((segment) => segment.close()));
        await lock.release();
      })();
      return closed;
    },
  });
}
