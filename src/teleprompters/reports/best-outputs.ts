import type { FieldValues } from "../../adapters/adapter.ts";
import type { JobStep } from "../job/job-board.ts";

/** The best answer that a search has found for an example, whichever candidate gave it. */
export interface BestOutput {
  /** The example's place in the set that candidates are compared on. */
  readonly place: number;
  /** Its id, as far as that is known. */
  readonly example: string | undefined;
  /** By the metric, of this answer. */
  readonly score: number;
  /** The first candidate that came to it. */
  readonly candidate: string;
  readonly outputs: FieldValues;
}

/** By example, of those whose answers were kept. Undefined: none were. */
export function bestOutputsOf(
  steps: readonly JobStep[],
  examples: readonly string[] | undefined,
): readonly BestOutput[] | undefined {
  const found = new Map<number, BestOutput>();
  for (const { name, outputs = [], scores } of steps) {
    for (const [place, each] of outputs.entries()) {
      const score = scores[place];
      const known = found.get(place);
      if (each === undefined || score === undefined || (known !== undefined && known.score >= score)) continue;
      found.set(place, Object.freeze({ place, example: examples?.[place], score, candidate: name, outputs: each }));
    }
  }
  if (steps.every(({ outputs }) => outputs === undefined)) return undefined;
  return Object.freeze([...found.values()].toSorted((one, other) => one.place - other.place));
}
