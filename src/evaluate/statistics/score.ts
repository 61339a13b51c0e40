import { describe, UsageError } from "../../foundation/errors.ts";

/**
 * DSPy's score of a set: 100 · sum / n, rounded to two decimals as Python rounds (of two equally near the even one). The
 * sum runs from left to right.
 * @throws UsageError for no scores, and for what is no finite number
 */
export function percentScore(scores: readonly number[]): number {
  checkScores("percentScore", scores);
  const sum = scores.reduce((total, score) => total + score, 0);
  return roundTwo((100 * sum) / scores.length);
}

/** `round(value, 2)` of Python. */
export function roundTwo(value: number): number {
  const size = Math.abs(value);
  // What lies between two such numbers is a number of eighths; all else is nearer to one, which `toFixed` finds exactly.
  const isTie = (size * 8) % 2 === 1;
  const rounded = isTie ? evenOf(Math.floor(size * 100)) / 100 : Number(size.toFixed(2));
  return value < 0 ? -rounded : rounded;
}

function evenOf(below: number): number {
  return below % 2 === 0 ? below : below + 1;
}

/** @throws UsageError for no scores, and for what is no finite number */
export function checkScores(what: string, scores: readonly number[]): void {
  if (!Array.isArray(scores) || scores.length === 0)
    throw new UsageError(`${what}: expected scores, got ${describe(scores)}`);
  const wrong = scores.findIndex((score) => !Number.isFinite(score));
  if (wrong >= 0) throw new UsageError(`${what}: score ${wrong + 1} is no finite number: ${describe(scores[wrong])}`);
}
