import { DspexError } from "../../foundation/errors.ts";

/**
 * `unreadable`: there is no such file, it may not be read, or it is not of its kind as a whole. `bad_row`: a row does not fit
 * the signature. `no_examples`: there is nothing in it.
 */
export type DatasetErrorCode = "unreadable" | "bad_row" | "no_examples";

/** A file of examples that cannot be read. `details` hold `file`, and of a bad row what {@link BadRow} holds. */
export class DatasetError extends DspexError<DatasetErrorCode> {
  override readonly name = "DatasetError";

  constructor(code: DatasetErrorCode, message: string, details: { readonly file: string }, cause?: unknown) {
    super(message, { code, retryable: false, details: { ...details }, cause });
  }
}

/** A row that is no example, and why. */
export interface BadRow {
  readonly file: string;
  /** From 1, blank lines and headers not counted. */
  readonly row: number;
  /** The line of the file in which it begins, from 1. Left out for files that have no lines to speak of (.json, .parquet). */
  readonly line?: number;
  /** Left out: it is about the row as a whole. */
  readonly field?: string;
  readonly problem: string;
}

/** On one line: `dev.jsonl, line 3, field "answer": …`. */
export function badRowText({ file, row, line, field, problem }: BadRow): string {
  const where = line === undefined ? `row ${row}` : `line ${line}`;
  return `${file}, ${where}${field === undefined ? "" : `, field "${field}"`}: ${problem}`;
}
