import type { Program } from "../../programs/program.ts";
import type { JobReport } from "../reports/job-report.ts";
import type { JobEstimate } from "./estimate.ts";
import type { JobStatus, JobStep } from "./job-board.ts";

/** A job as its owner sees it: the same whichever life of its process is at work. */
export interface JobHandle<P extends Program<never> = Program<never>> {
  readonly name: string;
  /** Where it keeps its own; undefined: nowhere. */
  readonly folder: string | undefined;
  /**
   * Every candidate as it is scored, from the first one on, to the job's end, whatever that is. May be asked for at any time and
   * by several.
   */
  steps(): AsyncIterable<JobStep<P>>;
  status(): JobStatus;
  /**
   * What the whole search would take, guessed without any LM call. Undefined: its teleprompter does not know. Resolves once
   * the job has been started.
   * @throws what a run of the program would fail with: a client that is not there, say (rejects)
   */
  estimate(): Promise<JobEstimate | undefined>;
  /** What it has come to so far, and its forms for other eyes. */
  report(): JobReport<P>;
  /** The best candidate so far; undefined: none was scored in full. */
  best(): JobStep<P> | undefined;
  /** Begins no trial any more; those in flight come to their end. */
  pause(): void;
  resume(): void;
  /** Ends it for good: what is in flight is cancelled, what was recorded stays. Resolves once it has ended. */
  cancel(): Promise<void>;
  /**
   * The better program.
   * @throws JobError (rejects) for one that was cancelled, stopped with its system, or crashed for ever; StoreError where its
   *   results cannot be kept; UsageError where its teleprompter cannot do with what it was given
   */
  result(): Promise<P>;
}
