import type { EvaluatedCandidate } from "../candidate-score.ts";
import type { Search } from "../teleprompter.ts";
import type { GepaRules } from "./gepa-options.ts";
import type { Member, Pool } from "./pool.ts";
import type { Child } from "./round.ts";

/** Who is to join the pool. */
export type Joining = Pick<Child, "name" | "program" | "texts" | "parents" | "note"> &
  Partial<Pick<Child, "changed" | "origins">>;

export interface Join {
  /** With what came of it on the valset. */
  (candidate: Joining, evaluated: EvaluatedCandidate): Member;
  /** Tells of one that does not. */
  refused(child: Child, note?: string): void;
}

/** Candidates join the pool, and the job is told of each; with `trackBestOutputs` of answers too that none before did as well as. */
export function makeJoining(search: Search, { trackBestOutputs }: GepaRules, pool: Pool): Join {
  const best: (number | undefined)[] = [];
  const namesOf = (numbers: readonly number[]): readonly string[] =>
    numbers.map((number) => pool.members[number]?.name ?? "");
  const told = ({ name, program, note, parents, changed, origins }: Joining) => ({
    name,
    program,
    note,
    parents: namesOf(parents),
    ...(changed && { changed }),
    ...(origins && { origins }),
  });
  const join = (candidate: Joining, { score, scores, trials }: EvaluatedCandidate): Member => {
    const { name, program, texts, parents } = candidate;
    pool.see(scores);
    const outputs = trials.map(({ score: got, outputs: given }, place) => {
      const before = best[place];
      if (got === undefined || (before !== undefined && got <= before)) return undefined;
      best[place] = got;
      return given;
    });
    search.scored({ ...told(candidate), score, scores, ...(trackBestOutputs && { outputs }) });
    return pool.join({ name, program, texts, parents, scores });
  };
  const refused = (child: Child, note = child.note): void => {
    const { score, scores } = child.tried;
    search.scored({ ...told(child), note, score, scores, full: false });
  };
  return Object.assign(join, { refused });
}
