import type { TableOptions } from "../report.ts";
import type { PairedComparison } from "../statistics/paired.ts";

/** A trial that two evaluations made, and what it scored in each. */
export interface ScoreChange {
  readonly id: string;
  /** From 0. */
  readonly sample: number;
  readonly first: number;
  readonly second: number;
}

/** Two reports side by side, as data. */
export interface ComparisonData extends PairedComparison {
  /** Names of the two candidates, and the scores of their reports. */
  readonly first: { readonly name: string; readonly score: number };
  readonly second: { readonly name: string; readonly score: number };
  /** Trials that both made: what all else is about. */
  readonly trials: number;
  /** Those that scored differently, in the order of the first report. */
  readonly changes: readonly ScoreChange[];
  /** Trials that only one of them made, which do not count. */
  readonly onlyFirst: readonly Pick<ScoreChange, "id" | "sample">[];
  readonly onlySecond: readonly Pick<ScoreChange, "id" | "sample">[];
}

export interface ReportComparison extends ComparisonData {
  /** For a terminal; so many rows of what changed. */
  toTable(options?: Omit<TableOptions, "classes">): string;
}
