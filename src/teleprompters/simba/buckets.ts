import type { AnyExample } from "../../evaluate/example.ts";
import type { TrialSeen } from "../teleprompter.ts";

/** A run, and what it counts: see `rankOf`. */
export interface Rollout {
  readonly seen: TrialSeen;
  readonly rank: number;
}

/** All runs of an example, the best first, of equals the earlier. */
export interface Bucket {
  readonly example: AnyExample;
  readonly runs: readonly Rollout[];
  readonly best: Rollout;
  readonly worst: Rollout;
}

/** How scores of trials count: a failed one as 0, or where some score is below 0, as one below the lowest. */
export function rankOf(scores: Iterable<number | undefined>): (score: number | undefined) => number {
  let lowest = 0;
  for (const score of scores) lowest = Math.min(lowest, score ?? 0);
  const failure = lowest === 0 ? 0 : lowest - 1;
  return (score) => score ?? failure;
}

/** Those first from whose runs there is most to learn: by best − worst, the best, best − average; equals in order. */
export function bucketsOf(batch: readonly AnyExample[], rollouts: readonly (readonly Rollout[])[]): readonly Bucket[] {
  const measured = batch.map((example, at) => {
    const runs = rollouts.flatMap((each) => each[at] ?? []).toSorted((one, other) => other.rank - one.rank);
    // There is a run of each at least.
    const [best, worst] = [runs[0] as Rollout, runs.at(-1) as Rollout];
    const average = runs.reduce((sum, { rank }) => sum + rank, 0) / runs.length;
    const measures = [best.rank - worst.rank, best.rank, best.rank - average];
    return { bucket: { example, runs, best, worst }, measures };
  });
  return measured.toSorted((one, other) => greater(one.measures, other.measures)).map(({ bucket }) => bucket);
}

function greater(one: readonly number[], other: readonly number[]): number {
  const at = one.findIndex((measure, place) => measure !== other[place]);
  return at < 0 ? 0 : (other[at] ?? 0) - (one[at] ?? 0);
}

/** NumPy's `percentile`: linear between neighbours, to the bit. @param share 0 to 1 */
export function percentile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((one, other) => one - other);
  const place = (sorted.length - 1) * share;
  const below = Math.floor(place);
  const [low, high] = [sorted[below] ?? 0, sorted[Math.min(below + 1, sorted.length - 1)] ?? 0];
  const part = place - below;
  return part < 0.5 ? low + (high - low) * part : high - (high - low) * (1 - part);
}
