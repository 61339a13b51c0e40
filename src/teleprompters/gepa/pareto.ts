import type { PythonRandom } from "../../foundation/python-random.ts";

/** By val example: the numbers of the candidates that did best on it, ascending. */
export type Fronts = readonly (readonly number[])[];

/** How a parent is chosen: see {@link chooseParent}. */
export type CandidateSelection = "pareto" | "current_best" | "epsilon_greedy" | "top_k_pareto";

/** `top_k_pareto` looks at so many. */
const TOP = 5;
/** `epsilon_greedy` takes any candidate so often. */
const EPSILON = 0.1;

/** @param scores of each candidate, by example */
export function frontsOf(scores: readonly (readonly number[])[]): Fronts {
  const examples = scores[0]?.length ?? 0;
  return Array.from({ length: examples }, (_, example) => {
    const each = scores.map((own) => own[example] ?? -Infinity);
    const best = Math.max(...each);
    return each.flatMap((score, candidate) => (score === best ? [candidate] : []));
  });
}

/**
 * Without the candidates that are not needed: where each front that holds one holds another one that is left. Who is worst by
 * average goes first, and after each it begins anew.
 */
export function undominated(fronts: Fronts, averages: readonly number[]): Fronts {
  const order = byFirstPlace(fronts).toSorted((one, other) => (averages[one] ?? 0) - (averages[other] ?? 0));
  const left = new Set(order);
  const isNeeded = (candidate: number): boolean =>
    fronts.some((front) => front.includes(candidate) && !front.some((each) => each !== candidate && left.has(each)));
  for (;;) {
    const out = order.find((candidate) => left.has(candidate) && !isNeeded(candidate));
    if (out === undefined) break;
    left.delete(out);
  }
  return fronts.map((front) => front.filter((each) => left.has(each)));
}

/** Each once, as the fronts hold them. */
export function byFirstPlace(fronts: Fronts): readonly number[] {
  return [...new Set(fronts.flat())];
}

/**
 * The candidate to make a child of.
 *
 * - `pareto`: of those that are needed to have the best score on each example (see {@link undominated}), each as likely as it
 *   is in many fronts.
 * - `current_best`: the first of the best averages. `epsilon_greedy`: the same, and any one in a tenth of all cases.
 * - `top_k_pareto`: `pareto`, among the five best by average.
 */
export function chooseParent(
  how: CandidateSelection,
  fronts: Fronts,
  averages: readonly number[],
  random: PythonRandom,
): number {
  switch (how) {
    case "current_best":
      return bestOf(averages);
    case "epsilon_greedy":
      return random.next() < EPSILON ? random.between(0, averages.length - 1) : bestOf(averages);
    case "pareto":
      return drawn(fronts, averages, random);
    case "top_k_pareto": {
      const top = averages
        .map((_, candidate) => candidate)
        .toSorted((one, other) => (averages[other] ?? 0) - (averages[one] ?? 0))
        .slice(0, TOP);
      const held = fronts.map((front) => front.filter((each) => top.includes(each)));
      return held.every((front) => front.length === 0) ? bestOf(averages) : drawn(held, averages, random);
    }
  }
}

/** Of equals the first. */
export function bestOf(averages: readonly number[]): number {
  return averages.indexOf(Math.max(...averages));
}

function drawn(fronts: Fronts, averages: readonly number[], random: PythonRandom): number {
  const left = undominated(fronts, averages);
  const often = left.flat();
  return random.choice(byFirstPlace(left).flatMap((candidate) => often.filter((each) => each === candidate)));
}
