import type { JobState, JobStatus } from "../job/job-board.ts";

/** How far a job is. */
export interface JobProgress extends Pick<JobStatus, "trial" | "best" | "lmCalls" | "tokens" | "usd" | "asks"> {
  readonly state: JobState;
  /** Scores of the candidates that were scored in full, in their order. */
  readonly curve: readonly number[];
  /** Runs of programs that are over, those included that an earlier life made. */
  readonly done: number;
  /** Of how many, by the teleprompter's plan: at most, but for what loops add. Undefined: it has none. */
  readonly total: number | undefined;
  /** How many runs were on record: they took no time. */
  readonly recorded: number;
  /** Milliseconds since this process began with it. */
  readonly ms: number;
}

/** Told of every change. What it throws is a warning of the process, and disturbs no job. */
export type JobProgressListener = (progress: JobProgress) => void;
