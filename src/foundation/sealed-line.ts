import crypto from "node:crypto";
import { createReadStream } from "node:fs";
import { UsageError } from "./errors.ts";

/**
 * One record as one line of JSON that carries its own checksum: `{"sum":"…", …}` and a newline. The checksum covers
 * every byte between its own field and the closing brace, and all other bytes are always the same, so no flipped bit
 * and no cut goes unseen.
 */

const HEAD = Buffer.from('{"sum":"');
/** What every sealed line begins with. */
export const sealedStart: Buffer = HEAD;
const AFTER_SUM = Buffer.from('",');
/** Hex digits of SHA-256 that are kept: 64 bits. */
const SUM_LENGTH = 16;
const BODY_AT = HEAD.length + SUM_LENGTH + AFTER_SUM.length;
const NEWLINE = 0x0a;
const CLOSING_BRACE = 0x7d;

/** @throws UsageError for a record without any field that JSON can hold */
export function seal(record: object): string {
  const json = JSON.stringify(record);
  const body = json.slice(1, -1);
  if (!json.startsWith("{") || body === "") throw new UsageError("a record must be an object with at least one field");
  return sealText(body);
}

/** The same of fields that are JSON already: an object's text without its braces. */
export function sealText(body: string): string {
  return `{"sum":"${checksum(body)}",${body}}\n`;
}

/** The record of a line (given without its newline), or undefined where a single bit of it is not as it was written. */
export function unseal(line: Buffer): Readonly<Record<string, unknown>> | undefined {
  const end = line.length - 1;
  if (end <= BODY_AT || line[end] !== CLOSING_BRACE) return undefined;
  if (HEAD.compare(line, 0, HEAD.length) !== 0) return undefined;
  if (AFTER_SUM.compare(line, BODY_AT - AFTER_SUM.length, BODY_AT) !== 0) return undefined;
  const sum = line.toString("latin1", HEAD.length, HEAD.length + SUM_LENGTH);
  if (checksum(line.subarray(BODY_AT, end)) !== sum) return undefined;
  try {
    // Written by `seal`, as the checksum says: an object.
    const { sum: _sum, ...record } = JSON.parse(line.toString()) as Readonly<Record<string, unknown>>;
    return record;
  } catch {
    // The bytes are as they were written, but not by `seal`.
    return undefined;
  }
}

function checksum(body: string | Buffer): string {
  return crypto.hash("sha256", body, "hex").slice(0, SUM_LENGTH);
}

/** Where in a file a line is, in bytes; the length is without the newline. */
export interface LinePlace {
  readonly offset: number;
  readonly length: number;
}

export interface SealedLine extends LinePlace {
  /** Undefined: the line is damaged, or it is the last one and its newline is missing. */
  readonly record: Readonly<Record<string, unknown>> | undefined;
}

/** Small enough that reading a large file holds nobody up. */
const CHUNK_BYTES = 256 * 1024;

/**
 * The lines of a file, damaged ones included. A file that is not there has none.
 * @param start where a line begins, in bytes; default: the file's beginning
 */
export async function* sealedLines(path: string, signal?: AbortSignal, start = 0): AsyncGenerator<SealedLine> {
  let rest: Buffer[] = [];
  let offset = start;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES, signal, start })) {
      // No encoding was set, so chunks are buffers.
      const bytes = chunk as Buffer;
      let begin = 0;
      for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, begin)) {
        const tail = bytes.subarray(begin, at);
        const line = rest.length === 0 ? tail : Buffer.concat([...rest, tail]);
        rest = [];
        begin = at + 1;
        yield { offset, length: line.length, record: unseal(line) };
        offset += line.length + 1;
      }
      if (begin < bytes.length) rest.push(bytes.subarray(begin));
    }
  } catch (thrown) {
    if (isMissing(thrown)) return;
    throw thrown;
  }
  const length = rest.reduce((sum, { length: bytes }) => sum + bytes, 0);
  if (length > 0) yield { offset, length, record: undefined };
}

/** Whether a file operation failed because there is no such file. */
export function isMissing(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";
}
