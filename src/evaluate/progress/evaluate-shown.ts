import { statusLine } from "../../foundation/status-line.ts";
import type { Executor } from "../../programs/executor.ts";
import { evaluateWith } from "../evaluate-with.ts";
import type { Evaluation } from "../evaluate-with.ts";
import type { EvaluateOptions } from "../evaluation-options.ts";
import type { EvaluationReport, TrialRow } from "../report.ts";
import { progressBar } from "./progress-bar.ts";
import { progressLine } from "./progress-text.ts";
import { countProgress } from "./progress.ts";

/** {@link evaluateWith}, and how far it is for whoever wants to know: `progress`. */
export async function evaluateShown(
  executor: Executor,
  evaluation: Evaluation,
  { progress = false, ...options }: EvaluateOptions,
): Promise<readonly EvaluationReport[]> {
  if (progress === false) return evaluateWith(executor, evaluation, options);
  const count = countProgress(executor.clock, totalOf(evaluation, options));
  const listen = progress === true ? undefined : progress;
  const onResult = (row: TrialRow): void => {
    count.add(row);
    listen?.(count.now);
    options.onResult?.(row);
  };
  const bar =
    progress === true
      ? progressBar(
          executor.clock,
          await statusLine(),
          progressLine(() => count.now),
        )
      : undefined;
  try {
    return await evaluateWith(executor, evaluation, { ...options, onResult });
  } finally {
    bar?.end();
  }
}

/** How many trials it makes; undefined for examples of which nobody knows how many will come. */
function totalOf({ candidates, examples }: Evaluation, { samples = 1 }: EvaluateOptions): number | undefined {
  const { length, size }: { readonly length?: unknown; readonly size?: unknown } = Object(examples);
  const count = typeof length === "number" ? length : size;
  return typeof count === "number" ? count * samples * candidates.length : undefined;
}
