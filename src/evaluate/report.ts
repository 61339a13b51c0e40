import type { FeedbackFor } from "./metrics/metric.ts";
import type { DspexError } from "../foundation/errors.ts";
import type { Prediction, TraceStep } from "../programs/prediction.ts";
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
  /** By path: what the metric said to single predictors. */
  readonly feedbackFor?: FeedbackFor;
  /** By name, where there are several metrics. */
  readonly scores?: Readonly<Record<string, number>>;
  /** What else a metric gave. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Why it failed. Left out: it did not. */
  readonly error?: DspexError;
  /** Whose failure that is. */
  readonly failed?: "program" | "metric";
  /** Of a trial that failed, with `trace`: what was asked and said up to there, by its judges too. Of others it is in `$meta`. */
  readonly trace?: readonly TraceStep[];
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

/** How many trials scored from `from` up to `to`: `to` itself counts in the next bin, or in this one where it is the last. */
export interface ScoreBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** What an evaluation came to, as data: plain but for the errors and predictions in its rows. */
export interface ReportData {
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
  /** Ten bins of equal width: from 0 to 1, or from the lowest score to the highest where those lie outside. */
  readonly histogram: readonly ScoreBin[];
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

/** What stands in a report that is written for people. */
export interface RowsOptions {
  /** So many rows, the first ones; those that the report does not hold cannot be shown. Default 20. */
  readonly rows?: number | undefined;
  /**
   * The name of an output that is one of a few classes: how well each is told from the others, by the labels of that name
   * in the rows that the report holds. Default: left out.
   */
  readonly classes?: string | undefined;
}

export interface TableOptions extends RowsOptions {
  /** Columns of the terminal (`process.stdout.columns`). What does not fit is cut, ending in `…`. Default 100. */
  readonly width?: number | undefined;
}

export interface JUnitOptions {
  /** The lowest score of a test that passes. Default 1. */
  readonly passScore?: number | undefined;
}

/** A page shows all rows of its report. */
export type HtmlOptions = Pick<RowsOptions, "classes">;

/**
 * What an evaluation came to, and its forms for other eyes. What models said is made harmless for where it goes: markup,
 * formulas of spreadsheets and terminal escapes stay text. All of them show what models and users said: keep them as you
 * keep those (`writeReport` writes files that only their owner can read).
 */
export interface EvaluationReport extends ReportData {
  /** For a terminal: figures, failures by kind, slices, rows. Nothing in it moves a cursor or sets a colour. */
  toTable(options?: TableOptions): string;
  /** A line for each row under a line of names (RFC 4180), for spreadsheets and `loadExamples`; formulas begin with `'`. */
  toCsv(): string;
  /** All of it, `$meta` of predictions included, as JSON under a format and a version. */
  toJson(): string;
  /** For a pull request or a page of notes (GitHub's Markdown). */
  toMarkdown(options?: RowsOptions): string;
  /** JUnit's XML, for CI: each row a test, which passes from a score on. */
  toJunit(options?: JUnitOptions): string;
  /**
   * One page that needs nothing else: figures, a histogram, slices, and a table that sorts, with failures first and what the
   * model saw and said behind a click.
   */
  toHtml(options?: HtmlOptions): string;
}
