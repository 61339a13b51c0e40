import type { FieldValues } from "../../adapters/adapter.ts";
import type { Program } from "../../programs/program.ts";
import { isBetter } from "../candidate-score.ts";
import type { LessonChange, ScoredCandidate, SeenError, TextOrigin } from "../teleprompter.ts";
import { NOTHING, plus, type Spent } from "./allowance.ts";

/**
 * - `running`, `paused`: it is under way; paused, no trial is begun.
 * - `done`: there is a result. `cancelled`, `failed`: there is none, but what `best` says.
 * - `stopped`: its system or process ended; the same job goes on when it is started again.
 */
export type JobState = "running" | "paused" | "done" | "cancelled" | "failed" | "stopped";

/** Why a search ended before its own end: its budget was spent, or it was only to be estimated. */
export type JobPartial = "budget" | "dry_run";

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
  /** Which texts it has of its own, beside its parents': paths. Undefined: nobody has told. */
  readonly changed?: readonly string[] | undefined;
  /** By path: where these came from. */
  readonly origins?: Readonly<Record<string, TextOrigin>> | undefined;
  /** What it was taught beside its parent, and what it has forgotten. */
  readonly lessons?: readonly LessonChange[] | undefined;
  /** Its outputs by example, as far as they were kept. */
  readonly outputs?: readonly (FieldValues | undefined)[] | undefined;
  readonly program: P;
  /** Of the whole job until then, earlier lives included. */
  readonly lmCalls: number;
  readonly tokens: number;
  readonly usd: number;
}

/** What it has spent is told as it is spent, earlier lives included. */
export interface JobStatus extends Spent {
  readonly state: JobState;
  /** Candidates scored so far. */
  readonly trial: number;
  readonly best: number | undefined;
  /** What is being done, as far as it is known: what was asked for, and how many of its trials are over. */
  readonly asks: readonly { readonly about: string; readonly done: number; readonly trials: number }[];
  /** Runs of programs that are over, those included that an earlier life made. */
  readonly runs: number;
  /** How many of them were on record. */
  readonly recorded: number;
  /** Why the search ended before its own end; undefined: it did not. */
  readonly partial: JobPartial | undefined;
  /** What a reader of the rest should know: that the best program cannot be saved by itself, say. */
  readonly notes: readonly string[];
}

/** What an earlier life has left. */
export interface Resumed {
  /** What was asked for, and is on record. */
  readonly asks: number;
  readonly steps: number;
}

export type JobChange =
  | { readonly type: "life"; readonly life: number; readonly resumed: Resumed }
  | { readonly type: "step"; readonly step: JobStep }
  | { readonly type: "crash"; readonly thrown: unknown }
  | { readonly type: "state" }
  | { readonly type: "trials" };

/** What everybody may know of a job, whichever life of its process tells it. */
export interface JobBoard {
  readonly status: JobStatus;
  readonly steps: readonly JobStep[];
  readonly best: JobStep | undefined;
  /** Steps come in order, from the first in each life: those that are there already are told nobody again. @returns its number */
  scored(number: number, candidate: ScoredCandidate, spent: Spent): JobStep;
  /** Something that a reader should know; told again, it stands there once. */
  noted(text: string): void;
  asked(ask: number, about: string, trials: number): void;
  /** A try of a trial is over. @param isRecorded whether it was on record: it took nothing of this process. Default false */
  trialDone(ask: number, spent: Spent, isRecorded?: boolean): void;
  delivered(ask: number, spent: Spent): void;
  /** So many programs were run, and some of these runs failed. */
  ran(count: number, failed: readonly SeenError[]): void;
  /** What is under way is so no more: its process is gone, or it has ended. */
  state(state: JobState, partial?: JobPartial): void;
  /** A life of its search begins, knowing what the ones before have left. */
  begun(resumed: Resumed): void;
  /** One has ended, and another may begin. */
  crashed(thrown: unknown): void;
  /** Told of every change, until the returned function is called. */
  listen(listener: (change: JobChange) => void): () => void;
}

interface OpenAsk {
  readonly about: string;
  readonly trials: number;
  done: number;
  recorded: number;
  took: Spent;
}

const TRIALS: JobChange = Object.freeze({ type: "trials" });

const NO_RUNS: JobStand["runs"] = Object.freeze({ count: 0, failed: 0, last: undefined });

/** How a job stands, in short. */
export interface JobStand {
  readonly state: JobState;
  readonly partial: JobPartial | undefined;
  readonly best: JobStep | undefined;
  /** Runs of programs whose results the search has, and those that failed: how many, and why the last one did. */
  readonly runs: { readonly count: number; readonly failed: number; readonly last: SeenError | undefined };
}

/** @param notes on a job that stands so */
export function jobBoard(notes: (stand: JobStand) => readonly string[] = () => []): JobBoard {
  const steps: JobStep[] = [];
  const told = new Set<string>();
  const listeners = new Set<(change: JobChange) => void>();
  const asks = new Map<number, OpenAsk>();
  let best: JobStep | undefined;
  let now: { readonly state: JobState; readonly partial: JobPartial | undefined } = {
    state: "running",
    partial: undefined,
  };
  let [spent, runs, recorded, lives] = [NOTHING, 0, 0, 0];
  let ran: JobStand["runs"] = NO_RUNS;
  const tell = (change: JobChange): void => {
    for (const listener of listeners) listener(change);
  };
  /** Trials may be tried more than once. */
  const over = ({ done, trials }: OpenAsk): number => Math.min(done, trials);

  /** What is under way is so no more. What it took stays spent until the next life counts it anew. */
  const leave = (): void => {
    for (const ask of asks.values()) {
      [spent, runs] = [plus(spent, ask.took), runs + over(ask)];
      recorded += Math.min(ask.recorded, ask.trials);
    }
    asks.clear();
  };

  return Object.freeze({
    steps,
    get best() {
      return best;
    },
    get status() {
      const open = [...asks.values()];
      const took = open.reduce((sum, ask) => plus(sum, ask.took), spent);
      const under = open.map((ask) => Object.freeze({ about: ask.about, done: over(ask), trials: ask.trials }));
      return Object.freeze({
        ...now,
        ...took,
        trial: steps.length,
        best: best?.score,
        asks: Object.freeze(under),
        runs: open.reduce((sum, ask) => sum + over(ask), runs),
        recorded: open.reduce((sum, ask) => sum + Math.min(ask.recorded, ask.trials), recorded),
        notes: Object.freeze([...notes({ ...now, best, runs: ran }), ...told]),
      });
    },
    scored(number: number, candidate: ScoredCandidate, at: Spent): JobStep {
      const known = steps[number - 1];
      if (known !== undefined) return known;
      const { name, program, score, scores, full = true, parents = [], note } = candidate;
      const { changed, origins, lessons, outputs } = candidate;
      const isBest = full && (best === undefined || isBetter(candidate, best));
      const texts = { ...(changed && { changed }), ...(origins && { origins }), ...(lessons && { lessons }) };
      const kept = { ...texts, ...(outputs && { outputs }) };
      const about = { trial: number, name, program, score, scores, full, parents, note, ...kept, ...at };
      const step = Object.freeze({ ...about, best: isBest ? score : best?.score });
      if (isBest) best = step;
      steps.push(step);
      tell({ type: "step", step });
      return step;
    },
    noted(text: string) {
      told.add(text);
    },
    asked(ask: number, about: string, trials: number) {
      asks.set(ask, { about, trials, done: 0, recorded: 0, took: NOTHING });
      tell(TRIALS);
    },
    trialDone(ask: number, took: Spent, isRecorded = false) {
      const open = asks.get(ask);
      if (open !== undefined) {
        open.done += 1;
        if (isRecorded) open.recorded += 1;
        open.took = plus(open.took, took);
      }
      tell(TRIALS);
    },
    delivered(ask: number, all: Spent) {
      const open = asks.get(ask);
      if (open !== undefined) {
        runs += open.trials;
        recorded += Math.min(open.recorded, open.trials) + open.trials - over(open);
      }
      asks.delete(ask);
      spent = all;
      tell(TRIALS);
    },
    ran(count: number, failed: readonly SeenError[]) {
      ran = { count: ran.count + count, failed: ran.failed + failed.length, last: failed.at(-1) ?? ran.last };
    },
    state(state: JobState, partial?: JobPartial) {
      now = { state, partial };
      if (state !== "running" && state !== "paused") leave();
      tell({ type: "state" });
    },
    begun(resumed: Resumed) {
      leave();
      [spent, runs, recorded, lives] = [NOTHING, 0, 0, lives + 1];
      ran = NO_RUNS;
      tell({ type: "life", life: lives, resumed });
    },
    crashed(thrown: unknown) {
      leave();
      tell({ type: "crash", thrown });
    },
    listen(listener: (change: JobChange) => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  } satisfies JobBoard);
}
