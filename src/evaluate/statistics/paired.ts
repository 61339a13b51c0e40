import { checkNumber, checkOptions, optionNames, WHOLE_ABOVE_0 } from "../../foundation/check-options.ts";
import { UsageError } from "../../foundation/errors.ts";
import { seededRandom } from "../../foundation/random.ts";
import { normalShare } from "./normal.ts";
import { checkScores } from "./score.ts";

export interface PairedOptions {
  /** For the test that draws. Default 0. */
  readonly seed?: number;
  /** How often it draws. Default 10,000. */
  readonly draws?: number;
}

export interface PairedComparison {
  /** Examples on which the first did better, worse, and the same. */
  readonly wins: number;
  readonly losses: number;
  readonly ties: number;
  /** The mean of what the first scored more; below 0 where it did worse. */
  readonly difference: number;
  /**
   * How likely a difference at least as large as this is where both are equally good (two-sided). 1 where they differ
   * nowhere.
   */
  readonly pValue: number;
  readonly test: PairedTest;
}

/**
 * - `sign`: the exact sign test, where each win counts as much as each loss, as it does for right and wrong (McNemar's
 *   exact test then).
 * - `permutation`: the exact paired permutation test (Fisher, 1935): all ways to swap the two scores of examples.
 * - `sampled_permutation`: the same by swaps that are drawn, where they are too many to count (Phipson and Smyth, 2010).
 * - `normal`: its normal approximation, for more than 5,000 examples that differ.
 */
export type PairedTest = "sign" | "permutation" | "sampled_permutation" | "normal";

const OPTIONS = optionNames<PairedOptions>({ seed: true, draws: true });

/** Differences up to which all swaps are counted: 65,536. */
const COUNTED = 16;
const DRAWN = 5_000;

/**
 * Whether one of two is better than the other, by their scores on the same examples, in the same order.
 *
 * @throws UsageError for lists of different lengths, what is no finite number, and options that make no sense
 */
export function pairedComparison(
  first: readonly number[],
  second: readonly number[],
  options: PairedOptions = {},
): PairedComparison {
  checkOptions("pairedComparison", options, OPTIONS);
  const { seed = 0, draws = 10_000 } = options;
  checkNumber("pairedComparison", "seed", seed, { expected: "a whole number", holds: Number.isSafeInteger });
  checkNumber("pairedComparison", "draws", draws, WHOLE_ABOVE_0);
  checkScores("pairedComparison", first);
  checkScores("pairedComparison", second);
  if (first.length !== second.length)
    throw new UsageError(
      `pairedComparison: expected scores of the same examples, got ${first.length} and ${second.length}`,
    );
  const all = first.map((score, index) => score - (second[index] ?? 0));
  const differences = all.filter((difference) => difference !== 0);
  const wins = differences.filter((difference) => difference > 0).length;
  const losses = differences.length - wins;
  return Object.freeze({
    wins,
    losses,
    ties: all.length - differences.length,
    difference: sumOf(all) / all.length,
    ...tested(differences, wins, losses, seed, draws),
  });
}

function tested(
  differences: readonly number[],
  wins: number,
  losses: number,
  seed: number,
  draws: number,
): Pick<PairedComparison, "pValue" | "test"> {
  const [size] = differences.map(Math.abs);
  if (differences.every((difference) => isClose(Math.abs(difference), size ?? 0)))
    return { pValue: signTest(wins, losses), test: "sign" };
  if (differences.length <= COUNTED) return { pValue: countedSwaps(differences), test: "permutation" };
  return differences.length > DRAWN
    ? { pValue: approximated(differences), test: "normal" }
    : { pValue: drawnSwaps(differences, seed, draws), test: "sampled_permutation" };
}

/** Scores are sums of fractions: differences that are equal may differ in the last digits. */
function isClose(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-9 * Math.max(a, b);
}

/** How likely as few as the fewer of both are among so many throws of a coin, on either side. */
function signTest(wins: number, losses: number): number {
  const count = wins + losses;
  let tail = 0;
  let log = -count * Math.LN2;
  for (let heads = 0; heads <= Math.min(wins, losses); heads += 1) {
    if (heads > 0) log += Math.log((count - heads + 1) / heads);
    tail += Math.exp(log);
  }
  return Math.min(1, 2 * tail);
}

function countedSwaps(differences: readonly number[]): number {
  const reached = thresholdOf(differences);
  const ways = 2 ** differences.length;
  let count = 0;
  for (let swaps = 0; swaps < ways; swaps += 1) {
    const sum = differences.reduce((total, each, index) => total + (swaps & (1 << index) ? -each : each), 0);
    if (Math.abs(sum) >= reached) count += 1;
  }
  return count / ways;
}

function drawnSwaps(differences: readonly number[], seed: number, draws: number): number {
  const random = seededRandom(seed);
  const reached = thresholdOf(differences);
  let count = 0;
  for (let drawn = 0; drawn < draws; drawn += 1) {
    let sum = 0;
    let word = 0;
    for (const [index, each] of differences.entries()) {
      // A draw is good for 32 of them.
      word = index % 32 === 0 ? random.next() * 2 ** 32 : word >>> 1;
      sum += word & 1 ? -each : each;
    }
    if (Math.abs(sum) >= reached) count += 1;
  }
  // The order that was observed is one of those that could be: so no draw makes it 0.
  return (count + 1) / (draws + 1);
}

/** Sums of so many swaps are spread normally. */
function approximated(differences: readonly number[]): number {
  const spread = Math.sqrt(sumOf(differences.map((each) => each * each)));
  return Math.min(1, 2 * normalShare(-Math.abs(sumOf(differences)) / spread));
}

/** What sums must reach, rounding aside. */
function thresholdOf(differences: readonly number[]): number {
  return Math.abs(sumOf(differences)) - 1e-9 * sumOf(differences.map(Math.abs));
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
