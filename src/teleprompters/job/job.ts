import { resolve } from "node:path";
import { asError, DspexError, UsageError } from "../../foundation/errors.ts";
import { defaultLanes } from "../../evaluate/evaluate-with.ts";
import { heard } from "../../foundation/heard.ts";
import type { Executor } from "../../programs/executor.ts";
import type { Program } from "../../programs/program.ts";
import { runsOf, type SearchPlan } from "../search-plan.ts";
import type { SearchTask, Teleprompter } from "../teleprompter.ts";
import { watchJob } from "../progress/watch-job.ts";
import { jobReport } from "../reports/make-job-report.ts";
import type { CompileOptions } from "./compile-options.ts";
import { type Driven, driveSearch } from "./drive-search.ts";
import { jobBoard, type JobBoard, type JobPartial, type JobStep } from "./job-board.ts";
import { type JobOutcome, type JobWant, watchWant } from "./job-control.ts";
import { JobError } from "./job-error.ts";
import { estimateJob, type JobEstimate, planOf, UNCOUNTED } from "./estimate.ts";
import { type JobFolder, openJobFolder } from "./job-folder.ts";
import { jobGrounds } from "./job-grounds.ts";
import type { JobHandle } from "./job-handle.ts";
import { memoryLog } from "./job-log.ts";
import { jobNotes, nothingToChange, sourceNotes } from "./job-notes.ts";
import { trialLanes } from "./trial-lanes.ts";

/** Lends an executor for as long as something takes. */
export type LookWith = <Value>(use: (executor: Executor) => Promise<Value>) => Promise<Value>;

/** A job, whose search may live several times: each life goes on where the one before left off. */
export interface Job {
  readonly name: string;
  readonly handle: JobHandle;
  readonly board: JobBoard;
  /** What it is, for whoever tells of it. */
  readonly about: { readonly teleprompter: string; readonly student: string; readonly folder?: string };
  /** Whether there is nothing left to be done. */
  readonly isOver: boolean;
  /**
   * One life of its search. Resolves when the job is over, with a result or without one.
   * @param signal ends this life, and leaves the job to a later one
   * @throws what crashed it (rejects): a later life may do better
   */
  live(executor: Executor, signal: AbortSignal): Promise<void>;
  /** What crashed its last life. */
  readonly crash: Error | undefined;
  /** Resolves when its last life has ended, and closed its folder. */
  atRest(): Promise<void>;
  /** There will be no further life. */
  end(error: JobError): void;
  /** Tells on what estimates are made, at any time. Only the first time counts. */
  lookWith(look: LookWith): void;
}

/** @param options have been checked */
export function makeJob(
  teleprompter: Teleprompter<never, never, never>,
  student: Program<never>,
  options: CompileOptions,
): Job {
  const { signal: userSignal } = options;
  // The process may go elsewhere meanwhile.
  const folder = options.folder === undefined ? undefined : resolve(options.folder);
  const name = options.name ?? `${teleprompter.kind} ${student.name}`;
  const task = taskOf(student, options);
  const { timeoutMs, retry, adapter, client, config } = options;
  const trialOptions = { timeoutMs, retry, adapter, client, config };
  let sources: readonly string[] = [];
  let kept: JobFolder | undefined;
  const board = jobBoard((stand) => jobNotes(stand, kept, sources));
  const result = Promise.withResolvers<Program<never>>();
  void heard(result.promise);
  const cancelled = new AbortController();
  const memory = memoryLog();
  const watch = watchJob(board, () => plannedRuns(planOf(teleprompter, task)), options.progress);
  const look = Promise.withResolvers<LookWith>();
  let chosen: Program<never> | undefined;
  let estimated: Promise<JobEstimate | undefined> | undefined;
  let crash: Error | undefined;
  let isOver = false;
  /** The last life, its folder included. */
  let life: Promise<unknown> = Promise.resolve();

  const settle = (settled: () => void): void => {
    if (isOver) return;
    isOver = true;
    userSignal?.removeEventListener("abort", onAbort);
    settled();
    watch.end();
  };
  const fail = (error: Error): void =>
    settle(() => {
      const code = error instanceof DspexError ? error.code : undefined;
      board.state(code === "cancelled" || code === "stopped" ? code : "failed");
      result.reject(error);
    });
  const done = ({ program, partial }: Omit<Driven, "partial"> & { readonly partial: JobPartial | undefined }): void =>
    settle(() => {
      chosen = program;
      board.state("done", partial);
      result.resolve(program);
    });
  const cancel = (why = ""): void =>
    cancelled.abort(new JobError(`the job "${name}" was cancelled${why}`, { code: "cancelled", retryable: false }));
  const lanes = trialLanes();

  const live = async (executor: Executor, signal: AbortSignal): Promise<void> => {
    const ends = AbortSignal.any([signal, cancelled.signal]);
    watch.begin(executor.clock);
    if ((planOf(teleprompter, task)?.trainings ?? 0) > 0) board.noted(UNCOUNTED);
    if (options.dryRun === true) {
      estimated ??= estimateJob(executor, teleprompter, task, trialOptions);
      await estimated;
      return done({ program: student, partial: "dry_run" });
    }
    const driving = { name, executor, teleprompter, task, options, board, lanes, signal: ends };
    lanes.widen(options.maxConcurrency ?? defaultLanes(executor, [student], options));
    const grounds = await jobGrounds(executor, teleprompter, task, { adapter, client, config });
    sources = [...nothingToChange(student), ...sourceNotes(student, teleprompter)];
    const log =
      folder === undefined
        ? undefined
        : await openJobFolder({ folder, name, grounds, clock: executor.clock, signal: ends });
    kept = log;
    const unwatch = folder === undefined ? undefined : await watchWant(folder, executor.clock, wanted);
    try {
      board.begun((log ?? memory).resumed);
      const driven = await driveSearch({ ...driving, log: log ?? memory });
      log?.best(driven.program);
      await log?.close({ state: "done", partial: driven.partial });
      done(driven);
    } catch (thrown) {
      const why: unknown = cancelled.signal.aborted ? cancelled.signal.reason : thrown;
      const goesOn = signal.aborted && !cancelled.signal.aborted;
      await log?.close(goesOn || !isFinal(why) ? undefined : outcomeOf(why));
      throw thrown;
    } finally {
      unwatch?.();
    }
  };

  const pause = (): void => {
    if (isOver) return;
    lanes.shut();
    board.state("paused");
  };
  const resume = (): void => {
    if (isOver) return;
    lanes.open();
    board.state("running");
  };
  /** By somebody in another process. */
  const wanted = (want: JobWant): void => {
    if (want === "pause") pause();
    else if (want === "go_on") resume();
    else cancel(`: somebody wants that by the file control.json in ${folder}; it goes on where that is taken away`);
  };

  const onAbort = (): void => void handle.cancel();
  const handle: JobHandle = Object.freeze({
    name,
    folder,
    steps: () => stepsOf(board, () => isOver),
    status: () => board.status,
    estimate: () =>
      (estimated ??= look.promise.then((lend) =>
        lend((executor) => estimateJob(executor, teleprompter, task, trialOptions)),
      )),
    report: () =>
      jobReport({
        name,
        teleprompter: teleprompter.kind,
        student,
        trainset: task.trainset,
        valset: task.valset,
        board,
        result: chosen,
        ms: watch.ms,
      }),
    best: () => board.best,
    pause,
    resume,
    async cancel() {
      cancel();
      await life.catch(() => {});
      fail(cancelled.signal.reason as JobError);
    },
    result: () => result.promise,
  });
  if (userSignal?.aborted) cancel();
  userSignal?.addEventListener("abort", onAbort, { once: true });

  return Object.freeze({
    name,
    handle,
    board,
    about: Object.freeze({
      teleprompter: teleprompter.kind,
      student: student.name,
      ...(folder !== undefined && { folder }),
    }),
    get isOver() {
      return isOver;
    },
    get crash() {
      return crash;
    },
    live(executor: Executor, signal: AbortSignal) {
      // The one before may still have its folder open.
      const begun = life.catch(() => {}).then(() => live(executor, signal));
      life = begun;
      return begun.catch((thrown: unknown) => {
        if (cancelled.signal.aborted) return fail(cancelled.signal.reason as JobError);
        // What this life was ended for, or what may go otherwise another time.
        if (signal.aborted || !isFinal(thrown)) {
          if (!signal.aborted) {
            crash = asError(thrown);
            board.crashed(thrown);
          }
          throw thrown;
        }
        return fail(thrown);
      });
    },
    end(why: JobError) {
      // Its last life may still have its folder open: whoever hears of the end may take that.
      void life.catch(() => {}).then(() => fail(why));
    },
    atRest: () =>
      life.then(
        () => {},
        () => {},
      ),
    lookWith: look.resolve,
  } satisfies Job);
}

function plannedRuns(plan: SearchPlan | undefined): number | undefined {
  return plan && plan.trials + runsOf(plan.proposals);
}

/** What another life would fail with again; all else is a crash. */
function isFinal(thrown: unknown): thrown is DspexError | UsageError {
  return thrown instanceof DspexError || thrown instanceof UsageError;
}

function outcomeOf(error: DspexError | UsageError): JobOutcome {
  const state = error instanceof JobError && error.code === "cancelled" ? "cancelled" : "failed";
  return { state, why: error.message };
}

function taskOf(student: Program<never>, { trainset, valset, warmStart = [] }: CompileOptions): SearchTask {
  // Sets are typed by who gives them; a search looks at their fields by name.
  return Object.freeze({ student, trainset, valset, warmStart }) as unknown as SearchTask;
}

async function* stepsOf(board: JobBoard, isOver: () => boolean): AsyncGenerator<JobStep, void> {
  let at = 0;
  let changed = Promise.withResolvers<void>();
  const stop = board.listen(() => changed.resolve());
  try {
    for (;;) {
      changed = Promise.withResolvers();
      for (let step = board.steps[at]; step !== undefined; step = board.steps[at]) {
        at += 1;
        yield step;
      }
      if (isOver()) return;
      await changed.promise;
    }
  } finally {
    stop();
  }
}
