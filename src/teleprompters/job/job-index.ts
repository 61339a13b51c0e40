import type { JournalPlace, JournalReader, JournalRecord } from "../../foundation/journal.ts";
import type { JobGrounds } from "./job-grounds.ts";
import type { AskDone, AskFacts, TrialTry } from "./job-log.ts";
import type { MediaPlaces } from "./job-media.ts";
import { type CheckpointValue, checkHead } from "./job-records.ts";

/** What a checkpoint and the rest of its journal tell. */
export interface JobIndex {
  /** Undefined: it is a new one. */
  readonly grounds: JobGrounds | undefined;
  readonly done: readonly AskDone[];
  /** Asks that were begun, and not delivered as far as the checkpoint knows. */
  readonly open: Map<number, OpenAsk>;
  /** Where their records begin. */
  readonly begins: ReadonlyMap<number, JournalPlace>;
  /** Where bytes stand that results hold. */
  readonly media: MediaPlaces;
  readonly steps: number;
  readonly records: number;
}

interface OpenAsk {
  readonly facts: AskFacts;
  readonly tries: Map<number, TrialTry[]>;
  readonly notes: unknown[];
  came?: { readonly value: unknown };
}

type Value = {
  readonly format?: string;
  readonly grounds?: JobGrounds;
  readonly ask?: number;
  readonly trial?: number;
  readonly step?: { readonly trial: number };
  readonly note?: unknown;
  readonly came?: unknown;
  readonly media?: string;
} & Partial<AskFacts> &
  Partial<TrialTry>;

/** Reads a journal, from where its checkpoint says. */
export function jobIndex(
  checkpoint: CheckpointValue | undefined,
  path: string,
): {
  readonly index: JobIndex;
  readonly reader: JournalReader;
} {
  const done = checkpoint?.done ?? [];
  const open = new Map<number, OpenAsk>();
  const begins = new Map<number, JournalPlace>();
  const media: MediaPlaces = new Map(Object.entries(checkpoint?.media ?? {}));
  let grounds = checkpoint?.grounds;
  let steps = checkpoint?.steps ?? 0;
  let records = checkpoint?.records ?? 0;
  const record = ({ seq, epoch, value }: JournalRecord, offset: number): void => {
    // Written by this folder alone.
    const { ask, trial, step, media: name, ...rest } = value as Value;
    records += 1;
    if (seq === 1) {
      checkHead(value, path);
      grounds = rest.grounds;
    } else if (name !== undefined) media.set(name, offset);
    else if (step !== undefined) steps = Math.max(steps, step.trial);
    else if (ask === undefined || ask <= done.length) return;
    else if ("note" in rest) open.get(ask)?.notes.push(rest.note);
    else if ("came" in rest) {
      const kept = open.get(ask);
      if (kept !== undefined) kept.came = { value: rest.came };
    } else if (trial === undefined) {
      const { is = "", about = "", trials = 0, id } = rest;
      open.set(ask, { facts: { is, about, trials, ...(id !== undefined && { id }) }, tries: new Map(), notes: [] });
      begins.set(ask, { offset, seq, epoch });
    } else {
      const { seen, spent, ms = 0 } = rest;
      const tries = open.get(ask)?.tries;
      if (spent !== undefined)
        tries?.set(trial, [...(tries.get(trial) ?? []), { ...(seen !== undefined && { seen }), spent, ms }]);
    }
  };
  const reader: JournalReader = {
    record,
    // The lock lets nobody write who was replaced, but for one line of a machine that slept; what it said was true.
    revoke() {},
  };
  return {
    index: {
      get grounds() {
        return grounds;
      },
      done,
      open,
      begins,
      media,
      get steps() {
        return steps;
      },
      get records() {
        return records;
      },
    },
    reader,
  };
}
