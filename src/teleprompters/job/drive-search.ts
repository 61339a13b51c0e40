import { asError, type DspexError } from "../../foundation/errors.ts";
import { LmError } from "../../lm/failure.ts";
import type { Budget } from "../../lm/budget.ts";
import { backoff } from "../../lm/retry/retry-policy.ts";
import type { Executor } from "../../programs/executor.ts";
import { isProgram, notProgram } from "../../programs/program-tree.ts";
import type { Program } from "../../programs/program.ts";
import type { Labels } from "../../programs/run-terms.ts";
import type {
  AskOptions,
  ScoredCandidate,
  Search,
  SearchTask,
  SearchTrial,
  Teleprompter,
  TrialSeen,
} from "../teleprompter.ts";
import type { Spent } from "./allowance.ts";
import { askNamer } from "./ask-facts.ts";
import { inOrder } from "./in-order.ts";
import type { JobBoard } from "./job-board.ts";
import { JobError } from "./job-error.ts";
import type { JobLog } from "./job-log.ts";
import { performAsk, reserveAsk, type TrialOptions } from "./perform-ask.ts";
import { CutOff, makePurse } from "./purse.ts";
import { stepRecord } from "./step-record.ts";
import { seenOf } from "./trial-data.ts";
import type { TrialLanes } from "./trial-lanes.ts";

/** One life of a job's search. */
export interface Driving {
  readonly name: string;
  readonly executor: Executor;
  readonly teleprompter: Teleprompter<never, never, never>;
  readonly task: SearchTask;
  readonly options: TrialOptions & { readonly labels?: Labels | undefined; readonly budget?: Budget | undefined };
  readonly log: JobLog;
  readonly board: JobBoard;
  readonly lanes: TrialLanes;
  /** Ends this life; what is under way is cancelled, and nothing of it recorded. */
  readonly signal: AbortSignal;
}

/** What a search came to. */
export interface Driven {
  readonly program: Program<never>;
  /** Why it is the best so far, and not what the search itself chose. */
  readonly partial: "budget" | undefined;
}

/** What a search waits for that is over: nobody hears of it any more. */
const NEVER = new Promise<never>(() => {});

/** Milliseconds that a trial may take where nothing else is said. */
const TIMEOUT_MS = 60_000;

/**
 * Runs a search: performs what it asks for, keeps each result before the search sees it, and gives results in the order of
 * asking. What an earlier life has asked for is answered from the log, and not asked again.
 *
 * @throws JobError `search_changed` (rejects) for a search that asks for something else than its earlier life did
 * @throws StoreError (rejects) when a result cannot be kept
 */
export function driveSearch(driving: Driving): Promise<Driven> {
  const { name, executor, teleprompter, task, options, log, board, lanes, signal } = driving;
  const { labels, budget = {}, timeoutMs = TIMEOUT_MS, retry = backoff({ maxRepairs: 0 }) } = options;
  const { adapter, client, config } = options;
  const over = Promise.withResolvers<never>();
  let isOver = false;
  const end = (why: unknown): void => {
    isOver = true;
    over.reject(asError(why));
  };
  const ended = new AbortController();
  const ends = AbortSignal.any([signal, ended.signal]);
  const whole = executor.begin({ runId: name, labels, priority: "optimizer", share: name, signal: ends });
  const purse = makePurse(budget);
  const order = inOrder();
  const nameAsk = askNamer();
  const ground = { executor, whole, options: { timeoutMs, retry, adapter, client, config }, budget, log, lanes, purse };
  let asks = 0;
  let steps = 0;

  const perform = async (
    ask: number,
    trials: readonly SearchTrial[],
    wish: AskOptions,
  ): Promise<readonly TrialSeen[]> => {
    const facts = nameAsk(trials, wish);
    const found = log.found(ask);
    if (found === undefined) log.begin(ask, facts);
    else if (found.facts.is !== facts.is) throw searchChanged(ask, found.facts.about, wish.about);
    board.asked(ask, wish.about, trials.length);
    const onTrial = (spent: Spent, recorded: boolean): void => board.trialDone(ask, spent, recorded);
    const own = { ...ground, onTrial };
    if (found?.done !== undefined) reserveAsk(own, ask, trials);
    const done = found?.done ?? (await performAsk(own, { ask, trials, options: wish, facts, found }));
    await order.turn(ask);
    if (found?.done === undefined) await log.deliver(ask, done);
    await purse.settled();
    if (isOver) return NEVER;
    purse.delivered(ask, done);
    board.delivered(ask, purse.account.spent);
    order.passed(ask);
    return Object.freeze(done.seen.map(seenOf));
  };

  const search: Search = Object.freeze({
    ...task,
    run(trials: readonly SearchTrial[], wish: AskOptions) {
      asks += 1;
      // Once the search is over nobody hears of it any more.
      return perform(asks, trials, wish).catch((thrown: unknown) => {
        end(thrown);
        return NEVER;
      });
    },
    scored(candidate: ScoredCandidate) {
      if (isOver) return;
      steps += 1;
      const step = board.scored(steps, candidate, purse.account.spent);
      log.step(steps, stepRecord(step));
      if (step === board.best) log.best(step.program);
    },
  });
  const cancel = (): void => end(new LmError("the job was stopped", { code: "cancelled", cause: signal.reason }));
  if (signal.aborted) cancel();
  signal.addEventListener("abort", cancel, { once: true });
  const searched = Promise.resolve()
    .then(() => teleprompter.search(search))
    .then((program: unknown): Driven => {
      if (!isProgram(program)) throw notProgram(`${teleprompter.kind}: its search must come to`, program);
      return { program, partial: undefined };
    });
  return Promise.race([searched, over.promise])
    .catch((thrown: unknown): Driven => {
      if (!(thrown instanceof CutOff)) throw thrown;
      return { program: board.best?.program ?? task.student, partial: "budget" };
    })
    .finally(() => {
      signal.removeEventListener("abort", cancel);
      // What the search did not wait for.
      isOver = true;
      ended.abort();
    });
}

function searchChanged(ask: number, before: string, now: string): DspexError {
  return new JobError(
    `the search asks for something else than in its earlier life: as its number ${ask}, ${now}, where it was ${before}`,
    { code: "search_changed", retryable: false, details: { ask, before, now } },
  );
}
