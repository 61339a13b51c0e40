import { checkNumber, checkOptions, optionNames } from "../../foundation/check-options.ts";
import { describe, UsageError } from "../../foundation/errors.ts";
import type { Example } from "../../evaluate/example.ts";
import { exampleSet } from "../../evaluate/example-set.ts";
import type { Budget } from "../../lm/budget.ts";
import { isProgram, notProgram } from "../../programs/program-tree.ts";
import type { Program } from "../../programs/program.ts";
import { checkRunOptions } from "../../programs/run-terms.ts";
import type { RunOptions } from "../../programs/run-terms.ts";
import type { JobProgressListener } from "../progress/job-progress.ts";
import type { Teleprompter } from "../teleprompter.ts";

/** How the runs of a job are made: as for one run, each option for every trial. */
type TrialOptions = Pick<RunOptions, "timeoutMs" | "retry" | "adapter" | "client" | "config">;

export interface CompileOptions<Inputs extends object = object, Labels extends object = object>
  extends TrialOptions, Pick<RunOptions, "labels" | "signal"> {
  /** What is learned from. */
  readonly trainset: readonly Example<Inputs, Labels>[];
  /** What candidates are compared on. Default: what the teleprompter takes instead, as a rule a part of the trainset. */
  readonly valset?: readonly Example<Inputs, Labels>[] | undefined;
  /**
   * Where the job keeps its own: a journal, checkpoints and the best program so far, mode 0600. The same job with the same
   * folder goes on where an earlier process left off, and pays for nothing twice. Default: nowhere.
   */
  readonly folder?: string | undefined;
  /** What trees, events and reports call it. Default: the teleprompter's name and the program's. */
  readonly name?: string | undefined;
  /**
   * What it may spend over its whole life, restarts included: LM calls are never passed, tokens and dollars by no more than
   * what calls in flight cost above what they were guessed at. Where it is spent, the best so far is the result. Default: no limit.
   */
  readonly budget?: Budget | undefined;
  /** Trials at once. Default 64, or what the clients' `limits.concurrency` allow where that is less; `Infinity` has to be said. */
  readonly maxConcurrency?: number | undefined;
  /** Earlier candidates to begin with, besides the program; what compares nothing says in its notes that it made no use of them. Default none. */
  readonly warmStart?: readonly Program<never>[] | undefined;
  /**
   * `true`: a bar on standard error (a line every five seconds where that is no terminal). Or a function that is told of
   * every change; what it throws is a warning of the process. Default false.
   */
  readonly progress?: boolean | JobProgressListener | undefined;
  /**
   * Asks nothing and writes nothing: the result is the program as it was, and `estimate()` says what the search would take.
   * Default false.
   */
  readonly dryRun?: boolean | undefined;
}

const OPTIONS = optionNames<CompileOptions>({
  trainset: true,
  valset: true,
  folder: true,
  name: true,
  budget: true,
  maxConcurrency: true,
  warmStart: true,
  progress: true,
  dryRun: true,
  timeoutMs: true,
  retry: true,
  adapter: true,
  client: true,
  config: true,
  labels: true,
  signal: true,
});

export const COMPILE_OPTIONS: readonly string[] = OPTIONS;

/** @throws UsageError for what is no teleprompter, no program, no set, and options that make no sense */
export function checkCompile(
  what: string,
  teleprompter: unknown,
  student: unknown,
  options: CompileOptions,
  known: readonly string[] = OPTIONS,
): void {
  if (!isTeleprompter(teleprompter))
    throw new UsageError(`${what}: expected a teleprompter, got ${describe(teleprompter)}`);
  if (!isProgram(student)) throw notProgram(`${what}: expected`, student);
  checkOptions(what, options, known);
  const { trainset, valset, folder, name, maxConcurrency, warmStart = [] } = options;
  const { timeoutMs, retry, adapter, client, config, labels, signal, budget } = options;
  checkRunOptions(what, { timeoutMs, retry, adapter, client, config, labels, signal, budget });
  checkSet(`${what}: trainset`, trainset);
  if (valset !== undefined) checkSet(`${what}: valset`, valset);
  for (const [option, text] of Object.entries({ folder, name }))
    if (text !== undefined && (typeof text !== "string" || text === ""))
      throw new UsageError(`${what}: ${option} must be a text that is not empty, got ${describe(text)}`);
  const lanes = { expected: "a whole number above 0, or Infinity", holds: isWholeOrEndless };
  checkNumber(what, "maxConcurrency", maxConcurrency, lanes);
  const { progress, dryRun } = options as { readonly progress?: unknown; readonly dryRun?: unknown };
  if (!["undefined", "boolean", "function"].includes(typeof progress))
    throw new UsageError(`${what}: progress must be true, false or a function, got ${describe(progress)}`);
  if (!["undefined", "boolean"].includes(typeof dryRun))
    throw new UsageError(`${what}: dryRun must be true or false, got ${describe(dryRun)}`);
  for (const each of warmStart) if (!isProgram(each)) throw notProgram(`${what}: warmStart: expected`, each);
}

export function isTeleprompter(value: unknown): value is Teleprompter<never, never, never> {
  if (typeof value !== "object" || value === null) return false;
  const { kind, version, settings, search } = value as Partial<Teleprompter>;
  return (
    typeof kind === "string" &&
    typeof version === "number" &&
    typeof settings === "object" &&
    typeof search === "function"
  );
}

/** Ids are each example's own: a set that was put together by hand is looked at as one. */
function checkSet(what: string, given: unknown): void {
  if (!Array.isArray(given)) throw new UsageError(`${what} must be a list of examples, got ${describe(given)}`);
  try {
    exampleSet(given as readonly Example[]);
  } catch (thrown) {
    if (!(thrown instanceof UsageError)) throw thrown;
    throw new UsageError(`${what}: ${thrown.message}`, { cause: thrown });
  }
}

function isWholeOrEndless(value: number): boolean {
  return value === Infinity || (Number.isInteger(value) && value > 0);
}
