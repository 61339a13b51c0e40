import { createReadStream } from "node:fs";
import { asError, describe } from "../../foundation/errors.ts";
import { NO_UTF8, unreadable, utf8Decoder } from "./file-row.ts";
import type { FileRow, RowFormat } from "./file-row.ts";

/** One JSON object a line. Blank lines are left out; a byte order mark at the beginning, too. */
export const JSONL: RowFormat = Object.freeze({ cells: false, streams: true, rows: jsonlRows });

const NEWLINE = 0x0a;

async function* jsonlRows(path: string): AsyncGenerator<FileRow> {
  const decoder = utf8Decoder();
  let line = 0;
  let row = 0;
  let rest: Uint8Array[] = [];
  const readLine = (bytes: Uint8Array): FileRow | undefined => {
    line += 1;
    const text = decoded(decoder, bytes);
    if (text?.trim() === "") return undefined;
    row += 1;
    return { row, line, ...(text === undefined ? { problem: NO_UTF8 } : parsed(text)) };
  };
  try {
    // Lines end where JSON says they do: readline would end them at U+2028 too, which may stand in a text.
    for await (const chunk of createReadStream(path)) {
      const bytes = chunk as Buffer;
      let start = 0;
      for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
        const piece = bytes.subarray(start, end);
        const found = readLine(rest.length === 0 ? piece : Buffer.concat([...rest, piece]));
        rest = [];
        start = end + 1;
        if (found !== undefined) yield found;
      }
      if (start < bytes.length) rest.push(bytes.subarray(start));
    }
  } catch (thrown) {
    unreadable(path, thrown);
  }
  const last = rest.length === 0 ? undefined : readLine(Buffer.concat(rest));
  if (last !== undefined) yield last;
}

function decoded(decoder: ReturnType<typeof utf8Decoder>, bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

function parsed(text: string): { readonly values: ReadonlyMap<string, unknown> } | { readonly problem: string } {
  try {
    return objectRow(JSON.parse(text));
  } catch (thrown) {
    return { problem: `expected a JSON object on one line (${asError(thrown).message}), got ${describe(text.trim())}` };
  }
}

/** The members of an object, whatever they are called. */
export function objectRow(
  value: unknown,
): { readonly values: ReadonlyMap<string, unknown> } | { readonly problem: string } {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? { values: new Map<string, unknown>(Object.entries(value)) }
    : { problem: `expected a JSON object, got ${describe(value)}` };
}
