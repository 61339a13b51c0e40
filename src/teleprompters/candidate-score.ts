import type { AnyExample } from "../evaluate/example.ts";
import type { Metrics } from "../evaluate/metrics/metric.ts";
import { percentScore } from "../evaluate/statistics/score.ts";
import type { Program } from "../programs/program.ts";
import type { AskOptions, Search, TrialSeen } from "./teleprompter.ts";

/** How a candidate did on some examples. */
export interface CandidateScore {
  /** DSPy's: 100 · sum / n, two decimals; a failed trial counts 0. */
  readonly score: number;
  /** By example; undefined where the trial failed. */
  readonly scores: readonly (number | undefined)[];
}

export interface EvaluatedCandidate extends CandidateScore {
  /** By example. */
  readonly trials: readonly TrialSeen[];
}

/** Rivals side by side on the same examples: what came of each, in their order. */
export async function evaluateRivals(
  search: Search,
  candidates: readonly Program<never>[],
  examples: readonly AnyExample[],
  options: AskOptions & { readonly metric: Metrics<never, never, never> | undefined },
): Promise<readonly EvaluatedCandidate[]> {
  const trials = candidates.flatMap((program) => examples.map((example) => ({ program, example })));
  const seen = await search.run(trials, options);
  return candidates.map((_, place) => evaluated(seen.slice(place * examples.length, (place + 1) * examples.length)));
}

export function evaluated(trials: readonly TrialSeen[]): EvaluatedCandidate {
  const scores = Object.freeze(trials.map(({ score }) => score));
  return Object.freeze({ score: reported(scores, 0), scores, trials });
}

/**
 * Whether one candidate is better than another. By their scores, as reports have them, but for one thing: a failed trial
 * ranks below every score that one of the two has got, where reports count it as 0.
 */
export function isBetter(one: CandidateScore, other: CandidateScore): boolean {
  const lowest = lowestScore([one, other]);
  return rankedScore(one, lowest) > rankedScore(other, lowest);
}

/** The lowest that any of them got for an example, or 0. */
export function lowestScore(all: readonly CandidateScore[]): number {
  return all.reduce((least, { scores }) => scores.reduce<number>((low, each) => Math.min(low, each ?? 0), least), 0);
}

/** The score among others, of which none was lower than this: as reported, but where 0 is not the lowest a failed trial ranks below that. */
export function rankedScore({ score, scores }: CandidateScore, lowest: number): number {
  return lowest === 0 ? score : reported(scores, lowest - 1);
}

function reported(scores: readonly (number | undefined)[], failure: number): number {
  return scores.length === 0 ? 0 : percentScore(scores.map((score) => score ?? failure));
}
