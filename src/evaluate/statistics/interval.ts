import { checkNumber, checkOptions, optionNames, WHOLE_ABOVE_0 } from "../../foundation/check-options.ts";
import { seededRandom } from "../../foundation/random.ts";
import { normalQuantile } from "./normal.ts";
import { checkScores } from "./score.ts";

export interface IntervalOptions {
  /** How sure it is to hold the mean of all such examples. Default 0.95. */
  readonly level?: number;
  /** Default 0. */
  readonly seed?: number;
  /** How many sets are drawn. Default 2,000. */
  readonly resamples?: number;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
  readonly level: number;
}

const OPTIONS = optionNames<IntervalOptions>({ level: true, seed: true, resamples: true });

/** From so many scores on, sets that are drawn have the mean that the normal distribution says: drawing would only take long. */
const MANY = 5_000;

/**
 * Between which bounds the mean score lies, by the percentile bootstrap (Efron, 1979): sets of the same size are drawn
 * from the scores, with repetition, and the bounds cut off as many of their means on both sides. From 5,000 scores on by
 * the normal approximation of the same.
 *
 * @throws UsageError for no scores, what is no finite number, and options that make no sense
 */
export function meanInterval(scores: readonly number[], options: IntervalOptions = {}): Interval {
  checkOptions("meanInterval", options, OPTIONS);
  checkScores("meanInterval", scores);
  const { level = 0.95, seed = 0, resamples = 2_000 } = options;
  checkNumber("meanInterval", "level", level, { expected: "between 0 and 1", holds: (x) => x > 0 && x < 1 });
  checkNumber("meanInterval", "seed", seed, { expected: "a whole number", holds: Number.isSafeInteger });
  checkNumber("meanInterval", "resamples", resamples, WHOLE_ABOVE_0);
  const [low, high] =
    scores.length >= MANY ? normalBounds(scores, level) : bootstrapBounds(scores, level, seed, resamples);
  return Object.freeze({ low, high, level });
}

function bootstrapBounds(scores: readonly number[], level: number, seed: number, resamples: number): [number, number] {
  const random = seededRandom(seed);
  const count = scores.length;
  const means = new Float64Array(resamples);
  for (let drawn = 0; drawn < resamples; drawn += 1) {
    let sum = 0;
    for (let index = 0; index < count; index += 1) sum += scores[Math.floor(random.next() * count)] ?? 0;
    means[drawn] = sum / count;
  }
  means.sort();
  return [quantile(means, (1 - level) / 2), quantile(means, (1 + level) / 2)];
}

/** Linear between neighbours. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}

function normalBounds(scores: readonly number[], level: number): [number, number] {
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const variance = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / scores.length;
  const half = normalQuantile((1 + level) / 2) * Math.sqrt(variance / scores.length);
  return [mean - half, mean + half];
}
