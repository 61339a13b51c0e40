import { join } from "node:path";
import { type FolderHolder, holderOf } from "../../foundation/folder-lock.ts";
import { type JournalPlace, scanJournal } from "../../foundation/journal.ts";
import { NOTHING, plus, type Spent } from "./allowance.ts";
import { type JobOutcome, type JobWant, readOutcome, readWant } from "./job-control.ts";
import type { JobGrounds } from "./job-grounds.ts";
import { FORMAT, JOURNAL } from "./job-records.ts";
import type { StepRecord } from "./step-record.ts";

/** A job as its folder tells of it, to a process that has nothing to do with it. */
export interface JobSeen {
  readonly folder: string;
  readonly name: string;
  readonly grounds: JobGrounds;
  readonly steps: readonly StepRecord[];
  /** Runs of programs that are on record. */
  readonly runs: number;
  readonly spent: Spent;
  /** Who is at work on it. Undefined: nobody. */
  readonly holder: FolderHolder | undefined;
  readonly want: JobWant;
  readonly outcome: JobOutcome | undefined;
}

/** Reads a job's folder bit by bit, beside its writer: no lock is taken and nothing written. */
export interface JobLook {
  /** What there is by now. Undefined: there is no job in the folder. */
  look(): Promise<JobSeen | undefined>;
}

interface Value {
  readonly format?: unknown;
  readonly job?: string;
  readonly grounds?: JobGrounds;
  readonly step?: StepRecord;
  readonly trial?: number;
  readonly spent?: Spent;
  readonly seen?: unknown;
}

export function jobLook(folder: string): JobLook {
  const path = join(folder, JOURNAL);
  let from: JournalPlace | undefined;
  let head: { readonly name: string; readonly grounds: JobGrounds } | undefined;
  let [runs, spent] = [0, NOTHING];
  const steps: StepRecord[] = [];
  const take = ({ seq, value }: { readonly seq: number; readonly value: unknown }): void => {
    if (typeof value !== "object" || value === null) return;
    const { format, job, grounds, step, seen, spent: took } = value as Value;
    if (seq === 1) head = format === FORMAT.format && job !== undefined && grounds ? { name: job, grounds } : undefined;
    else if (step !== undefined) steps[step.trial - 1] = step;
    else if (took !== undefined) [runs, spent] = [runs + (seen === undefined ? 0 : 1), plus(spent, took)];
  };
  return Object.freeze({
    async look() {
      // In this order: what was written before its writer left is read.
      const [holder, outcome, want] = await Promise.all([
        holderOf(folder).catch(() => undefined),
        readOutcome(folder),
        readWant(folder),
      ]);
      const end = await scanJournal(path, { record: take, revoke() {} }, from);
      from = { offset: end.goodBytes, seq: end.nextSeq, epoch: end.epoch };
      if (head === undefined) return undefined;
      return Object.freeze({ folder, ...head, steps: [...steps], runs, spent, holder, want, outcome });
    },
  } satisfies JobLook);
}
