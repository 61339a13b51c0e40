import zlib from "node:zlib";
import type { Transform } from "node:stream";

/** A compressed answer that is damaged, or not what it says it is. */
export class DamagedEncoding extends Error {
  override readonly name: string = "DamagedEncoding";
}

/** Who gets what was packed. */
export interface UnpackedTo {
  data(chunk: Buffer): void;
  end(): void;
  error(error: Error): void;
}

/** A body that may be packed, as it comes. */
export interface Unpacking {
  push(chunk: Buffer): void;
  end(): void;
  destroy(): void;
}

/** Whether a body that begins so needs no unpacking: no packed one begins as JSON and events do, but for brotli's. */
export function isPlain(encoding: string | undefined, head: Buffer): boolean {
  const [first = 0] = head;
  return encoding === undefined && first !== GZIP && first !== ZSTD;
}

const GZIP = 0x1f;
const ZSTD = 0x28;

/**
 * Unpacks what a gateway has compressed, though nobody asked for it. Gzip and zstd are known by their first bytes, whatever the
 * headers say of them, and what the headers say is gzip is taken as it is where it is none: a proxy on the way had unpacked it.
 */
export function beginUnpacking(encoding: string | undefined, to: UnpackedTo): Unpacking {
  /** Undefined until the first bytes are there: gzip is known by two of them, zstd by four. */
  let unpacker: Transform | "none" | undefined;
  let head: Buffer | undefined;
  const begin = (first: Buffer): void => {
    head = undefined;
    const made = unpackerFor(encodingsOf(encoding), first);
    unpacker = made ?? "none";
    if (made === undefined) return to.data(first);
    made.on("data", (chunk: Buffer) => to.data(chunk));
    made.on("end", () => to.end());
    made.on("error", (error) => to.error(new DamagedEncoding("the compressed answer is damaged", { cause: error })));
    made.write(first);
  };
  return {
    push(chunk) {
      if (unpacker === "none") return to.data(chunk);
      if (unpacker !== undefined) return void unpacker.write(chunk);
      head = head === undefined ? chunk : Buffer.concat([head, chunk]);
      if (head.length >= 4) begin(head);
    },
    end() {
      if (head !== undefined) begin(head);
      if (unpacker === undefined || unpacker === "none") to.end();
      else unpacker.end();
    },
    destroy() {
      if (unpacker !== undefined && unpacker !== "none") unpacker.destroy();
    },
  };
}

function encodingsOf(told: string | undefined): readonly string[] {
  return told === undefined
    ? []
    : told
        .toLowerCase()
        .split(",")
        .map((name) => name.trim());
}

/** What is let through though its end is missing is what has come: whoever reads it knows whether that is all. */
const LENIENT = { flush: zlib.constants.Z_SYNC_FLUSH, finishFlush: zlib.constants.Z_SYNC_FLUSH };

function unpackerFor(encodings: readonly string[], head: Buffer): Transform | undefined {
  const [first = 0, second = 0] = head;
  if (first === 0x1f && second === 0x8b) return zlib.createUnzip(LENIENT);
  if (head.length >= 4 && head.readUInt32BE(0) === 0x28_b5_2f_fd) return zlib.createZstdDecompress();
  if (encodings.includes("br"))
    return zlib.createBrotliDecompress({
      flush: zlib.constants.BROTLI_OPERATION_FLUSH,
      finishFlush: zlib.constants.BROTLI_OPERATION_FLUSH,
    });
  if (!encodings.includes("deflate")) return undefined;
  // With a header of zlib's, as it should be, or without, as some send it.
  if ((first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0) return zlib.createInflate(LENIENT);
  return first === 0x7b || first === 0x64 ? undefined : zlib.createInflateRaw(LENIENT);
}
