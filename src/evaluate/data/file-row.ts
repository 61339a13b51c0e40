import { asError } from "../../foundation/errors.ts";
import { DatasetError } from "./dataset-error.ts";

/** A row of a file, before anybody looks at what its columns mean. */
export type FileRow = {
  /** From 1. */
  readonly row: number;
  readonly line?: number;
} & ({ readonly values: ReadonlyMap<string, unknown> } | { readonly problem: string });

/** How files of one kind are read. */
export interface RowFormat {
  /** Whether values are texts that stand for others: what a cell of a CSV file is, its field's type says. */
  readonly cells: boolean;
  /** Whether a file is read piece by piece, however large it is. */
  readonly streams: boolean;
  /** @throws DatasetError for a file that cannot be read as such */
  rows(path: string): AsyncIterable<FileRow>;
}

/** @throws DatasetError `unreadable`, with what the file system says in words */
export function unreadable(path: string, thrown: unknown): never {
  if (thrown instanceof DatasetError) throw thrown;
  const error = asError(thrown);
  const { code } = error as NodeJS.ErrnoException;
  const problem =
    code === "ENOENT" ? "there is no such file" : code === "EISDIR" ? "it is a folder" : error.message.split("\n")[0];
  throw new DatasetError("unreadable", `${path}: ${problem}`, { file: path }, thrown);
}

/** Text as UTF-8, or an error: other encodings would come out as other texts. */
export function utf8Decoder(): { decode(bytes?: Uint8Array, options?: { readonly stream?: boolean }): string } {
  return new TextDecoder("utf-8", { fatal: true });
}

export const NO_UTF8 = "it is no UTF-8 text";
