import type { ReportData, TableOptions } from "../../evaluate/report.ts";
import type { Program } from "../../programs/program.ts";
import type { BestOutput } from "./best-outputs.ts";
import type { LessonEffect } from "./lesson-effects.ts";
import type { ParetoSet } from "./pareto-set.ts";
import type { DemoSource, TextSource } from "./text-sources.ts";
import type { JobPartial, JobState, JobStep } from "../job/job-board.ts";

/** What a job has come to, as data. */
export interface JobReportData<P extends Program<never> = Program<never>> {
  readonly name: string;
  /** The teleprompter's `kind`. */
  readonly teleprompter: string;
  readonly state: JobState;
  /** Why the search ended before its own end. Undefined: it did not. */
  readonly partial: JobPartial | undefined;
  /** What was to become better. */
  readonly student: Program<never>;
  /** In the order of their scoring. */
  readonly candidates: readonly JobStep<P>[];
  /** The best of those that were scored in full. */
  readonly best: JobStep<P> | undefined;
  /** Undefined: there is none, or not yet. */
  readonly result: P | undefined;
  /** Ids of the examples that full scores are of, as far as that is known. */
  readonly examples: readonly string[] | undefined;
  /** The best answer to each of them that any candidate gave. Left out: the teleprompter was not told to keep them. */
  readonly bestOutputs?: readonly BestOutput[] | undefined;
  /** Of the result, or of the best so far: where each of its texts came from. */
  readonly sources: readonly TextSource[];
  /** And of what its new demos were made. */
  readonly demoSources: readonly DemoSource[];
  /** Which candidates are best on which examples. Left out: fewer than two were scored in full. */
  readonly pareto?: ParetoSet | undefined;
  /** What was learnt as lessons, and what each step of them did to the score. Left out: the teleprompter keeps none. */
  readonly lessons?: readonly LessonEffect[] | undefined;
  /** Earlier lives included. */
  readonly usage: ReportData["usage"];
  /** Runs of programs, those included that were on record. */
  readonly runs: number;
  readonly recorded: number;
  /** Milliseconds that this process worked on it. */
  readonly ms: number;
  /** What a reader of the figures should know. */
  readonly notes: readonly string[];
}

export type JobTableOptions = Omit<TableOptions, "classes">;

/** What a job has come to, and its forms for other eyes: texts of models are made harmless for where they go. */
export interface JobReport<P extends Program<never> = Program<never>> extends JobReportData<P> {
  /** For a terminal: figures, then so many candidates, the best first. Default 20 rows, 100 columns. */
  toTable(options?: JobTableOptions): string;
  /**
   * GitHub's Markdown: figures, candidates, what the best one changes in the program and where that came from, the lineage, who is
   * best on which example, and lessons. Default 20 rows of each.
   */
  toMarkdown(options?: Pick<JobTableOptions, "rows">): string;
  /** All of it as JSON under a format and a version: of programs, their predictors' instructions and demos. */
  toJson(): string;
  /**
   * One page that needs nothing else: a plot of scores, what the result changes and where its texts came from, the lineage as a
   * tree with what each candidate changed in its parent, scores by example and who is best there, lessons, and each candidate with
   * its instructions and demos.
   */
  toHtml(): string;
}
