import { type FileHandle, open, unlink } from "node:fs/promises";
import type { FolderLock } from "../../foundation/folder-lock.ts";
import { type GroupWriter, openGroupWriter } from "../../foundation/group-writer.ts";
import { type LinePlace, unseal } from "../../foundation/sealed-line.ts";

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
  return writtenSegment(path, number, lock, true);
}

/** One that somebody wrote before, to go on with. */
export async function continuedSegment(path: string, number: number, lock: FolderLock): Promise<OpenSegment> {
  const segment = await writtenSegment(path, number, lock, false);
  // A line that was torn stays one line, and takes no other along.
  if (!(await endsInNewline(path))) segment.writer.append(NEWLINE);
  return segment;
}

async function writtenSegment(
  path: string,
  number: number,
  lock: FolderLock,
  mustBeNew: boolean,
): Promise<OpenSegment> {
  const writer = await openGroupWriter(path, { fsync: "never", mustBeNew, fence: () => lock.check() });
  const reading = access(await open(path, "r"), path);
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

const NEWLINE = Buffer.from("\n");

async function endsInNewline(path: string): Promise<boolean> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1));
    return size === 0 || buffer.equals(NEWLINE);
  } finally {
    await file.close();
  }
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
