import { DspexError } from "../../foundation/errors.ts";

/**
 * Why a job has no result.
 *
 * - `job_mismatch`: its folder is another job's; `details.changed` lists what is otherwise.
 * - `search_changed`: its search asked for something else than in its earlier life: code of its own depends on more than its
 *   inputs.
 * - `cancelled`: somebody cancelled it. `stopped`: its system stopped; it goes on when it is started again.
 * - `crashed`: its process crashed again and again.
 * - `too_many_errors`: runs that it learns from failed as often as its `maxErrors` says; `details` has the last one's error.
 * - `no_rows`: no run was right, and there is nothing to train on. `training_failed`: a training came to no model.
 *   `training_unknown`: nobody knows whether a step was taken that was sent once; a later life of the job looks again.
 */
export type JobErrorCode =
  | "job_mismatch"
  | "search_changed"
  | "cancelled"
  | "stopped"
  | "crashed"
  | "too_many_errors"
  | "no_rows"
  | "training_failed"
  | "training_unknown";

/** A teleprompter's job came to no result. What it has recorded stays. */
export class JobError extends DspexError<JobErrorCode> {
  override readonly name = "JobError";
}
