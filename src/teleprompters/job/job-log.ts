import type { Program } from "../../programs/program.ts";
import type { Spent } from "./allowance.ts";
import type { Resumed } from "./job-board.ts";
import type { SeenJson, TrialData } from "./trial-data.ts";

/** What a search asks for, as it is known again. */
export interface AskFacts {
  /** A digest of its trials and of what is wanted of them. */
  readonly is: string;
  readonly about: string;
  readonly trials: number;
  /** Of a training step: what it is known by elsewhere. */
  readonly id?: string | undefined;
}

/** One try of a trial: without `seen`, it ran out of the LM calls that it was granted, and is to be tried again. */
export type TrialTry = Omit<TrialData, "seen"> & { readonly seen?: SeenJson | undefined };

/** An ask that was delivered: all that later lives of the search need of it. */
export interface AskDone extends Pick<AskFacts, "is" | "about"> {
  /** As short as the search's wish allows. */
  readonly seen: readonly SeenJson[];
  readonly spent: Spent;
  /** The same by kind of trial. Left out: they are all of one kind. */
  readonly by?: Readonly<Record<string, Spent>>;
  /** Most LM calls of one trial. */
  readonly most: number;
  /** What a training step came to. */
  readonly came?: unknown;
}

/** What an earlier life knew of an ask. */
export interface AskFound {
  readonly facts: Pick<AskFacts, "is" | "about" | "id">;
  /** Undefined: it was not delivered, as far as anybody knows. */
  readonly done: AskDone | undefined;
  /** Of each trial, by its place, in their order. */
  readonly tries: ReadonlyMap<number, readonly TrialTry[]>;
  /** Of a training step, in order. */
  readonly notes: readonly unknown[];
  /** What a training step came to, where that is on record. */
  readonly came?: { readonly value: unknown } | undefined;
}

/** Where a job's results are kept before its search sees them (a port): a folder, or nothing but memory. */
export interface JobLog {
  /** What it held when the life that writes to it began. */
  readonly resumed: Resumed;
  /** @param ask from 1, in the order of asking */
  found(ask: number): AskFound | undefined;
  begin(ask: number, facts: AskFacts): void;
  /** Resolves when it is safe, or could not be kept: {@link JobLog.check} tells. */
  tried(ask: number, trial: number, data: TrialTry): Promise<void>;
  /** @throws StoreError what it was given could not be kept: nothing more is worth being paid for */
  check(): void;
  /** How far a training step is. Resolves when it is safe. @throws StoreError (rejects) */
  note(ask: number, value: unknown): Promise<void>;
  /** What a training step came to. */
  came(ask: number, value: unknown): void;
  /** Resolves when all of it is safe. @throws StoreError (rejects) */
  deliver(ask: number, done: AskDone): Promise<void>;
  /** Steps come in order, those of an earlier life again. */
  step(number: number, step: object): void;
  /** There is a better program than before; its saving is safe with the next `deliver`. */
  best(program: Program<never>): void;
}

/** Keeps what it is given for as long as it lives itself. */
export function memoryLog(): JobLog {
  interface Kept {
    readonly facts: AskFacts;
    done: AskDone | undefined;
    readonly tries: Map<number, TrialTry[]>;
    readonly notes: unknown[];
    came?: { readonly value: unknown };
  }
  const asks = new Map<number, Kept>();
  let steps = 0;
  return Object.freeze({
    get resumed() {
      return { asks: asks.size, steps };
    },
    found: (ask: number) => asks.get(ask),
    begin: (ask: number, facts: AskFacts) =>
      void asks.set(ask, { facts, done: undefined, tries: new Map(), notes: [] }),
    tried(ask: number, trial: number, data: TrialTry) {
      const tries = asks.get(ask)?.tries;
      tries?.set(trial, [...(tries.get(trial) ?? []), data]);
      return Promise.resolve();
    },
    check() {},
    note(ask: number, value: unknown) {
      asks.get(ask)?.notes.push(value);
      return Promise.resolve();
    },
    came(ask: number, value: unknown) {
      const kept = asks.get(ask);
      if (kept !== undefined) kept.came = { value };
    },
    deliver(ask: number, done: AskDone) {
      const kept = asks.get(ask);
      kept?.tries.clear();
      if (kept !== undefined) kept.done = done;
      return Promise.resolve();
    },
    step(number: number) {
      steps = Math.max(steps, number);
    },
    best() {},
  } satisfies JobLog);
}
