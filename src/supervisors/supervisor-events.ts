import { eventKind, stamp, type TelemetryEvent } from "../foundation/telemetry.ts";
import type { ActorRef } from "../runtime/actor-ref.ts";
import { type ExitReason, isClean } from "../runtime/exit-reason.ts";
import type { Self } from "../runtime/actor.ts";
import type { Entry } from "./children.ts";
import type { Intensity } from "./restart-strategy.ts";

export interface ChildEvent extends TelemetryEvent {
  /** The supervisor's label and actor id. */
  readonly supervisor: string;
  readonly supervisorId: number;
  /** The child's id. */
  readonly child: string;
  /** Its process, as in `actor:started`; of one that has ended, the one it had. Left out: there is none. */
  readonly actor?: number;
}

/** A child is up. `incarnation` counts its successful starts under this supervisor, from 1. */
export const childStarted = eventKind<ChildEvent & { readonly incarnation: number }>(
  "supervisor:child_started",
  { upTo: "info", level: ({ incarnation }) => (incarnation > 1 ? "info" : "debug") },
  ({ child, supervisor, incarnation }) =>
    incarnation > 1 ? `${child} is up again under ${supervisor}` : `${child} is up under ${supervisor}`,
);

/** A child's start failed: at boot, by `startChild`, or in a restart. */
export const childStartFailed = eventKind<ChildEvent & { readonly reason: ExitReason }>(
  "supervisor:child_start_failed",
  "error",
  ({ child, supervisor }, reason) => `${child} could not start under ${supervisor}: ${reason}`,
);

/**
 * A child ended by itself, and what its supervisor does about it. A run that ends, or a child that leaves as it should, is
 * nothing to tell at night.
 */
export const childExited = eventKind<
  ChildEvent & { readonly reason: ExitReason; readonly decision: "restart" | "done" }
>(
  "supervisor:child_exited",
  { upTo: "error", level: ({ reason }) => (isClean(reason) ? "debug" : "error") },
  ({ child, supervisor, reason: why, decision }, reason) => {
    const next = decision === "restart" ? `; ${supervisor} starts it again` : "";
    return `${child} ${isClean(why) ? "ended" : "crashed"}: ${reason}${next}`;
  },
);

/** The supervisor has stopped a child: at its own end, in a group restart, or on request. */
export const childStopped = eventKind<ChildEvent & { readonly reason: ExitReason }>(
  "supervisor:child_stopped",
  "debug",
  ({ child, supervisor }, reason) => `${supervisor} has stopped ${child}: ${reason}`,
);

/** More restarts than `intensity` within `period`: the supervisor stops its children and ends with `shutdown`. */
export const gaveUp = eventKind<ChildEvent & { readonly intensity: number; readonly period: number }>(
  "supervisor:gave_up",
  "error",
  ({ supervisor, child, intensity, period }) =>
    `${supervisor} gives up: ${child} made it more than ${intensity} restarts in ${period} s`,
);

export function tellStarted(self: Self, entry: Entry, ref: ActorRef): void {
  if (childStarted.active) childStarted.publish({ ...about(self, entry, ref), incarnation: entry.incarnation });
}

export function tellStartFailed(self: Self, entry: Entry, reason: ExitReason): void {
  childStartFailed.publish({ ...about(self, entry), reason });
}

export function tellExited(self: Self, entry: Entry, reason: ExitReason, decision: "restart" | "done"): void {
  if (childExited.active) childExited.publish({ ...about(self, entry), reason, decision });
}

export function tellStopped(self: Self, entry: Entry, reason: ExitReason): void {
  if (childStopped.active) childStopped.publish({ ...about(self, entry), reason });
}

export function tellGaveUp(self: Self, entry: Entry, { intensity, period }: Intensity): void {
  gaveUp.publish({ ...about(self, entry), intensity, period });
}

function about(self: Self, { spec, ref }: Entry, process = ref): ChildEvent {
  const { label, ref: supervisor, runtime } = self;
  return {
    ...stamp(runtime),
    supervisor: label,
    supervisorId: supervisor.id,
    child: spec.id,
    ...(process !== undefined && { actor: process.id }),
  };
}
