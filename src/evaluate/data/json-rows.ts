import { readFile } from "node:fs/promises";
import { asError, describe } from "../../foundation/errors.ts";
import { DatasetError } from "./dataset-error.ts";
import { NO_UTF8, unreadable, utf8Decoder } from "./file-row.ts";
import type { FileRow, RowFormat } from "./file-row.ts";
import { objectRow } from "./jsonl-rows.ts";

/** A list of objects, read whole. */
export const JSON_LIST: RowFormat = Object.freeze({ cells: false, streams: false, rows: jsonRows });

async function* jsonRows(path: string): AsyncGenerator<FileRow> {
  const bytes = await readFile(path).catch((thrown: unknown) => unreadable(path, thrown));
  const list = listIn(path, bytes);
  for (const [index, value] of list.entries()) yield { row: index + 1, ...objectRow(value) };
}

function listIn(path: string, bytes: Uint8Array): readonly unknown[] {
  const fail = (problem: string, cause?: unknown): never => {
    throw new DatasetError("unreadable", `${path}: ${problem}`, { file: path }, cause);
  };
  let text = "";
  try {
    text = utf8Decoder().decode(bytes);
  } catch (thrown) {
    fail(NO_UTF8, thrown);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    fail(`it holds no JSON (${asError(thrown).message.split("\n")[0]})`, thrown);
  }
  return Array.isArray(value) ? value : fail(`expected a list of objects, got ${describe(value)}`);
}
