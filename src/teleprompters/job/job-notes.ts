import { oneLine } from "../../lm/failure.ts";
import { functionsBySource } from "../../programs/identity/digest-of.ts";
import { parametersOf } from "../../programs/program-parameters.ts";
import type { Program } from "../../programs/program.ts";
import { tunablePredictors } from "../../programs/replace-predictors.ts";
import type { Teleprompter } from "../teleprompter.ts";
import type { JobStand } from "./job-board.ts";
import { BEST, type JobFolder } from "./job-folder.ts";

/** Code whose digest does not show all of it: a resumed job takes it for the same where its text is. */
export function sourceNotes(
  student: Program<never>,
  { metric }: Pick<Teleprompter<never, never, never>, "metric">,
): readonly string[] {
  const metrics: readonly unknown[] = typeof metric === "object" ? Object.values(metric) : [metric];
  const places = [student, ...metrics].flatMap((each) => (each === undefined ? [] : functionsBySource(each)));
  return [...new Set(places)].map((place) => `${place} is known by its source text: give it a version`);
}

/** Nothing that it is paid for can make such a program better. */
export function nothingToChange(student: Program<never>): readonly string[] {
  const isFixed = [tunablePredictors(student), parametersOf(student)].every((each) => Object.keys(each).length === 0);
  return isFixed ? [`"${student.name}" has nothing to change: all its predictors are frozen, or it has none`] : [];
}

/** Characters of an error's message. */
const WHY = 200;

/** What a reader of a job's figures should know. */
export function jobNotes(
  { state, partial, best, runs }: JobStand,
  folder: Pick<JobFolder, "unsaved" | "damaged"> | undefined,
  sources: readonly string[],
): readonly string[] {
  const { unsaved, damaged } = folder ?? {};
  const isOver = state === "done";
  return Object.freeze([
    ...(unsaved === undefined
      ? []
      : [
          `the ${isOver ? "result" : "best program so far"} is not in ${BEST}, since it cannot be saved by itself: ${unsaved}`,
        ]),
    ...(isOver && partial === "budget" && best === undefined
      ? ["the budget was spent before any candidate was scored in full: the result is the program as it was"]
      : []),
    ...(partial === "dry_run" ? ["it was only estimated: the result is the program as it was"] : []),
    ...(runs.last === undefined
      ? []
      : [`${runs.failed} of ${runs.count} runs failed; the last one that did: ${oneLine(runs.last.message, WHY)}`]),
    ...(damaged === undefined
      ? []
      : [`the journal was damaged: what came after that stands in ${damaged}, and was asked for again`]),
    ...sources,
  ]);
}
