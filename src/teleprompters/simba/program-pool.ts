import type { PythonRandom } from "../../foundation/python-random.ts";
import type { Program } from "../../programs/program.ts";
import { rankOf } from "./buckets.ts";

/** A program that others are made from. */
export interface Pooled {
  readonly name: string;
  readonly program: Program<never>;
  /** Where it was tried, by example; none: the student, which counts as 0 (as in DSPy, for ever). */
  readonly scores: readonly (number | undefined)[];
}

/**
 * Draws one of the best programs by the softmax of their averages, at this temperature: DSPy's draw. The best are so many,
 * equals in the order in which they were made, and the student (the first) takes the last place where it is none of them.
 * @returns its place in the pool
 */
export function drawProgram(random: PythonRandom, pool: readonly Pooled[], most: number, temperature: number): number {
  const rank = rankOf(pool.flatMap(({ scores }) => scores));
  const averages = pool.map(({ scores }) => meanOf(scores, rank));
  const average = (place: number): number => averages[place] ?? 0;
  const best = pool
    .map((_, place) => place)
    .toSorted((one, other) => average(other) - average(one))
    .slice(0, most);
  const drawn = best.includes(0) ? best : [...best.slice(0, -1), 0];
  const weights = weightsOf(drawn.map((place) => average(place) / temperature));
  return random.weighted(drawn, weights);
}

/** Scaled to a sum of 1. Where the powers are too great or too small for numbers, so is what they have in common first. */
function weightsOf(exponents: readonly number[]): readonly number[] {
  const powers = exponents.map(Math.exp);
  const sum = powers.reduce((total, power) => total + power, 0);
  if (sum > 0 && sum < Infinity) return powers.map((power) => power / sum);
  const greatest = Math.max(...exponents);
  return weightsOf(exponents.map((exponent) => exponent - greatest));
}

export function meanOf(scores: readonly (number | undefined)[], rank: (score: number | undefined) => number): number {
  return scores.length === 0 ? 0 : scores.reduce<number>((sum, score) => sum + rank(score), 0) / scores.length;
}

/** Of these the place of the first with the best mean. */
export function firstBest(all: readonly { readonly scores: Pooled["scores"] }[]): number {
  const rank = rankOf(all.flatMap(({ scores }) => scores));
  const means = all.map(({ scores }) => meanOf(scores, rank));
  return means.indexOf(Math.max(...means));
}

/** At even distances from the first to the last, halves to even, each once: `count` + 1 places at most. */
export function evenPlaces(last: number, count: number): readonly number[] {
  const places = Array.from({ length: count + 1 }, (_, at) => roundToEven((at * last) / count));
  return [...new Set(places)];
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const part = value - below;
  if (part !== 0.5) return part < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}
