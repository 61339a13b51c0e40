import type { Adapter } from "../adapters/adapter.ts";
import type { Program } from "../programs/program.ts";

/** What a search would run, guessed beforehand: at most, but for what loops and retries add. */
export interface SearchPlan {
  /** Runs of the student or of what is made of it, and those of teachers. */
  readonly trials: number;
  /** Which of these are teachers'. Default none. */
  readonly taught?: readonly PlannedRuns[];
  /** Single calls besides, to whatever client: proposals. */
  readonly proposals: readonly PlannedRuns[];
  /** Trainings by somebody else, for money: no budget counts them. Default none. */
  readonly trainings?: number;
}

/** Runs of one kind, as far as it can be said beforehand what they take. */
export interface PlannedRuns {
  readonly runs: number;
  /** What is run. Default: of trials the student, of proposals a single call like one of the student's. */
  readonly program?: Program<never> | undefined;
  /** Whom all its predictors ask. Default: of trials whom they name, of proposals whom the student asks. */
  readonly client?: string | undefined;
  /** In which layout. Default: as the student's. */
  readonly adapter?: Adapter | undefined;
  /**
   * What a proposal is given, as far as that is known. What is missing counts as a text of about a hundred tokens. Trials are
   * given examples of the set.
   */
  readonly inputs?: object | undefined;
}

export function runsOf(planned: readonly PlannedRuns[] | undefined): number {
  return (planned ?? []).reduce((sum, { runs }) => sum + runs, 0);
}

/** So many runs of a teacher; none where there is no other than the student. */
export function taughtBy(
  runs: number,
  teacher: { readonly program?: Program<never> | undefined; readonly client?: string | undefined } | undefined,
): Pick<SearchPlan, "taught"> {
  if (teacher === undefined || runs === 0) return {};
  return { taught: [{ runs, program: teacher.program, client: teacher.client }] };
}
