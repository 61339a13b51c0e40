import type { AnyExample } from "../../evaluate/example.ts";
import type { PythonRandom } from "../../foundation/python-random.ts";
import { evaluateRivals } from "../candidate-score.ts";
import type { Search } from "../teleprompter.ts";
import type { GepaRules } from "./gepa-options.ts";
import { findMerge, isMergeKept, type Merge, type MergeHistory, testedOn } from "./merge.ts";
import { byFirstPlace, undominated } from "./pareto.ts";
import type { Member, Pool } from "./pool.ts";
import type { Child } from "./round.ts";
import { changedTexts, withTexts } from "../texts.ts";

export interface MergingGround {
  readonly search: Search;
  readonly rules: GepaRules;
  readonly pool: Pool;
  /** What candidates are compared on. */
  readonly examples: readonly AnyExample[];
  readonly random: PythonRandom;
  /** Counts metric calls. */
  count(calls: number): number;
}

/** A merge that is to be tested. */
export interface FoundMerge {
  readonly merge: Merge;
  /** The val examples that it is tested on. */
  readonly places: readonly number[];
  test(): Promise<Child>;
}

/** Looks for two candidates that may be joined, and draws what that is tested on. Undefined: there are none. */
export function makeMerging({ search, rules, pool, examples, random, count }: MergingGround) {
  const history: MergeHistory = { tried: new Set(), built: new Set() };
  return (iteration: number): FoundMerge | undefined => {
    const rivals = byFirstPlace(undominated(pool.fronts(), pool.averages())).toSorted((one, other) => one - other);
    const all = pool.forMerging();
    const merge = findMerge(rivals, all, history, random);
    if (merge === undefined) return undefined;
    const [one, other] = merge.parents.map((parent) => pool.members[parent] as Member) as [Member, Member];
    const places = testedOn([pool.valuesOf(one.scores), pool.valuesOf(other.scores)], random);
    const texts = Object.fromEntries(
      Object.entries(merge.from).map(([path, from]) => [path, pool.members[from]?.texts[path] ?? ""]),
    );
    const changed = changedTexts(texts, one.texts);
    const program = withTexts(one.program, Object.fromEntries(changed.map((path) => [path, texts[path] ?? ""])));
    const origin = { by: "candidate", candidate: other.name } as const;
    const name = `merge ${iteration}`;
    const note = `${one.name} and ${other.name} joined over ${pool.members[merge.ancestor]?.name ?? ""}`;
    const about = { name, program, texts, parents: merge.parents, changed, gain: 0 };
    const origins = Object.fromEntries(changed.map((path) => [path, origin]));
    const test = async (): Promise<Child> => {
      count(places.length);
      const tested = places.flatMap((place) => examples[place] ?? []);
      const [tried] = await evaluateRivals(search, [program], tested, { about: `${name}: test`, metric: rules.metric });
      if (tried === undefined) throw new Error("a candidate was evaluated, and nothing came of it");
      pool.see(tried.scores);
      const isKept = isMergeKept(merge, places, pool.valuesOf(tried.scores), all);
      return { ...about, origins, tried, isKept, note: isKept ? note : `${note}: refused, one of them did better` };
    };
    return { merge, places, test };
  };
}
