import { DspexError, UsageError } from "../foundation/errors.ts";
import { leave } from "../foundation/leaving.ts";
import type { Executor } from "../programs/executor.ts";
import { isProgram, notProgram } from "../programs/program-tree.ts";
import type { Program } from "../programs/program.ts";
import type { ParentRun, RunOptions } from "../programs/run-terms.ts";
import { estimateEvaluation } from "./dry-run.ts";
import type { EvaluateOptions } from "./evaluation-options.ts";
import type { AnyExample } from "./example.ts";
import { checkExample, checkExamples, repeatedIdsNote } from "./given-examples.ts";
import { openJournalFor } from "./journal/journal-for.ts";
import { inLanes } from "./lanes.ts";
import { metricNames } from "./metrics/metric.ts";
import type { Metrics } from "./metrics/metric.ts";
import type { EvaluationReport, PartialReason, TrialRow } from "./report.ts";
import { sourceNotes } from "./source-notes.ts";
import { makeTally } from "./tally.ts";
import type { Tally } from "./tally.ts";
import { trialConfig } from "./trial-config.ts";
import { recordedTrial, runTrial } from "./trial.ts";
import type { Trial, TrialResult } from "./trial.ts";

/** Trials at once where nothing else is said. */
const LANES = 64;
/** Milliseconds that a trial may take where nothing else is said. */
const TIMEOUT_MS = 60_000;

/** What is evaluated: each candidate on each example. */
export interface Evaluation {
  readonly candidates: readonly Program<never>[];
  readonly examples: Iterable<AnyExample> | AsyncIterable<AnyExample>;
  readonly metric: Metrics;
}

/**
 * Every candidate on every example, side by side: all of one example before the next, so that each candidate has its share
 * at any time. A report for each candidate, in their order. Rejects for nothing that a trial comes to.
 *
 * @throws UsageError (rejects) for no examples, for what is none, and for a metric that is none
 */
export async function evaluateWith(
  executor: Executor,
  { candidates, examples, metric }: Evaluation,
  options: EvaluateOptions,
): Promise<readonly EvaluationReport[]> {
  metricNames(metric);
  checkExamples(examples);
  const { samples = 1, keepRows = "all", slices = [], seed = 0, maxErrors = Infinity } = options;
  const startedAt = executor.clock.now();
  if (options.dryRun === true) return dryReports(executor, { candidates, examples, metric }, options);
  const { labels, share, signal, budget, runId, priority = "optimizer" } = options;
  const whole = executor.begin({ labels, share, signal, budget, runId, priority });
  const tallies = candidates.map(({ name }) => makeTally({ name, samples, keepRows, slices, seed }));
  const journal = await openJournalFor(executor, { candidates, examples, metric }, options);
  let stopped: PartialReason | undefined;
  let count = 0;

  const trialsOptions = optionsByPlace(options, whole, candidates.length, samples);
  const work = async ({ candidate, index, example, sample }: Task, begun: () => void): Promise<void> => {
    const of: Trial = { candidate: candidates[candidate] as Program<never>, example, sample };
    const known = journal && (await journal.find(candidate, example, sample, shows(options, index)));
    const result =
      (known && recordedTrial(known)) ??
      (await runTrial(executor, of, metric, trialsOptions[candidate]?.[sample] ?? {}, known, begun));
    // What was cut short by the end of the whole is no result of its own.
    const cut = cutShort(result, whole);
    if (cut !== undefined) {
      stopped ??= cut;
      return;
    }
    const row = rowOf(of, index, result, options.failureScore ?? 0);
    const tally = tallies[candidate] as Tally;
    tally.add(row);
    options.onResult?.(row);
    if (tallies.reduce((sum, { failures }) => sum + failures, 0) > maxErrors) stopped ??= "errors";
  };
  const tasks = tasksOf(examples, candidates.length, samples, () => (count += 1));
  const lanes = options.maxConcurrency ?? defaultLanes(executor, candidates, options);
  try {
    const isStopped = (): boolean => {
      if (whole.signal.aborted) stopped ??= "cancelled";
      if (journal?.failure !== undefined) stopped ??= "journal";
      return stopped !== undefined;
    };
    await inLanes(tasks, work, { lanes, stopped: isStopped, signal: whole.signal });
    // An abort while it waited for an example.
    isStopped();
  } finally {
    await journal?.close();
  }
  if (count === 0 && stopped === undefined)
    throw new UsageError("evaluate: the set is empty: there is nothing to score");
  const about = {
    partial: stopped,
    ms: executor.clock.now() - startedAt,
    notes: [
      ...sourceNotes(candidates, metric),
      ...repeatedIdsNote(examples),
      ...(journal?.notes(stopped === undefined) ?? []),
    ],
  };
  return Object.freeze(tallies.map((tally) => tally.report(about)));
}

/** Reports of nothing, with an estimate of what there would be to report. */
async function dryReports(
  executor: Executor,
  evaluation: Evaluation,
  options: EvaluateOptions,
): Promise<readonly EvaluationReport[]> {
  const { candidates, metric } = evaluation;
  const { signal } = options;
  const whole = executor.begin({ signal });
  const estimates = await estimateEvaluation(executor, evaluation, options, (sample, candidate) =>
    trialOptions(options, whole, sample, candidate),
  );
  const about = { partial: "dry_run" as const, ms: 0, notes: sourceNotes(candidates, metric) };
  return candidates.map(({ name }, place) => {
    const tally = makeTally({ name, samples: 1, keepRows: "failures", slices: [], seed: 0 });
    const estimate = estimates[place];
    return Object.freeze({ ...tally.report(about), ...(estimate && { estimate }) });
  });
}

/** Whether anybody will look at the prediction of a trial that goes well. */
function shows({ keepRows = "all", onResult }: EvaluateOptions, index: number): boolean {
  return onResult !== undefined || keepRows === "all" || (typeof keepRows === "number" && index < keepRows);
}

interface Task extends Omit<Trial, "candidate"> {
  readonly candidate: number;
  readonly index: number;
}

/**
 * By hand, as each generator that an example goes through costs as much as reading it: all that is made of one example is
 * given before the next is asked for.
 */
function tasksOf(
  examples: Evaluation["examples"],
  candidates: number,
  samples: number,
  onExample: () => void,
): AsyncIterator<Task, void> {
  const source = Symbol.asyncIterator in examples ? examples[Symbol.asyncIterator]() : examples[Symbol.iterator]();
  const each = candidates * samples;
  let index = -1;
  let example: AnyExample | undefined;
  let given = each;
  const task = (of: AnyExample): IteratorResult<Task, void> => {
    const place = given;
    given += 1;
    const [sample, candidate] = [Math.floor(place / candidates), place % candidates];
    return { done: false, value: { candidate, index, example: of, sample } };
  };
  return {
    async next() {
      if (example !== undefined && given < each) return task(example);
      const next = await source.next();
      if (next.done === true) return { done: true, value: undefined };
      checkExample(next.value);
      onExample();
      example = next.value;
      index += 1;
      given = 0;
      return task(example);
    },
    async return() {
      leave(source);
      return { done: true, value: undefined };
    },
  };
}

/** Every trial is a run of its own, within the evaluation's. */
function trialOptions(options: EvaluateOptions, parent: ParentRun, sample: number, candidate: number): RunOptions {
  const { timeoutMs = TIMEOUT_MS, retry, adapter, client, trace, share } = options;
  return {
    parent,
    timeoutMs,
    retry,
    adapter,
    client,
    config: trialConfig(options, sample),
    trace,
    share: share ?? `${parent.terms.run}/${candidate}`,
  };
}

/** Of each candidate's samples: the same for all examples. */
function optionsByPlace(
  options: EvaluateOptions,
  parent: ParentRun,
  candidates: number,
  samples: number,
): readonly (readonly RunOptions[])[] {
  return Array.from({ length: candidates }, (_, candidate) =>
    Array.from({ length: samples }, (__, sample) => trialOptions(options, parent, sample, candidate)),
  );
}

/** What an evaluation's `maxConcurrency` is where nothing is said. */
export function defaultLanes(
  executor: Executor,
  candidates: readonly Program[],
  { client }: Pick<EvaluateOptions, "client">,
): number {
  const named = candidates.flatMap((each) => Object.values(each.predictors()).map((predictor) => predictor.client));
  const limits = new Set(client === undefined ? named : [client]);
  return Math.min(LANES, ...[...limits].map((name) => executor.concurrency(name)));
}

function cutShort({ error }: TrialResult, { signal }: ParentRun): PartialReason | undefined {
  // A judge that is cut short tells of it as its metric's failure.
  const codes = [error, error?.cause].map((each) => (each instanceof DspexError ? each.code : undefined));
  // Where the system stops, what would begin then finds nobody who runs it.
  if (signal.aborted && (codes.includes("cancelled") || codes.includes("program_down"))) return "cancelled";
  return codes.includes("budget_exceeded") ? "budget" : undefined;
}

function rowOf({ example, sample }: Trial, index: number, result: TrialResult, failureScore: number): TrialRow {
  const { prediction, score, error, failed, steps, ms, lmCalls, tokens, usd, recorded } = result;
  return Object.freeze({
    index,
    example,
    sample,
    ...(prediction && { prediction }),
    ...(score ?? { score: failureScore }),
    ...(error && { error }),
    ...(failed && { failed }),
    ...(error && steps && { trace: steps }),
    ms,
    lmCalls,
    tokens,
    usd,
    ...(recorded !== "nothing" && { recorded }),
  });
}

/** @throws UsageError for what is neither a program nor a list of some */
export function candidatesOf(what: string, given: unknown): readonly Program<never>[] {
  const list: readonly unknown[] = Array.isArray(given) ? (given as readonly unknown[]) : [given];
  for (const each of list) {
    if (!isProgram(each)) throw notProgram(`${what}: expected`, each);
  }
  if (list.length === 0) throw new UsageError(`${what}: expected a program, or several, got an empty list`);
  return list as readonly Program<never>[];
}
