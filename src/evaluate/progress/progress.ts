import type { Clock } from "../../foundation/clock.ts";
import type { TrialRow } from "../report.ts";

/** How far an evaluation is: of all candidates and samples together. */
export interface Progress {
  /** Trials that are over, those from a journal included. */
  readonly done: number;
  /** Of how many. Undefined: the examples come as a stream, and nobody knows. */
  readonly total: number | undefined;
  /** Of the trials so far, as a report counts it: 100 · sum / n. */
  readonly score: number;
  readonly failures: number;
  /** Trials of which all was in a journal: they took no time. */
  readonly recorded: number;
  readonly tokens: number;
  /** US dollars, as far as prices are known. */
  readonly usd: number;
  /** Milliseconds since it began. */
  readonly ms: number;
}

/** Told after every trial. What it throws ends the evaluation. */
export type ProgressListener = (progress: Progress) => void;

export interface ProgressCount {
  readonly now: Progress;
  add(row: TrialRow): void;
}

/** Counts rows in whatever order they come. */
export function countProgress(clock: Clock, total: number | undefined): ProgressCount {
  const startedAt = clock.now();
  const counts = { done: 0, failures: 0, recorded: 0, tokens: 0, usd: 0 };
  let sum = 0;
  return {
    get now() {
      const score = counts.done === 0 ? 0 : (100 * sum) / counts.done;
      return Object.freeze({ ...counts, total, score, ms: clock.now() - startedAt });
    },
    add({ score, error, recorded, tokens, usd }) {
      sum += score;
      counts.done += 1;
      if (error !== undefined) counts.failures += 1;
      if (recorded === "all") counts.recorded += 1;
      counts.tokens += tokens;
      counts.usd += usd;
    },
  };
}
