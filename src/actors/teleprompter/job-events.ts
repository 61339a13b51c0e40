import { counted, inTime, roundedFigure } from "../../foundation/figure-text.ts";
import { eventKind, stamp, type TelemetryEvent } from "../../foundation/telemetry.ts";
import { asError } from "../../foundation/errors.ts";
import type { Runtime } from "../../runtime/actor.ts";
import type { ExitReason } from "../../runtime/exit-reason.ts";
import type { JobBoard, JobState } from "../../teleprompters/job/job-board.ts";
import type { Job } from "../../teleprompters/job/job.ts";

export interface JobEvent extends TelemetryEvent {
  readonly job: string;
}

/**
 * A life of a job's search has begun: the first one, or the next after a crash. `resumed` is how many of its asks are on
 * record: what they gave is not asked again.
 */
export const jobStarted = eventKind<
  JobEvent & {
    readonly teleprompter: string;
    readonly student: string;
    readonly folder?: string;
    /** In this process, from 1. */
    readonly life: number;
    readonly resumed: number;
  }
>("job:started", "info", ({ job, teleprompter, student, life, resumed }) => {
  const begun = life === 1 && resumed === 0 ? "begins" : `goes on (life ${life}, ${resumed} on record)`;
  return `job ${job} ${begun}: ${teleprompter} on ${student}`;
});

/** A life of its search has crashed: its supervisor starts the next one. One that was killed is `supervisor:child_exited`. */
export const jobCrashed = eventKind<JobEvent & { readonly life: number; readonly reason: ExitReason }>(
  "job:crashed",
  "warn",
  ({ job, life }, reason) => `job ${job}: life ${life} of its search crashed: ${reason}`,
);

/** A candidate was scored. Those that an earlier process has told of are told by nobody again. */
export const jobStep = eventKind<
  JobEvent & {
    readonly trial: number;
    readonly candidate: string;
    readonly score: number;
    /** The best full score so far. Left out: there is none. */
    readonly best?: number;
    readonly full: boolean;
    readonly lmCalls: number;
    readonly tokens: number;
    readonly usd: number;
  }
>("job:step", "debug", ({ job, trial, candidate, score, best }) => {
  const sofar = best === undefined ? "" : `, best ${roundedFigure(best)}`;
  return `job ${job}: trial ${trial}, ${candidate} scores ${roundedFigure(score)}${sofar}`;
});

/** It is over: with a result (`done`), or without. What it spent, earlier processes included; `ms` is this one's. */
export const jobEnded = eventKind<
  JobEvent & {
    readonly state: JobState;
    /** Why its search ended before its own end. Left out: it did not. */
    readonly partial?: "budget" | "dry_run";
    readonly trials: number;
    readonly best?: number;
    readonly ms: number;
    readonly lmCalls: number;
    readonly tokens: number;
    readonly usd: number;
  }
>(
  "job:ended",
  { upTo: "error", level: ({ state }) => (state === "failed" ? "error" : "info") },
  ({ job, state, trials, best, ms }) =>
    [
      `job ${job} is ${state}`,
      counted(trials, "trial"),
      ...(best === undefined ? [] : [`best ${roundedFigure(best)}`]),
      inTime(ms),
    ].join(", "),
);

/** Tells a system's listeners what happens to a job, from its start to its end. */
export function tellOfJob(runtime: Runtime, { name, board, about }: Job): void {
  const startedAt = runtime.clock.now();
  let life = 0;
  let told = 0;
  const event = (): JobEvent => ({ ...stamp(runtime), job: name });
  const stop: () => void = board.listen((change) => {
    switch (change.type) {
      case "life":
        life = change.life;
        told = Math.max(told, change.resumed.steps);
        jobStarted.publish({ ...event(), ...about, life, resumed: change.resumed.asks });
        return;
      case "crash":
        jobCrashed.publish({ ...event(), life, reason: { error: asError(change.thrown) } });
        return;
      case "step": {
        const { trial, name: candidate, score, best, full, lmCalls, tokens, usd } = change.step;
        if (trial <= told || !jobStep.active) return;
        const spent = { lmCalls, tokens, usd };
        jobStep.publish({ ...event(), trial, candidate, score, ...(best !== undefined && { best }), full, ...spent });
        return;
      }
      case "state":
        if (isOver(board)) {
          stop();
          jobEnded.publish({ ...event(), ...ending(board), ms: runtime.clock.now() - startedAt });
        }
        return;
      case "trials":
    }
  });
}

function isOver({ status: { state } }: JobBoard): boolean {
  return state !== "running" && state !== "paused";
}

function ending({ status }: JobBoard) {
  const { state, partial, trial, best, lmCalls, tokens, usd } = status;
  return {
    state,
    ...(partial !== undefined && { partial }),
    trials: trial,
    ...(best !== undefined && { best }),
    lmCalls,
    tokens,
    usd,
  };
}
