import type { AnyExample } from "../../evaluate/example.ts";
import type { Program } from "../../programs/program.ts";
import type { PlannedRuns } from "../search-plan.ts";
import type { LessonChange, Search, TextOrigin } from "../teleprompter.ts";
import type { RolloutGroup } from "./rollout-groups.ts";

/**
 * What grpo improves (a port): lessons in the prompt (`lessons`), or a model that somebody else trains (`artTrainer`). It is plain
 * code over the search, as a teleprompter is: what it does again in a later life of the job comes to the same.
 */
export interface Policy {
  /** What it is called: `lessons`. */
  readonly kind: string;
  /** Raised when it does otherwise what it did. */
  readonly version: number;
  /** What it was made with, as data. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Names of clients that it asks besides those of the student. */
  readonly clients: readonly string[];
  /** Calls of its own in all steps, at most: for plans. */
  callsOf(steps: PlannedSteps): readonly PlannedRuns[];
  /** Trainings by somebody else in so many steps, at most: for plans. Left out: none. */
  trainingsOf?(steps: number): number;
  /** For one search. */
  begin(search: Search): Promise<PolicySession>;
}

/** What steps there will be. */
export interface PlannedSteps {
  readonly student: Program<never>;
  readonly steps: number;
  /** Of a step, as many as it runs. */
  readonly examples: readonly AnyExample[];
  /** Runs of each of them. */
  readonly groupSize: number;
}

export interface PolicySession {
  /** What is sampled from now. */
  readonly program: Program<never>;
  /** What it would be after these. `undefined`: as it is. */
  learn(step: number, groups: readonly RolloutGroup[]): Promise<Learnt | undefined>;
  /** Takes what was learnt last, or, where it can, goes back to what it was before. */
  settle(taken: boolean): void;
}

export interface Learnt {
  readonly program: Program<never>;
  /** In a few words: what is new about it. */
  readonly note: string;
  /** By path, of the texts that are new in it. Left out: there are none. */
  readonly origins?: Readonly<Record<string, TextOrigin>>;
  /** What it was taught, where that is made of lessons. */
  readonly lessons?: readonly LessonChange[];
}
