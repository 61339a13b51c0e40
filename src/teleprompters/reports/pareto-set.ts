import { lowestScore } from "../candidate-score.ts";
import type { JobStep } from "../job/job-board.ts";

/** Who is best where: of the candidates that were scored in full. */
export interface ParetoSet {
  readonly examples: readonly ParetoExample[];
  /** Those that are best on some example, most examples first, of equals the earlier. */
  readonly candidates: readonly ParetoMember[];
}

export interface ParetoExample {
  /** The example's place in the set that candidates are compared on. */
  readonly place: number;
  /** Its id, as far as that is known. */
  readonly example: string | undefined;
  /** The best score that any candidate has on it. Undefined: all failed. */
  readonly score: number | undefined;
  /** Names of those that have it, in the order of their scoring. */
  readonly candidates: readonly string[];
}

export interface ParetoMember {
  readonly candidate: string;
  /** On so many examples nobody is better. */
  readonly leads: number;
  /** On so many of them nobody is as good. */
  readonly alone: number;
}

/** Undefined: fewer than two were scored in full, or not on the same examples. */
export function paretoSet(steps: readonly JobStep[], ids: readonly string[] | undefined): ParetoSet | undefined {
  const full = steps.filter((step) => step.full);
  const size = full[0]?.scores.length ?? 0;
  if (full.length < 2 || size === 0 || full.some(({ scores }) => scores.length !== size)) return undefined;
  const failure = lowestScore(full) - 1;
  const examples = Array.from({ length: size }, (_, place): ParetoExample => {
    const most = Math.max(...full.map(({ scores }) => scores[place] ?? failure));
    const candidates = full.flatMap(({ name, scores }) => ((scores[place] ?? failure) === most ? [name] : []));
    if (most === failure) return { place, example: ids?.[place], score: undefined, candidates: [] };
    return { place, example: ids?.[place], score: most, candidates };
  });
  const members = full.map(({ name }): ParetoMember => {
    const led = examples.filter(({ candidates }) => candidates.includes(name));
    return {
      candidate: name,
      leads: led.length,
      alone: led.filter(({ candidates }) => candidates.length === 1).length,
    };
  });
  return Object.freeze({
    examples: Object.freeze(examples.map((each) => Object.freeze(each))),
    candidates: Object.freeze(members.filter(({ leads }) => leads > 0).toSorted((a, b) => b.leads - a.leads)),
  });
}
