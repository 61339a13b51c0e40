import type { Executor } from "../programs/executor.ts";
import type { Program } from "../programs/program.ts";
import type { RunOptions } from "../programs/run-terms.ts";
import { estimateTrial, type EvaluationEstimate, sumOf, type TrialEstimate } from "./estimate.ts";
import type { EvaluateOptions } from "./evaluation-options.ts";
import type { AnyExample } from "./example.ts";
import { checkExample } from "./given-examples.ts";
import { judgesOf } from "./journal/grounds.ts";
import { recordedFor } from "./journal/journal-for.ts";
import type { Metrics } from "./metrics/metric.ts";

interface Evaluated {
  readonly candidates: readonly Program<never>[];
  readonly examples: Iterable<AnyExample> | AsyncIterable<AnyExample>;
  readonly metric: Metrics;
}

/** Trials of a candidate whose prompts are built; the others are taken to be like them. */
const LOOKED_AT = 100;

/**
 * What each candidate's trials would take, without any LM call; a stream of examples is read to its end.
 * @param trialOptions of the runs in which prompts are built
 */
export async function estimateEvaluation(
  executor: Executor,
  evaluated: Evaluated,
  options: EvaluateOptions,
  trialOptions: (sample: number, candidate: number) => RunOptions,
): Promise<readonly EvaluationEstimate[]> {
  const { candidates, examples, metric } = evaluated;
  const { samples = 1 } = options;
  const isRecorded = await recordedFor(executor, evaluated, options);
  const judges = judgesOf(metric);
  const counts = candidates.map(() => 0);
  const looked = candidates.map((): TrialEstimate[] => []);
  for await (const example of examples) {
    checkExample(example);
    for (const [place, candidate] of candidates.entries())
      for (let sample = 0; sample < samples; sample += 1) {
        if (isRecorded(place, example, sample)) continue;
        counts[place] = (counts[place] ?? 0) + 1;
        if ((looked[place]?.length ?? LOOKED_AT) < LOOKED_AT)
          looked[place]?.push(await estimateTrial(executor, candidate, judges, example, trialOptions(sample, place)));
      }
  }
  return counts.map((trials, place) => scaled(looked[place] ?? [], trials));
}

function scaled(looked: readonly TrialEstimate[], trials: number): EvaluationEstimate {
  const { lmCalls, inputTokens, outputTokens, usd } = sumOf(looked);
  const factor = looked.length === 0 ? 0 : trials / looked.length;
  return Object.freeze({
    trials,
    lmCalls: Math.round(lmCalls * factor),
    inputTokens: Math.round(inputTokens * factor),
    outputTokens: Math.round(outputTokens * factor),
    usd: usd === undefined ? undefined : usd * factor,
  });
}
