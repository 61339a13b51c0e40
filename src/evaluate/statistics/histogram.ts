import type { ScoreBin } from "../report.ts";

const BINS = 10;

/** How scores are spread, in ten bins over 0 to 1 and whatever lies outside. */
export function histogramOf(scores: readonly number[]): readonly ScoreBin[] {
  let [low, high] = [0, 1];
  for (const score of scores) [low, high] = [Math.min(low, score), Math.max(high, score)];
  const edge = (index: number): number => low + ((high - low) * index) / BINS;
  const counts = Array.from({ length: BINS }, () => 0);
  for (const score of scores) {
    const bin = Math.min(BINS - 1, Math.floor(((score - low) / (high - low)) * BINS));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return Object.freeze(counts.map((count, index) => Object.freeze({ from: edge(index), to: edge(index + 1), count })));
}
