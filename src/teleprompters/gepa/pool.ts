import { exactSum } from "../../foundation/exact-sum.ts";
import type { Program } from "../../programs/program.ts";
import type { MergeCandidate } from "./merge.ts";
import { bestOf, type Fronts, frontsOf } from "./pareto.ts";
import type { Texts } from "../texts.ts";

/** A candidate that was evaluated on the valset. */
export interface Member {
  /** Its place in the order of joining; 0 is the student. */
  readonly number: number;
  readonly name: string;
  readonly program: Program<never>;
  readonly texts: Texts;
  /** None: it was given. */
  readonly parents: readonly number[];
  /** By val example; undefined where it failed. */
  readonly scores: readonly (number | undefined)[];
}

/** All candidates, and how scores are read. What a failed trial counts may fall as lower scores are seen. */
export interface Pool {
  readonly members: readonly Member[];
  join(member: Omit<Member, "number">): Member;
  /** Scores that somebody got anywhere. */
  see(scores: readonly (number | undefined)[]): void;
  valueOf(score: number | undefined): number;
  valuesOf(scores: readonly (number | undefined)[]): readonly number[];
  /** Whether nothing is left to be learned from them. */
  arePerfect(scores: readonly (number | undefined)[]): boolean;
  /** Scores above 1 were seen, and nobody has said what is perfect. */
  readonly isPerfectUnknown: boolean;
  averages(): readonly number[];
  fronts(): Fronts;
  /** As merging sees them. */
  forMerging(): readonly MergeCandidate[];
  /** Of equals the first. */
  best(): Member;
}

export function makePool(rules: {
  readonly perfectScore: number | undefined;
  readonly failureScore: number | undefined;
}): Pool {
  const members: Member[] = [];
  let [lowest, highest] = [0, 0];
  const valueOf = (score: number | undefined): number => score ?? rules.failureScore ?? (lowest < 0 ? lowest - 1 : 0);
  const valuesOf = (scores: readonly (number | undefined)[]): readonly number[] => scores.map(valueOf);
  const averageOf = ({ scores }: Member): number => exactSum(valuesOf(scores)) / scores.length;
  const averages = (): readonly number[] => members.map(averageOf);
  const isPerfectUnknown = (): boolean => rules.perfectScore === undefined && highest > 1;
  return Object.freeze({
    members,
    join(member: Omit<Member, "number">): Member {
      const joined = Object.freeze({ ...member, number: members.length });
      members.push(joined);
      return joined;
    },
    see(scores: readonly (number | undefined)[]) {
      const seen = scores.filter((score) => score !== undefined);
      lowest = Math.min(lowest, ...seen);
      highest = Math.max(highest, ...seen);
    },
    valueOf,
    valuesOf,
    arePerfect(scores: readonly (number | undefined)[]) {
      const { perfectScore = 1 } = rules;
      return !isPerfectUnknown() && valuesOf(scores).every((score) => score >= perfectScore);
    },
    get isPerfectUnknown() {
      return isPerfectUnknown();
    },
    averages,
    fronts: () => frontsOf(members.map(({ scores }) => valuesOf(scores))),
    forMerging: () =>
      members.map((member) => ({
        parents: member.parents,
        texts: member.texts,
        average: averageOf(member),
        scores: valuesOf(member.scores),
      })),
    // There is the student at least.
    best: () => members[bestOf(averages())] as Member,
  } satisfies Pool);
}
