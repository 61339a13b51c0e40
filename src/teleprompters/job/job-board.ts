import type { Program } from "../../programs/program.ts";
import { isBetter } from "../candidate-score.ts";
import type { ScoredCandidate } from "../teleprompter.ts";
import { NOTHING, type Spent } from "./allowance.ts";

/**
 * - `running`, `paused`: it is under way; paused, no trial is begun.
 * - `done`: there is a result. `cancelled`, `failed`: there is none, but what `best` says.
 * - `stopped`: its system or process ended; the same job goes on when it is started again.
 */
export type JobState = "running" | "paused" | "done" | "cancelled" | "failed" | "stopped";

/** A candidate that was scored. */
export interface JobStep<P extends Program<never> = Program<never>> {
  /** From 1. */
  readonly trial: number;
  /** The candidate's, unlike any other's of the job. */
  readonly name: string;
  /** 100 · sum / n of this candidate. */
  readonly score: number;
  /** The best full score so far. */
  readonly best: number | undefined;
  /** Whether it was scored on all that candidates are compared on. */
  readonly full: boolean;
  /** By example; undefined where a trial failed. */
  readonly scores: readonly (number | undefined)[];
  readonly parents: readonly string[];
  readonly note: string | undefined;
  readonly program: P;
  /** Of the whole job until then, earlier lives included. */
  readonly lmCalls: number;
  readonly tokens: number;
  readonly usd: number;
}

export interface JobStatus extends Spent {
  readonly state: JobState;
  /** Candidates scored so far. */
  readonly trial: number;
  readonly best: number | undefined;
  /** What is being done, as far as it is known: what was asked for, and how many of its trials are over. */
  readonly asks: readonly { readonly about: string; readonly done: number; readonly trials: number }[];
  /** Why the search ended before its own end; undefined: it did not. */
  readonly partial: "budget" | undefined;
}

/** What everybody may know of a job, whichever life of its process tells it. */
export interface JobBoard {
  readonly status: JobStatus;
  readonly steps: readonly JobStep[];
  readonly best: JobStep | undefined;
  /** Steps come in order, from the first in each life: those that are there already are told nobody again. @returns its number */
  scored(number: number, candidate: ScoredCandidate, spent: Spent): JobStep;
  asked(ask: number, about: string, trials: number): void;
  trialDone(ask: number): void;
  delivered(ask: number, spent: Spent): void;
  /** What is under way is so no more: its process is gone, or it has ended. */
  state(state: JobState, partial?: "budget"): void;
  /** Told of every change, until the returned function is called. */
  listen(listener: () => void): () => void;
}

interface OpenAsk {
  readonly about: string;
  readonly trials: number;
  done: number;
}

export function jobBoard(): JobBoard {
  const steps: JobStep[] = [];
  const listeners = new Set<() => void>();
  const asks = new Map<number, OpenAsk>();
  let best: JobStep | undefined;
  let now: { readonly state: JobState; readonly partial: "budget" | undefined } = {
    state: "running",
    partial: undefined,
  };
  let spent = NOTHING;
  const tell = (): void => {
    for (const listener of listeners) listener();
  };

  return Object.freeze({
    steps,
    get best() {
      return best;
    },
    get status() {
      const open = [...asks.values()].map((ask) => Object.freeze({ ...ask }));
      return Object.freeze({ ...now, ...spent, trial: steps.length, best: best?.score, asks: open });
    },
    scored(number: number, candidate: ScoredCandidate, at: Spent): JobStep {
      const known = steps[number - 1];
      if (known !== undefined) return known;
      const { name, program, score, scores, full = true, parents = [], note } = candidate;
      const isBest = full && (best === undefined || isBetter(candidate, best));
      const about = { trial: number, name, program, score, scores, full, parents, note, ...at };
      const step = Object.freeze({ ...about, best: isBest ? score : best?.score });
      if (isBest) best = step;
      steps.push(step);
      tell();
      return step;
    },
    asked(ask: number, about: string, trials: number) {
      asks.set(ask, { about, trials, done: 0 });
      tell();
    },
    trialDone(ask: number) {
      const open = asks.get(ask);
      if (open !== undefined) open.done += 1;
      tell();
    },
    delivered(ask: number, all: Spent) {
      asks.delete(ask);
      spent = all;
      tell();
    },
    state(state: JobState, partial?: "budget") {
      now = { state, partial };
      if (state !== "running" && state !== "paused") asks.clear();
      tell();
    },
    listen(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  } satisfies JobBoard);
}
