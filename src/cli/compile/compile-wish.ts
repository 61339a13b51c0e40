import type { BudgetWish } from "../budget-wish.ts";
import type { ReportFiles } from "../report-files.ts";

/** The forms of a job's report that the command line has an option for, in its order. */
export const JOB_FORMS = ["html", "json", "markdown"] as const;

export type JobForm = (typeof JOB_FORMS)[number];

/** What `dspex compile` was told. Names of files and exports are as they were typed. */
export interface CompileWish extends ReportFiles<JobForm>, BudgetWish {
  readonly teleprompter: string;
  readonly program: string;
  readonly metric?: readonly string[];
  readonly train: string;
  readonly val?: string;
  readonly system: string;
  readonly folder: string;
  readonly signature?: string;
  readonly out?: string;
  readonly rows?: number;
  readonly maxConcurrency?: number;
  readonly timeoutMs?: number;
  readonly dryRun?: true;
  readonly progress: boolean;
}
