import type { AnyExample } from "../evaluate/example.ts";
import type { Metrics } from "../evaluate/metrics/metric.ts";
import { pythonRandom } from "../foundation/python-random.ts";
import type { Program } from "../programs/program.ts";
import { evaluated, type EvaluatedCandidate, evaluateRivals, lowestScore, rankedScore } from "./candidate-score.ts";
import type { ScoredCandidate, Search } from "./teleprompter.ts";

/** So many rivals are compared on further examples: those from one place to before another, as they were drawn. */
export interface HalvingRound {
  readonly rivals: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Successive halving (Jamieson and Talwalkar, 2016): all rivals on a few examples, the better half on twice as many, and so on
 * until all examples are seen. What was seen before is not run again, so each round but the last costs about as much as the other.
 *
 * @param first how many examples the first round is on, from 1
 */
export function halvingRounds(rivals: number, examples: number, first: number): readonly HalvingRound[] {
  const rounds: HalvingRound[] = [];
  let next: HalvingRound = { rivals, from: 0, to: Math.min(first, examples) };
  for (;;) {
    rounds.push(next);
    if (next.to === examples) return rounds;
    next = { rivals: Math.ceil(next.rivals / 2), from: next.to, to: Math.min(2 * next.to, examples) };
  }
}

export interface Rival {
  readonly name: string;
  readonly program: Program<never>;
}

/**
 * The rivals that were left at the end, in their order, as they did on all the examples. Those that dropped out are told as
 * candidates that were not scored in full, round by round. All see the same examples in the same order, drawn by seed 0: so luck
 * with them is the same for all. Of equals the earlier ones stay.
 *
 * @param rivals one at least
 */
export async function lastOfHalving(
  search: Search,
  rivals: readonly Rival[],
  examples: readonly AnyExample[],
  { first, metric }: { readonly first: number; readonly metric: Metrics<never, never, never> | undefined },
): Promise<readonly ScoredCandidate[]> {
  const drawn = pythonRandom(0).shuffled(examples.map((_, place) => place));
  let left = rivals.map((rival) => ({ rival, scored: evaluated([]) }));
  for (const { from, to, rivals: staying } of halvingRounds(rivals.length, examples.length, first)) {
    left = betterOf(left, staying, ({ rival, scored }) => {
      const note = `dropped out after ${from} of ${examples.length} examples`;
      search.scored({ ...rival, score: scored.score, scores: scored.scores, full: false, note });
    });
    const programs = left.map(({ rival }) => rival.program);
    // They are places of the examples.
    const more = drawn.slice(from, to).map((place) => examples[place] as AnyExample);
    const seen = await evaluateRivals(search, programs, more, { about: `on ${to} examples`, metric });
    left = left.map(({ rival, scored }, at) => ({
      rival,
      scored: evaluated([...scored.trials, ...(seen[at]?.trials ?? [])]),
    }));
  }
  return left.map(({ rival, scored: { score, scores } }) => {
    const inPlace = examples.map((_, place) => scores[drawn.indexOf(place)]);
    return { ...rival, score, scores: Object.freeze(inPlace) };
  });
}

interface Compared {
  readonly rival: Rival;
  readonly scored: EvaluatedCandidate;
}

/** The best ones in the order in which they came; the others are told, in that order too. */
function betterOf(all: readonly Compared[], count: number, dropped: (each: Compared) => void): Compared[] {
  if (count >= all.length) return [...all];
  const lowest = lowestScore(all.map(({ scored }) => scored));
  const ranked = all.toSorted((one, other) => rankedScore(other.scored, lowest) - rankedScore(one.scored, lowest));
  const staying = new Set(ranked.slice(0, count));
  for (const each of all) if (!staying.has(each)) dropped(each);
  return all.filter((each) => staying.has(each));
}
