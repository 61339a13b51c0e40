import { DspexError } from "../../foundation/errors.ts";

/**
 * - `metric_failed`: the metric threw (`cause`).
 * - `bad_score`: what it gave is no score: neither a finite number nor a boolean, nor an object with one as `score`.
 * - `missing_label`: the example says nothing of what the metric compares with.
 * - `missing_output`: the prediction has no such field: the metric is for another program.
 * - `bad_label`, `bad_output`: it is of a type that the metric cannot compare.
 */
export type MetricErrorCode =
  | "metric_failed"
  | "bad_score"
  | "missing_label"
  | "missing_output"
  | "bad_label"
  | "bad_output";

export interface MetricErrorOptions {
  /** The metric's name. */
  readonly metric: string;
  readonly field?: string;
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/** The failure of a metric, not of the program it looks at. `details` hold `metric`, and `field` where it is about one. */
export class MetricError extends DspexError<MetricErrorCode> {
  override readonly name = "MetricError";

  constructor(code: MetricErrorCode, problem: string, { metric, field, retryable, cause }: MetricErrorOptions) {
    super(`metric "${metric}": ${problem}`, {
      code,
      retryable: retryable ?? false,
      details: { metric, ...(field !== undefined && { field }) },
      cause,
    });
  }
}
