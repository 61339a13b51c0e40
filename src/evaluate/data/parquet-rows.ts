import zlib from "node:zlib";
import { UsageError } from "../../foundation/errors.ts";
import { unreadable } from "./file-row.ts";
import type { FileRow, RowFormat } from "./file-row.ts";
import { importParquetEngine } from "./parquet-engine.ts";
import type { FileMetaData, ParquetEngine } from "./parquet-engine.ts";

/** Columns of typed values, read one row group after the other. */
export const PARQUET: RowFormat = Object.freeze({
  cells: false,
  streams: true,
  rows: (path: string) => parquetRows(path, importParquetEngine),
});

/** @param load Tests put another in its place */
export async function* parquetRows(path: string, load: () => Promise<ParquetEngine>): AsyncGenerator<FileRow> {
  const engine = await load();
  try {
    const file = await engine.asyncBufferFromFile(path);
    const metadata = await engine.parquetMetadataAsync(file);
    const local = localTimes(metadata);
    let start = 0;
    for (const group of metadata.row_groups) {
      const end = start + Number(group.num_rows);
      const rows = await engine.parquetReadObjects({ file, metadata, rowStart: start, rowEnd: end, ...READING });
      for (const [index, values] of rows.entries())
        yield { row: start + index + 1, values: plainValues(values, local) };
      start = end;
    }
  } catch (thrown) {
    if (thrown instanceof UsageError) throw thrown;
    unreadable(path, thrown);
  }
}

/**
 * Bytes stay bytes: read as text, those of an image would be damaged. Days and moments are ISO text, to the microsecond.
 * Compression is Node's, for what the package does not bring along.
 */
const READING = {
  utf8: false,
  parsers: {
    dateFromDays: (days: number) => new Date(days * 86_400_000).toISOString().slice(0, 10),
    timestampFromMilliseconds: (millis: bigint) => momentText(millis * 1000n),
    timestampFromMicroseconds: momentText,
    timestampFromNanoseconds: (nanos: bigint) => momentText(nanos / 1000n),
  },
  compressors: {
    GZIP: unpacked(zlib.gunzipSync),
    BROTLI: unpacked(zlib.brotliDecompressSync),
    ZSTD: unpacked(zlib.zstdDecompressSync),
  },
};

/** With no more room than the file says that it takes (Node wants a byte at least). */
function unpacked(unpack: (input: Uint8Array, options: { readonly maxOutputLength: number }) => Uint8Array) {
  return (input: Uint8Array, length: number): Uint8Array => unpack(input, { maxOutputLength: Math.max(1, length) });
}

function momentText(micros: bigint): string {
  const rest = ((micros % 1000n) + 1000n) % 1000n;
  const text = new Date(Number((micros - rest) / 1000n)).toISOString();
  return rest === 0n ? text : text.replace("Z", `${String(rest).padStart(3, "0")}Z`);
}

/** Columns whose moments name no zone, and are given none. */
function localTimes({ schema }: FileMetaData): ReadonlySet<string> {
  const local = schema.filter(({ logical_type: type }) => type?.type === "TIMESTAMP" && !type.isAdjustedToUTC);
  return new Set(local.map(({ name }) => name));
}

function plainValues(values: object, local: ReadonlySet<string>): ReadonlyMap<string, unknown> {
  return new Map(
    Object.entries(values).map(([name, value]: [string, unknown]) => [
      name,
      local.has(name) && typeof value === "string" ? value.replace(/Z$/, "") : plain(value),
    ]),
  );
}

/** Values as JSON has them, as far as it has words for them. */
function plain(value: unknown): unknown {
  // What is too large for a number stays what it is, for the field to refuse.
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (value instanceof Uint8Array) return textIn(value) ?? value;
  // A DataView, the one view that is no list, comes from no column.
  if (ArrayBuffer.isView(value)) return [...(value as unknown as Iterable<number | bigint>)].map(plain);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]: [string, unknown]) => [key, plain(item)]));
}

/** Columns of texts are not always marked as such. */
function textIn(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
