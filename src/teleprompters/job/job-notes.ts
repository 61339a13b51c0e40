import { functionsBySource } from "../../programs/identity/digest-of.ts";
import type { Program } from "../../programs/program.ts";
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

/** What a reader of a job's figures should know. */
export function jobNotes(
  { state, partial, best }: JobStand,
  folder: Pick<JobFolder, "unsaved"> | undefined,
  sources: readonly string[],
): readonly string[] {
  const { unsaved } = folder ?? {};
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
    ...sources,
  ]);
}
