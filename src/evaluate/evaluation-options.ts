import { checkNumber, checkOptions, optionNames, WHOLE_ABOVE_0, WHOLE_FROM_0 } from "../foundation/check-options.ts";
import { describe, UsageError } from "../foundation/errors.ts";
import { checkRunOptions } from "../programs/run-terms.ts";
import type { RunOptions } from "../programs/run-terms.ts";
import type { GroupBy } from "./example.ts";
import type { OnMismatch } from "./journal/evaluation-journal.ts";
import type { ProgressListener } from "./progress/progress.ts";
import type { TrialRow } from "./report.ts";

/** How the runs of an evaluation are made: as for one run, each option for every trial. */
type TrialOptions = Pick<RunOptions, "retry" | "adapter" | "client" | "config" | "trace">;

/** For all trials together. */
type WholeOptions = Pick<RunOptions, "labels" | "share" | "signal" | "budget" | "runId">;

export interface EvaluateOptions extends TrialOptions, WholeOptions {
  /** Trials at once. Default 64, or what the clients' `limits.concurrency` allow where that is less; `Infinity` has to be said. */
  readonly maxConcurrency?: number | undefined;
  /** Milliseconds for one trial, the metric included; then its requests are cancelled. Default 60,000. */
  readonly timeoutMs?: number | undefined;
  /** Default `"optimizer"`: users' calls go first where a client's limits make requests wait. */
  readonly priority?: RunOptions["priority"];
  /** What a trial that failed scores. Default 0. */
  readonly failureScore?: number | undefined;
  /** Once more trials than this have failed, no further ones are begun: the report is partial. Default `Infinity`. */
  readonly maxErrors?: number | undefined;
  /**
   * Answers to each example, each one of its own (a rollout id, and temperature 1 where `config` names none). Default 1.
   */
  readonly samples?: number | undefined;
  /** Which rows the report holds: `"all"` (default), `"failures"`, or so many of the first ones. Scores count all. */
  readonly keepRows?: "all" | "failures" | number | undefined;
  /** Labels, inputs or tags by which `report.slices` tells scores. Default none. */
  readonly slices?: readonly (GroupBy & string)[] | undefined;
  /** Told each result as it comes, in the order in which they come. */
  readonly onResult?: ((row: TrialRow) => void) | undefined;
  /**
   * `true`: a bar on standard error (score so far, rate, failures, tokens, cost, time left), or, where that is no terminal, a
   * line every five seconds. A function is told after every trial, and nothing is printed. Default `false`.
   */
  readonly progress?: boolean | ProgressListener | undefined;
  /** Of the confidence interval's draws. Default 0. */
  readonly seed?: number | undefined;
  /**
   * Whether nothing is asked, and the report's `estimate` says what it would take: calls, tokens and dollars of the trials
   * that the journal does not hold. Default false.
   */
  readonly dryRun?: boolean | undefined;
  /**
   * A file in which each prediction stands before its metric is asked, and then its score: the same call after a crash asks
   * only what is missing. Made where it is missing, mode 0600; one evaluation writes to it at a time. Default: none.
   */
  readonly journal?: string | undefined;
  /**
   * What is done where the journal holds trials of another program, client or metric, or of other examples. `"add"` (default):
   * they stay, what is otherwise is asked anew, and the report's notes tell of it. `"refuse"`: the call rejects with a
   * `JournalMismatchError` that says what is otherwise. `"restart"`: the old file is put aside, never deleted.
   */
  readonly onMismatch?: OnMismatch | undefined;
  /** Takes out of a text what is not to stand in the journal. Default: texts are written as they are. */
  readonly redact?: ((text: string) => string) | undefined;
}

export const EVALUATE_OPTIONS = optionNames<EvaluateOptions>({
  retry: true,
  adapter: true,
  client: true,
  config: true,
  trace: true,
  labels: true,
  share: true,
  signal: true,
  budget: true,
  runId: true,
  maxConcurrency: true,
  timeoutMs: true,
  priority: true,
  failureScore: true,
  maxErrors: true,
  samples: true,
  keepRows: true,
  slices: true,
  onResult: true,
  progress: true,
  seed: true,
  dryRun: true,
  journal: true,
  onMismatch: true,
  redact: true,
});

const RUN_NAMES: readonly (keyof EvaluateOptions & keyof RunOptions)[] = [
  "retry",
  "adapter",
  "client",
  "config",
  "trace",
  "labels",
  "share",
  "signal",
  "budget",
  "runId",
  "timeoutMs",
  "priority",
];

/** @throws UsageError for options that make no sense, and for one that there is none of */
export function checkEvaluateOptions(
  what: string,
  options: EvaluateOptions,
  known: readonly string[] = EVALUATE_OPTIONS,
): void {
  checkOptions(what, options, known);
  checkRunOptions(what, Object.fromEntries(RUN_NAMES.map((name) => [name, options[name]])));
  const { maxConcurrency, failureScore, maxErrors, samples, keepRows, slices, onResult, progress, seed } = options;
  const lanes = { expected: "a whole number above 0, or Infinity", holds: isWholeOrEndless };
  checkNumber(what, "maxConcurrency", maxConcurrency, lanes);
  checkNumber(what, "failureScore", failureScore, { expected: "a finite number", holds: Number.isFinite });
  checkNumber(what, "maxErrors", maxErrors, { expected: "a number from 0", holds: (value) => value >= 0 });
  checkNumber(what, "samples", samples, WHOLE_ABOVE_0);
  checkNumber(what, "seed", seed, { expected: "a whole number", holds: Number.isSafeInteger });
  if (keepRows !== "all" && keepRows !== "failures") checkNumber(what, "keepRows", keepRows, WHOLE_FROM_0);
  if (slices !== undefined && !(Array.isArray(slices) && slices.every((each) => typeof each === "string")))
    throw new UsageError(`${what}: slices must be a list of names, got ${describe(slices)}`);
  if (progress !== undefined && typeof progress !== "boolean" && typeof progress !== "function")
    throw new UsageError(`${what}: progress must be true, false or a function, got ${describe(progress)}`);
  if (onResult !== undefined && typeof onResult !== "function")
    throw new UsageError(`${what}: onResult must be a function, got ${describe(onResult)}`);
  if (options.dryRun !== undefined && typeof options.dryRun !== "boolean")
    throw new UsageError(`${what}: dryRun must be true or false, got ${describe(options.dryRun)}`);
  checkJournalOptions(what, options);
}

function checkJournalOptions(what: string, { journal, onMismatch, redact }: EvaluateOptions): void {
  if (journal !== undefined && (typeof journal !== "string" || journal === ""))
    throw new UsageError(`${what}: journal must be a file's path, got ${describe(journal)}`);
  if (onMismatch !== undefined && !["add", "refuse", "restart"].includes(onMismatch))
    throw new UsageError(`${what}: onMismatch must be "add", "refuse" or "restart", got ${describe(onMismatch)}`);
  if (redact !== undefined && typeof redact !== "function")
    throw new UsageError(`${what}: redact must be a function from text to text, got ${describe(redact)}`);
  if (journal === undefined && (onMismatch ?? redact) !== undefined)
    throw new UsageError(`${what}: onMismatch and redact are about a journal, and none was given`);
}

function isWholeOrEndless(value: number): boolean {
  return value === Infinity || (Number.isInteger(value) && value > 0);
}
