import { type FileHandle, open, unlink } from "node:fs/promises";
import type { FolderLock } from "../foundation/folder-lock.ts";
import { type GroupWriter, openGroupWriter } from "../foundation/group-writer.ts";
import { type LinePlace, unseal } from "../foundation/sealed-line.ts";

/** One file of the cache on disk: lines that are only ever added, and a whole that is only ever dropped. */
export interface Segment {
  /** Later ones have higher numbers. */
  readonly number: number;
  readonly path: string;
  readonly bytes: number;
  readLine(place: LinePlace): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** Reads in progress end first. */
  drop(): Promise<void>;
  close(): Promise<void>;
}

export interface OpenSegment extends Segment {
  readonly writer: GroupWriter;
}

const SEGMENT_FILE = /^answers-(\d{9})\.jsonl$/;

export function segmentNumber(fileName: string): number | undefined {
  const found = SEGMENT_FILE.exec(fileName);
  return found === null ? undefined : Number(found[1]);
}

export function segmentFile(number: number): string {
  return `answers-${String(number).padStart(9, "0")}.jsonl`;
}

/** A segment that somebody wrote before. */
export async function oldSegment(path: string, number: number): Promise<Segment> {
  const file = await open(path, "r");
  const { size } = await file.stat();
  return { number, path, bytes: size, ...access(file, path) };
}

/** A segment of our own, which must not be there yet. A cache does not sync: what a power cut tears is refused later. */
export async function newSegment(path: string, number: number, lock: FolderLock): Promise<OpenSegment> {
  await lock.check();
  const writer = await openGroupWriter(path, { fsync: "never", mustBeNew: true, fence: () => lock.check() });
  const file = await open(path, "r");
  const reading = access(file, path);
  return {
    number,
    path,
    writer,
    get bytes() {
      return writer.size;
    },
    readLine: reading.readLine,
    async drop() {
      await writer.close();
      await reading.drop();
    },
    async close() {
      await writer.close();
      await reading.close();
    },
  };
}

function access(file: FileHandle, path: string): Pick<Segment, "readLine" | "drop" | "close"> {
  const close = (): Promise<void> => file.close();
  return {
    async readLine({ offset, length }) {
      const bytes = Buffer.allocUnsafe(length);
      const { bytesRead } = await file.read(bytes, 0, length, offset);
      return bytesRead === length ? unseal(bytes) : undefined;
    },
    close,
    // In this order: Windows removes no open file.
    async drop() {
      await close();
      await unlink(path);
    },
  };
}
