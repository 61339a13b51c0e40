import { editSampling } from "../lm/sampling.ts";
import type { LmSampling } from "../lm/sampling.ts";
import type { EvaluateOptions } from "./evaluation-options.ts";

/** What is laid over the sampling options of a trial's predictors: where there are several samples, each is an answer of its own. */
export function trialConfig(
  { config, samples = 1 }: Pick<EvaluateOptions, "config" | "samples">,
  sample: number,
): LmSampling | undefined {
  return samples > 1 ? editSampling({ temperature: 1 }, { ...config, rolloutId: sample }) : config;
}
