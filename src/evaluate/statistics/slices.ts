import { groupOf } from "../example.ts";
import type { Example, GroupBy } from "../example.ts";
import { percentScore } from "./score.ts";

/** The score of the examples that have something in common. */
export interface SliceScore {
  /** What they have in common; undefined: they have no such label, input or tag. */
  readonly slice: string | undefined;
  readonly count: number;
  /** As {@link percentScore} counts it. */
  readonly score: number;
}

/** Scores by a label, an input or a tag of the examples (or by what a function says), in the order in which they come. */
export function scoresBySlice<Each extends Example>(
  rows: Iterable<{ readonly example: Each; readonly score: number }>,
  by: GroupBy<Each>,
): readonly SliceScore[] {
  const scores = new Map<string | undefined, number[]>();
  for (const { example, score } of rows) {
    const slice = groupOf(example, by);
    const list = scores.get(slice);
    if (list === undefined) scores.set(slice, [score]);
    else list.push(score);
  }
  return Object.freeze(
    [...scores].map(([slice, list]) => Object.freeze({ slice, count: list.length, score: percentScore(list) })),
  );
}
