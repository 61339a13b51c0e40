import { isBetter } from "../candidate-score.ts";
import type { JobStep } from "../job/job-board.ts";
import type { LessonChange } from "../teleprompter.ts";

/** What a change of a lesson did to the score, together with the others of its step. */
export interface LessonEffect extends LessonChange {
  /** The candidate that was taught it. */
  readonly candidate: string;
  /** So many others were changed in the same step: the scores are of all of them together. */
  readonly others: number;
  /** The score of what it was made from. Undefined: nobody knows. */
  readonly scoreBefore: number | undefined;
  readonly scoreAfter: number;
  /** Whether it did better than what it was made from: what a search goes on with. */
  readonly kept: boolean;
}

/** In the order of the steps. Undefined: nothing was learnt as lessons. */
export function lessonEffects(steps: readonly JobStep[]): readonly LessonEffect[] | undefined {
  if (steps.every(({ lessons }) => lessons === undefined)) return undefined;
  const named = new Map(steps.map((step) => [step.name, step]));
  return Object.freeze(
    steps.flatMap((step) => {
      const parent = named.get(step.parents[0] ?? "");
      const lessons = step.lessons ?? [];
      return lessons.map((lesson): LessonEffect => {
        const scores = { scoreBefore: parent?.score, scoreAfter: step.score };
        const kept = parent === undefined || isBetter(step, parent);
        return Object.freeze({ ...lesson, candidate: step.name, others: lessons.length - 1, ...scores, kept });
      });
    }),
  );
}
