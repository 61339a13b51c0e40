import type { PythonRandom } from "../../foundation/python-random.ts";
import { exactSum } from "../../foundation/exact-sum.ts";

/** What merging looks at of a candidate. */
export interface MergeCandidate {
  /** None: it was given. */
  readonly parents: readonly number[];
  /** By component. */
  readonly texts: Readonly<Record<string, string>>;
  readonly average: number;
  /** By val example. */
  readonly scores: readonly number[];
}

/** Two candidates that are joined over an ancestor of both. */
export interface Merge {
  /** The lower number first. */
  readonly parents: readonly [number, number];
  readonly ancestor: number;
  /** By component: whose text it has. */
  readonly from: Readonly<Record<string, number>>;
}

/** What was tried so far. */
export interface MergeHistory {
  /** Pairs with the ancestors over which they were joined. */
  readonly tried: Set<string>;
  /** Pairs with what of them went into it. */
  readonly built: Set<string>;
}

const ATTEMPTS = 10;
/** A merge is tested on so many val examples, or on all where there are fewer. */
const TESTED = 5;
/** Of each kind of example (one is better, the other is, neither). */
const OF_A_KIND = 2;

/**
 * Looks for two candidates to join: ten times ten random pairs. Undefined: none was found. All draws are made, also where there
 * can be none.
 * @param rivals numbers of those that may be joined, ascending
 */
export function findMerge(
  rivals: readonly number[],
  all: readonly MergeCandidate[],
  history: MergeHistory,
  random: PythonRandom,
): Merge | undefined {
  if (rivals.length < 2 || all.length < 3) return undefined;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const found = findPair(rivals, all, history, random);
    if (found === undefined) continue;
    const { pair, ancestor } = found;
    const from = joined(pair, ancestor, all, random);
    const key = `${pair.join(" ")}: ${Object.values(from).join(" ")}`;
    if (history.built.has(key)) continue;
    history.built.add(key);
    history.tried.add(triedKey(pair, ancestor));
    return { parents: pair, ancestor, from };
  }
  return undefined;
}

type Pair = readonly [number, number];

function findPair(
  rivals: readonly number[],
  all: readonly MergeCandidate[],
  { tried }: MergeHistory,
  random: PythonRandom,
): { readonly pair: Pair; readonly ancestor: number } | undefined {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const drawn = random.sample(rivals, 2);
    const pair: Pair = [Math.min(...drawn), Math.max(...drawn)];
    const [first, second] = pair.map((each) => ancestorsOf(each, all)) as [Set<number>, Set<number>];
    if (first.has(pair[1]) || second.has(pair[0])) continue;
    const common = [...first].filter((each) => second.has(each)).toSorted((one, other) => one - other);
    const fitting = common.filter((each) => !tried.has(triedKey(pair, each)) && fits(pair, each, all));
    if (fitting.length > 0) return { pair, ancestor: drawnByAverage(fitting, all, random) };
  }
  return undefined;
}

function triedKey(pair: Pair, ancestor: number): string {
  return `${pair.join(" ")} over ${ancestor}`;
}

function ancestorsOf(candidate: number, all: readonly MergeCandidate[]): Set<number> {
  const found = new Set<number>();
  const open = [...(all[candidate]?.parents ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...(all[next]?.parents ?? []));
  }
  return found;
}

/** It is no better than either, and one of them has a text of it which the other has changed. */
function fits(pair: Pair, ancestor: number, all: readonly MergeCandidate[]): boolean {
  const [one, other, old] = [...pair, ancestor].map((each) => all[each] as MergeCandidate) as [
    MergeCandidate,
    MergeCandidate,
    MergeCandidate,
  ];
  if (old.average > one.average || old.average > other.average) return false;
  return Object.entries(old.texts).some(
    ([component, text]) => (one.texts[component] === text) !== (other.texts[component] === text),
  );
}

/** With equal chances where there is no such thing as a share of the sum. */
function drawnByAverage(ancestors: readonly number[], all: readonly MergeCandidate[], random: PythonRandom): number {
  const weights = ancestors.map((each) => all[each]?.average ?? 0);
  const hasShares = weights.every((weight) => weight >= 0) && weights.some((weight) => weight > 0);
  return random.weighted(ancestors, hasShares ? weights : undefined);
}

/** Of each component, the text that one of them has changed; of both, that of the better one. */
function joined(
  [one, other]: Pair,
  ancestor: number,
  all: readonly MergeCandidate[],
  random: PythonRandom,
): Readonly<Record<string, number>> {
  const [first, second] = [one, other].map((each) => all[each] as MergeCandidate) as [MergeCandidate, MergeCandidate];
  const old = (all[ancestor] as MergeCandidate).texts;
  const from = Object.entries(old).map(([component, text]): [string, number] => {
    const [isOld, isOldToo] = [first.texts[component] === text, second.texts[component] === text];
    if (isOld !== isOldToo) return [component, isOld ? other : one];
    if (isOld) return [component, one];
    if (first.average !== second.average) return [component, first.average > second.average ? one : other];
    return [component, random.choice([one, other])];
  });
  return Object.fromEntries(from);
}

/** The val examples on which a merge is tested: some on which either is better, and others. In the order drawn. */
export function testedOn(
  [one, other]: readonly [readonly number[], readonly number[]],
  random: PythonRandom,
): readonly number[] {
  const places = one.map((_, place) => place);
  const wanted = Math.min(TESTED, places.length);
  const lead = (place: number): number => Math.sign((one[place] ?? 0) - (other[place] ?? 0));
  const taken: number[] = [];
  for (const side of [1, -1, 0]) {
    const group = places.filter((place) => lead(place) === side);
    taken.push(...random.sample(group, Math.min(group.length, OF_A_KIND, wanted - taken.length)));
  }
  const rest = places.filter((place) => !taken.includes(place));
  return [...taken, ...random.sample(rest, wanted - taken.length)];
}

/** Whether a merge did at least as well on these examples as either of those that it was made of. */
export function isMergeKept(
  { parents }: Merge,
  places: readonly number[],
  scores: readonly number[],
  all: readonly MergeCandidate[],
): boolean {
  const sum = exactSum(scores);
  return parents.every((parent) => sum >= exactSum(places.map((place) => all[parent]?.scores[place] ?? 0)));
}
