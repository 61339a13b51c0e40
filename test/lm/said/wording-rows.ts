// What servers say, in their own words, one failure a line: from their sources, their documentation and public reports of 2024
// to 2026. Whoever finds another adds a line.
import { readFileSync } from "node:fs";
import type { LmFailureCode } from "../../../src/lm/failure.ts";

interface WordingRow {
  readonly who: string;
  /** The public report, where it is from one. */
  readonly source?: string;
  readonly status: number;
  readonly body: unknown;
}

export interface CodedRow extends WordingRow {
  readonly code: LmFailureCode;
  /** Whether it tells itself apart without its status too: in a 200, and inside a stream. */
  readonly anywhere?: boolean;
}

export interface TurnedDownRow extends WordingRow {
  readonly parameters?: readonly string[];
  readonly format?: "schema" | "format" | "none";
}

function rows(name: string): readonly unknown[] {
  const text = readFileSync(new URL(name, import.meta.url), "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as unknown);
}

// They are what the files are written as.
export const CODED_ROWS = rows("wordings.jsonl") as readonly CodedRow[];
export const TURNED_DOWN_ROWS = rows("turned-down.jsonl") as readonly TurnedDownRow[];
