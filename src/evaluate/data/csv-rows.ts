import { createReadStream } from "node:fs";
import { Readable, pipeline } from "node:stream";
import { parse } from "csv-parse";
import { DatasetError } from "./dataset-error.ts";
import { NO_UTF8, unreadable, utf8Decoder } from "./file-row.ts";
import type { FileRow, RowFormat } from "./file-row.ts";

/**
 * Comma separated cells under a line of names (RFC 4180), every cell a text. Blank lines are left out. A quote within a
 * cell that does not begin with one is a sign like any other, as spreadsheets and Python have it.
 */
export const CSV: RowFormat = Object.freeze({ cells: true, streams: true, rows: csvRows });

interface CsvRecord {
  readonly record: readonly string[];
  /** As it stands in the file, with blank lines before it. */
  readonly raw: string;
}

const LINE_END = /\r\n?|\n/g;

async function* csvRows(path: string): AsyncGenerator<FileRow> {
  let unclosed = false;
  const parser = parse({
    // Files that several programs wrote to have several.
    record_delimiter: ["\r\n", "\n", "\r"],
    skip_empty_lines: true,
    // What is wrong with a record is told as that of a row: by an error the parser would lose rows that it has read.
    relax_column_count: true,
    relax_quotes: true,
    skip_records_with_error: true,
    on_skip: () => {
      unclosed = true;
      return undefined;
    },
    info: true,
    raw: true,
  });
  pipeline(Readable.from(texts(path)), parser, () => undefined);
  let names: readonly string[] | undefined;
  let row = 0;
  let line = 1;
  try {
    for await (const each of parser) {
      const { record, raw } = each as CsvRecord;
      // The parser counts a line end within quotes as two where it is \r\n.
      line += leadingBreaks(raw);
      if (names === undefined) names = headerOf(path, record);
      else yield { row: (row += 1), line, ...rowOf(names, record, raw) };
      line += breaks(raw.replace(/^[\r\n]+/, ""));
    }
  } catch (thrown) {
    unreadable(path, thrown);
  }
  if (unclosed) yield { row: row + 1, line, problem: "a quote is opened and never closed: what is behind it is lost" };
}

async function* texts(path: string): AsyncGenerator<string> {
  const decoder = utf8Decoder();
  const decode = (bytes?: Uint8Array): string => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch (thrown) {
      throw new DatasetError("unreadable", `${path}: ${NO_UTF8}`, { file: path }, thrown);
    }
  };
  for await (const chunk of createReadStream(path)) yield decode(chunk as Buffer);
  yield decode();
}

function leadingBreaks(raw: string): number {
  return breaks(/^[\r\n]*/.exec(raw)?.[0] ?? "");
}

function breaks(text: string): number {
  return text.match(LINE_END)?.length ?? 0;
}

function headerOf(path: string, record: readonly string[]): readonly string[] {
  const names = record.map((name) => name.trim());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new DatasetError("unreadable", `${path}: two columns are called "${twice}"`, { file: path });
  const unnamed = names.indexOf("");
  // What spreadsheets and pandas call an index has no name, and says nothing.
  if (unnamed > 0) throw new DatasetError("unreadable", `${path}: column ${unnamed + 1} has no name`, { file: path });
  return names;
}

function rowOf(
  names: readonly string[],
  record: readonly string[],
  raw: string,
): { readonly values: ReadonlyMap<string, unknown> } | { readonly problem: string } {
  if (record.length !== names.length) return { problem: `it has ${record.length} cells, the header ${names.length}` };
  const torn = record.findIndex((cell) => cell.startsWith('"') && !raw.includes(`"${cell.replaceAll('"', '""')}"`));
  if (torn >= 0) return { problem: `the quotes of the cell "${names[torn]}" are not closed where it ends` };
  const cells = names.map((name, index) => [name, record[index]] as const);
  return { values: new Map(names[0] === "" ? cells.slice(1) : cells) };
}
