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
import type { TrainingStep } from "../training/training-step.ts";
import type { Spent } from "./allowance.ts";
import { askNamer } from "./ask-facts.ts";
import { checkAsk, checkCandidate, checkText, checkTraining } from "./check-search.ts";
import { UNCOUNTED } from "./estimate.ts";
import { inOrder } from "./in-order.ts";
import type { JobBoard } from "./job-board.ts";
import { JobError } from "./job-error.ts";
import type { AskDone, AskFacts, AskFound, JobLog } from "./job-log.ts";
import { performAsk, reserveAsk, type TrialOptions } from "./perform-ask.ts";
import { performTraining, trainingFacts } from "./perform-training.ts";
import { CutOff, makePurse } from "./purse.ts";
import { stepRecord } from "./step-record.ts";
import { errorsIn, isTraced, seenOf } from "./trial-data.ts";
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

const UNWANTED = new JobError("the search has come to its end", { code: "cancelled", retryable: false });

const FREE = Promise.resolve({ calls: 1, parts: [] });

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
  const ground = {
    executor,
    whole,
    options: { timeoutMs, retry, adapter, client, config, parent: whole },
    budget,
    log,
    lanes,
    purse,
  };
  const training = new Set<Promise<void>>();
  let asks = 0;
  let steps = 0;

  /** Does what was asked for, unless that is on record, and gives it in its turn. */
  const inTurn = async (
    ask: number,
    count: number,
    name: (found: AskFound | undefined) => AskFacts,
    work: (facts: AskFacts, found: AskFound | undefined) => Promise<AskDone>,
    reserve: () => void,
  ): Promise<AskDone> => {
    const found = log.found(ask);
    const facts = name(found);
    const { about } = facts;
    if (found === undefined) log.begin(ask, facts);
    else if (found.facts.is !== facts.is) throw searchChanged(ask, found.facts.about, about);
    board.asked(ask, about, count);
    if (found?.done !== undefined) reserve();
    const done = found?.done ?? (await work(facts, found));
    await order.turn(ask);
    if (found?.done === undefined) await log.deliver(ask, done);
    await purse.settled();
    if (isOver) return NEVER;
    purse.delivered(ask, done);
    board.delivered(ask, purse.account.spent);
    order.passed(ask);
    return done;
  };
  const perform = async (
    ask: number,
    trials: readonly SearchTrial[],
    wish: AskOptions,
  ): Promise<readonly TrialSeen[]> => {
    const onTrial = (spent: Spent, recorded: boolean): void => board.trialDone(ask, spent, recorded);
    const own = { ...ground, onTrial };
    const done = await inTurn(
      ask,
      trials.length,
      () => nameAsk(trials, wish),
      (facts, found) => performAsk(own, { ask, trials, options: wish, facts, found }),
      () => reserveAsk(own, ask, trials, wish),
    );
    // A proposal that fails is told, if it matters, by who asked for it.
    if (wish.metric !== undefined || isTraced(wish.wants)) board.ran(trials.length, errorsIn(done.seen));
    return Object.freeze(done.seen.map(seenOf));
  };
  const train = async (ask: number, step: TrainingStep): Promise<unknown> => {
    const { about, isFree = false } = step;
    if (!isFree) board.noted(UNCOUNTED);
    const tell = (text: string): void => board.asked(ask, `${about}: ${text}`, 0);
    // It takes nothing of the budget: what comes after it need not wait for it.
    const reserve = (): void => purse.reserve(ask, FREE);
    const own = { clock: executor.clock, retry, log, lanes, signal: ends, tell };
    const done = await inTurn(
      ask,
      0,
      (found) => trainingFacts(step, found),
      (facts, found) => {
        reserve();
        const performed = performTraining(own, ask, step, facts, found);
        const settled = performed.then(
          () => void training.delete(settled),
          () => void training.delete(settled),
        );
        training.add(settled);
        return performed;
      },
      reserve,
    );
    return done.came;
  };
  /** Nobody hears of what is asked once the search is over. */
  const orEnd = <Came>(asked: Promise<Came>): Promise<Came> =>
    asked.catch((thrown: unknown) => {
      end(thrown);
      return NEVER;
    });

  const search: Search = Object.freeze({
    ...task,
    run(trials: readonly SearchTrial[], wish: AskOptions) {
      checkAsk(trials, wish);
      asks += 1;
      return orEnd(perform(asks, trials, wish));
    },
    train(step: TrainingStep) {
      checkTraining(step);
      asks += 1;
      return orEnd(train(asks, step));
    },
    note(text: string) {
      checkText("search.note: the text", text);
      if (!isOver) board.noted(text);
    },
    scored(candidate: ScoredCandidate) {
      checkCandidate(candidate);
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
  const driven = async (): Promise<Driven> => {
    // What goes on elsewhere is wanted by the next life, unless it would come to this end again.
    let isWanted = false;
    try {
      return await Promise.race([searched, over.promise]);
    } catch (thrown) {
      isWanted = !(thrown instanceof CutOff || (thrown instanceof JobError && thrown.code !== "search_changed"));
      if (!(thrown instanceof CutOff)) throw thrown;
      return { program: board.best?.program ?? task.student, partial: "budget" };
    } finally {
      signal.removeEventListener("abort", cancel);
      // What the search did not wait for.
      isOver = true;
      ended.abort(isWanted ? undefined : UNWANTED);
      // What goes on elsewhere may have to be told that nobody waits for it.
      await Promise.all(training);
    }
  };
  return driven();
}

function searchChanged(ask: number, before: string, now: string): DspexError {
  return new JobError(
    `the search asks for something else than in its earlier life: as its number ${ask}, ${now}, where it was ${before}`,
    { code: "search_changed", retryable: false, details: { ask, before, now } },
  );
}
