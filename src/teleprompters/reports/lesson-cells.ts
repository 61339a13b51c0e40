import type { LessonEffect } from "./lesson-effects.ts";

export const LESSON_HEAD = [
  "step",
  "predictor",
  "lesson",
  "it says",
  "before",
  "after",
  "with others",
  "kept",
] as const;
/** Which of its columns are figures. */
export const LESSON_FIGURES: readonly boolean[] = [false, false, false, false, true, true, true, false];

/** Scores are of all lessons of a step together. */
export function lessonCells(effect: LessonEffect): readonly (string | number)[] {
  const { candidate, predictor, id, is, text, scoreBefore, scoreAfter, others, kept } = effect;
  const before = scoreBefore === undefined ? "" : scoreBefore.toFixed(2);
  return [candidate, predictor, `${id} ${is}`, text, before, scoreAfter.toFixed(2), others, kept ? "yes" : "no"];
}
