import type { DspexError } from "../foundation/errors.ts";
import type { Prediction } from "../programs/prediction.ts";
import type { EvaluationEstimate } from "./estimate.ts";
import type { AnyExample } from "./example.ts";
import type { Interval } from "./statistics/interval.ts";
import type { SliceScore } from "./statistics/slices.ts";

/** One trial of a report. */
export interface TrialRow {
  /** Of the example in its set, from 0. */
  readonly index: number;
  readonly example: AnyExample;
  /** From 0; above only where `samples` asks for several. */
  readonly sample: number;
  /** Left out: the program failed. */
  readonly prediction?: Prediction<object>;
  /** The metric's; of a trial that failed, `failureScore`. */
  readonly score: number;
  readonly feedback?: string;
  /** By name, where there are several metrics. */
  readonly scores?: Readonly<Record<string, number>>;
  /** What else a metric gave. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Why it failed. Left out: it did not. */
  readonly error?: DspexError;
  /** Whose failure that is. */
  readonly failed?: "program" | "metric";
  readonly ms: number;
  readonly lmCalls: number;
  readonly tokens: number;
  /** US dollars, as far as prices are known. */
  readonly usd: number;
  /** What was taken from a journal. Left out: nothing. */
  readonly recorded?: "prediction" | "all";
}

/** Milliseconds of trials that were run. */
export interface Latency {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** Why a report does not tell of all trials. `journal`: it could not be written any more; `dry_run`: none was run. */
export type PartialReason = "cancelled" | "errors" | "budget" | "journal" | "dry_run";

/** What an evaluation came to. Plain data but for the errors and predictions in its rows. */
export interface EvaluationReport {
  /** The candidate's. */
  readonly name: string;
  /** DSPy's: 100 · sum / n, two decimals. 0 where no trial was scored. */
  readonly score: number;
  /** The mean score as it is. */
  readonly mean: number;
  /** Of the mean, at 95%. Undefined: there was nothing to draw from. */
  readonly interval: Interval | undefined;
  /** Trials that the score is of: those that failed included, those that were never begun not. */
  readonly trials: number;
  /** Examples of which each sample was tried. */
  readonly examples: number;
  /** Why it does not tell of all trials. Undefined: it does. */
  readonly partial: PartialReason | undefined;
  /** Those that `keepRows` says, in the order of the set. */
  readonly rows: readonly TrialRow[];
  /** All that failed, in the order of the set. */
  readonly failures: readonly TrialRow[];
  /** How many failed, by the error's code. */
  readonly failureCodes: Readonly<Record<string, number>>;
  /** Mean scores by metric, where there are several. */
  readonly scores: Readonly<Record<string, number>> | undefined;
  /** By name of a label, an input or a tag. */
  readonly slices: Readonly<Record<string, readonly SliceScore[]>>;
  /** Of several samples: the mean of the examples' standard deviations. Undefined: one sample each. */
  readonly spread: number | undefined;
  readonly usage: { readonly lmCalls: number; readonly totalTokens: number; readonly usd: number };
  readonly latency: Latency | undefined;
  /** Wall time of the whole evaluation. */
  readonly ms: number;
  /** How many trials were taken from a journal. */
  readonly recorded: { readonly predictions: number; readonly scores: number };
  /** What it would take: with `dryRun` alone. */
  readonly estimate?: EvaluationEstimate;
  /** What a reader of the figures should know: code that is known by its source text alone, say. */
  readonly notes: readonly string[];
}
