import { runTrial, type TrialResult } from "../../evaluate/trial.ts";
import { DspexError } from "../../foundation/errors.ts";
import type { Budget } from "../../lm/budget.ts";
import { LmError, type LmFailureCode } from "../../lm/failure.ts";
import { editSampling } from "../../lm/sampling.ts";
import type { Executor } from "../../programs/executor.ts";
import type { ParentRun, RunOptions } from "../../programs/run-terms.ts";
import type { AskOptions, SearchTrial } from "../teleprompter.ts";
import { NOTHING, plus, type Spent } from "./allowance.ts";
import type { AskDone, AskFacts, AskFound, JobLog, TrialTry } from "./job-log.ts";
import { CutOff, type Purse } from "./purse.ts";
import { isTraced, type SeenJson, shortened, trialData } from "./trial-data.ts";
import { kindsOf, type TrialKinds, wantedOf } from "./trial-kinds.ts";
import type { TrialLanes } from "./trial-lanes.ts";

/** How the trials of a job are run. */
export type TrialOptions = Pick<RunOptions, "timeoutMs" | "retry" | "adapter" | "client" | "config">;

/** What an ask is performed with. */
export interface AskGround {
  readonly executor: Executor;
  /** The job, as the trials' parent: its signal ends them. */
  readonly whole: ParentRun;
  /** Those of a trial that has none of its own. */
  readonly options: TrialOptions & { readonly parent: ParentRun };
  readonly budget: Budget;
  readonly log: JobLog;
  readonly lanes: TrialLanes;
  readonly purse: Purse;
  /** Told what each try of a trial took, as it is over, and whether that is on record. */
  readonly onTrial: (spent: Spent, recorded: boolean) => void;
}

/** The trials of an ask stopped short: what they came to is no result of theirs. */
export class CutShort extends Error {
  override readonly name = "CutShort";
}

interface Asked {
  readonly ask: number;
  readonly trials: readonly SearchTrial[];
  readonly options: AskOptions;
  readonly facts: AskFacts;
  readonly found: AskFound | undefined;
}

/**
 * Runs the trials of an ask, those apart whose results are on record, and records each before anybody sees it.
 *
 * @throws CutOff (rejects) where the budget has room for no more
 * @throws UsageError (rejects) for a budget in dollars and a model without a price
 * @throws CutShort (rejects) where a trial ended with the job's processes, and not by itself
 * @throws StoreError (rejects) where results cannot be kept any more: a full disk
 * @throws LmError (rejects) for what would befall every call until somebody mends it: a wrong key, an empty account, no such model
 */
export async function performAsk(ground: AskGround, asked: Asked): Promise<AskDone> {
  const { purse, budget } = ground;
  const { ask, trials, options, facts } = asked;
  const results = trials.map((): SeenJson => 0);
  const tries = trials.map(() => 0);
  let [spent, most] = [NOTHING, 0];
  let pending = trials.map((_, at) => at);
  const looking = lookAt(ground, trials, options);
  const first = looking.then((kinds) => wantedOf(kinds, pending));
  let grant = pending.length === 0 ? undefined : await purse.admit(ask, first);
  let kinds = await looking;
  const by = new Map<string, Spent>();
  while (grant !== undefined) {
    const { calls } = grant;
    const cap = budget.lmCalls === undefined ? undefined : calls;
    const now = pending.slice(0, grant.trials);
    const over: number[] = [];
    let took = NOTHING;
    const take = (at: number, done: TrialTry): void => {
      tries[at] = (tries[at] ?? 0) + 1;
      took = plus(took, done.spent);
      const kind = kinds.kinds[at] ?? "";
      by.set(kind, plus(by.get(kind) ?? NOTHING, done.spent));
      most = Math.max(most, done.spent.lmCalls);
      if (done.seen === undefined) over.push(at);
      else results[at] = shortened(done.seen, options.wants);
    };
    await Promise.all(now.map((at) => tryTrial(ground, asked, at, tries[at] ?? 0, cap, take)));
    spent = plus(spent, took);
    purse.took(ask, took);
    pending = [...over.toSorted((a, b) => a - b), ...pending.slice(grant.trials)];
    if (over.length > 0) kinds = { ...kinds, calls: 4 * calls };
    grant = pending.length === 0 ? undefined : await purse.admitRest(ask, wantedOf(kinds, pending));
  }
  const { is, about } = facts;
  const several = by.size > 1 && { by: Object.fromEntries(by) };
  return Object.freeze({ is, about, seen: Object.freeze(results), spent, ...several, most });
}

/** Reserves for an ask that is answered from the records what it was granted when it was run. */
export function reserveAsk(ground: AskGround, ask: number, trials: readonly SearchTrial[], options: AskOptions): void {
  const { budget, purse } = ground;
  const isLimited = Object.values(budget).some((limit) => limit !== undefined);
  if (!isLimited || trials.length === 0) return;
  const all = trials.map((_, at) => at);
  const looking = lookAt(ground, trials, options);
  purse.reserve(
    ask,
    looking.then((kinds) => wantedOf(kinds, all)),
  );
}

function lookAt(ground: AskGround, trials: readonly SearchTrial[], options: AskOptions): Promise<TrialKinds> {
  const { executor, budget, purse } = ground;
  const known = purse.account.kinds;
  return kindsOf({ executor, budget, known, runOptions: (trial) => runOptions(ground, trial) }, trials, options);
}

/** Times that a trial is run again whose process was killed. */
const LIVES = 3;

/** @param take told what came of it as soon as that is made: given back, what all trials came to would be there at once */
async function tryTrial(
  ground: AskGround,
  { ask, trials, options, found }: Asked,
  at: number,
  number: number,
  cap: number | undefined,
  take: (at: number, done: TrialTry) => void,
): Promise<void> {
  const known = found?.tries.get(at)?.[number];
  const { lanes, log, onTrial } = ground;
  if (known !== undefined) {
    onTrial(known.spent, true);
    return take(at, known);
  }
  // There are as many as there are places.
  const trial = trials[at] as SearchTrial;
  await lanes.enter();
  try {
    log.check();
    let result = await runOnce(ground, trial, options, cap);
    for (let life = 1; life < LIVES && wasKilled(result) && !isUsedUp(result, cap); life += 1) {
      const before = result;
      const again = await runOnce(ground, trial, options, cap && cap - before.lmCalls);
      result = { ...again, ...plus(before, again) };
    }
    const whole = trialData(result, options.metric !== undefined, options.wants);
    const done = isOver(result, cap) ? { spent: whole.spent, ms: whole.ms } : whole;
    lanes.unsafe(log.tried(ask, at, done));
    onTrial(done.spent, false);
    take(at, done);
  } finally {
    lanes.leave();
  }
}

async function runOnce(
  ground: AskGround,
  trial: SearchTrial,
  { metric = UNSCORED, wants }: AskOptions,
  cap: number | undefined,
): Promise<TrialResult> {
  const { executor, whole } = ground;
  if (whole.signal.aborted) throw new CutShort("the job has ended");
  const { program: candidate, example } = trial;
  const plain = runOptions(ground, trial);
  const budget = cap === undefined ? undefined : { lmCalls: cap };
  const trace = isTraced(wants);
  const options = trace || budget !== undefined ? { ...plain, trace, budget } : plain;
  const result = await runTrial(executor, { candidate, example, sample: 0 }, metric as never, options);
  if (whole.signal.aborted) throw new CutShort("the job's processes have ended");
  if (result.error !== undefined) checkFailed(result);
  return result;
}

/** @throws what ends the ask, and is no result of the trial that failed of it */
function checkFailed(result: TrialResult): void {
  if (hasCode(result, "program_down")) throw new CutShort("the job's processes have ended");
  // As long as this is not mended every trial fails: that says nothing of any candidate, and is not to be recorded as if it did.
  const broken = failuresOf(result).find((each) => each instanceof LmError && BROKEN.has(each.code));
  if (broken !== undefined) throw broken;
  // Somebody else's budget, a client's: no trial has anything to run on.
  const limited = codesOf(result).find(({ code, of }) => code === "budget_exceeded" && of !== undefined);
  if (limited !== undefined) throw new CutOff(`the budget of ${limited.of} is spent`);
}

const UNSCORED = (): number => 0;

/** What would befall every call of its client, until a person mends it. */
const BROKEN: ReadonlySet<LmFailureCode> = new Set<LmFailureCode>([
  "auth",
  "permission",
  "not_found",
  "insufficient_quota",
  "no_such_client",
]);

function runOptions({ options }: AskGround, { client, config, adapter }: SearchTrial): RunOptions {
  if (client === undefined && config === undefined && adapter === undefined) return options;
  return {
    ...options,
    client: client ?? options.client,
    adapter: adapter ?? options.adapter,
    config: config === undefined ? options.config : editSampling(options.config ?? {}, config),
  };
}

/** It came to the end of the LM calls that it was granted, and not to that of a budget of its program's own: more may be granted. */
function isOver(result: TrialResult, cap: number | undefined): boolean {
  return isUsedUp(result, cap) && (hasCode(result, "budget_exceeded") || wasKilled(result));
}

function isUsedUp({ lmCalls }: TrialResult, cap: number | undefined): boolean {
  return cap !== undefined && lmCalls >= cap;
}

function wasKilled({ error }: TrialResult): boolean {
  return error?.code === "run_crashed" && error.cause === undefined;
}

function hasCode(result: TrialResult, code: string): boolean {
  return codesOf(result).some((each) => each.code === code);
}

function codesOf(result: TrialResult): readonly { readonly code: string; readonly of: string | undefined }[] {
  return failuresOf(result).map(({ code, details }) => ({ code, of: (details as { readonly of?: string }).of }));
}

/** A judge's failure is told as its metric's. */
function failuresOf({ error }: TrialResult): readonly DspexError[] {
  return [error, error?.cause].filter((each) => each instanceof DspexError);
}
