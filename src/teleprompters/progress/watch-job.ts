import { progressBar } from "../../evaluate/progress/progress-bar.ts";
import type { Clock } from "../../foundation/clock.ts";
import { warnOf } from "../../foundation/errors.ts";
import { statusLine } from "../../foundation/status-line.ts";
import type { JobBoard } from "../job/job-board.ts";
import type { JobProgress, JobProgressListener } from "./job-progress.ts";
import { jobProgressText } from "./job-progress-text.ts";

/** Tells how far a job is, to whoever wants to know. */
export interface JobWatch {
  /** Its first life begins; later ones change nothing. */
  begin(clock: Clock): void;
  /** It is over. */
  end(): void;
  /** Since it began, to its end. */
  readonly ms: number;
}

/** @param total runs of its plan, if anybody knows */
export function watchJob(
  board: JobBoard,
  total: () => number | undefined,
  progress: boolean | JobProgressListener = false,
): JobWatch {
  let clock: Clock | undefined;
  let [startedAt, endedAt]: [number, number | undefined] = [0, undefined];
  let planned: number | undefined;
  let stop = (): void => {};
  const ms = (): number => (clock === undefined ? 0 : (endedAt ?? clock.now()) - startedAt);
  const curve = curveOf(board);
  const now = (): JobProgress => {
    const { state, trial, best, lmCalls, tokens, usd, asks, runs: done, recorded } = board.status;
    const spent = { lmCalls, tokens, usd };
    return Object.freeze({
      state,
      trial,
      curve: curve(),
      best,
      done,
      total: planned,
      recorded,
      ...spent,
      asks,
      ms: ms(),
    });
  };
  const show = (by: Clock): (() => void) => {
    if (progress === false) return () => {};
    if (progress !== true) {
      const tell = telling(progress);
      return board.listen(() => tell(now()));
    }
    const bar = statusLine().then((line) =>
      progressBar(by, line, (columns, over) => jobProgressText(now(), columns, over)),
    );
    bar.catch((thrown: unknown) => warnOf("the progress of a job cannot be shown", thrown));
    return () => void bar.then(({ end }) => end()).catch(() => {});
  };

  return Object.freeze({
    begin(by: Clock) {
      if (clock !== undefined || endedAt !== undefined) return;
      [clock, startedAt] = [by, by.now()];
      if (progress !== false) planned = total();
      stop = show(by);
    },
    end() {
      endedAt ??= clock?.now() ?? 0;
      stop();
      stop = () => {};
    },
    get ms() {
      return ms();
    },
  } satisfies JobWatch);
}

/** What it throws is told once: it is called thousands of times. */
function telling(listener: JobProgressListener): JobProgressListener {
  let isWarned = false;
  return (progress) => {
    try {
      listener(progress);
    } catch (thrown) {
      if (!isWarned) warnOf("a listener of a job's progress failed", thrown);
      isWarned = true;
    }
  };
}

/** Made anew where there is another step, and not for every trial. */
function curveOf(board: JobBoard): () => readonly number[] {
  let [known, curve]: [number, readonly number[]] = [0, Object.freeze([])];
  return () => {
    if (board.steps.length !== known) {
      known = board.steps.length;
      curve = Object.freeze(board.steps.flatMap(({ full, score }) => (full ? [score] : [])));
    }
    return curve;
  };
}
