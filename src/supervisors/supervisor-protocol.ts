// What every supervisor answers, whatever its strategy, and how to ask it.
import type { ActorRef, CallOf, Protocol, ReplyOf, RequestOf, Target } from "../runtime/actor-ref.ts";
import type { CallOptions, StartResult } from "../runtime/actor.ts";
import type { ExitReason } from "../runtime/exit-reason.ts";
import type { ChildSpec } from "./child-spec.ts";
import type { ChildInfo } from "./children.ts";
import type { Intensity } from "./restart-strategy.ts";

export interface SupervisorProtocol extends Protocol {
  readonly call:
    | CallOf<{ readonly type: "start_child"; readonly spec: ChildSpec }, StartResult>
    | CallOf<{ readonly type: "restart_child"; readonly id: string }, StartResult>
    | CallOf<{ readonly type: "terminate_child"; readonly id: string | ActorRef }, ChildResult>
    | CallOf<{ readonly type: "delete_child"; readonly id: string }, ChildResult>
    | CallOf<{ readonly type: "which_children" }, readonly ChildInfo[]>
    | CallOf<{ readonly type: "count_children" }, ChildCounts>;
  readonly cast:
    | { readonly type: "try_again_restart"; readonly id: string }
    | { readonly type: "try_again_dynamic"; readonly child: ActorRef };
  readonly info: never;
}

/** OTP's words: `not_found`, `running`, `restarting`, `simple_one_for_one`. */
export type ChildResult = { readonly status: "ok" } | { readonly status: "error"; readonly reason: ExitReason };

export interface ChildCounts {
  readonly specs: number;
  /** Children with a living process. */
  readonly active: number;
  readonly supervisors: number;
  readonly workers: number;
}

export type Supervisor = Target<SupervisorProtocol>;

/** Whoever can call an actor: the runtime, or an actor's `self`. */
export interface Caller {
  call<P extends Protocol, const R extends RequestOf<P>>(
    target: Target<P>,
    request: R,
    options?: CallOptions,
  ): Promise<ReplyOf<P, R>>;
}

// As in OTP, a supervisor is waited for without end: it may be busy with a slow start.
const FOR_EVER: CallOptions = Object.freeze({ timeoutMs: Infinity });

/**
 * Adds a child: last in start order, or under a dynamic supervisor. Errors: `already_started` (with its `ref`),
 * `already_present`, `max_children`, a wrong spec (`invalid_shutdown`, …), or the reason for which the start failed.
 */
export function startChild(by: Caller, supervisor: Supervisor, spec: ChildSpec): Promise<StartResult> {
  return by.call(supervisor, { type: "start_child", spec }, FOR_EVER);
}

/** Starts a child that has no process, in its place. Errors: `not_found`, `running`, `restarting`, or the start's reason. */
export function restartChild(by: Caller, supervisor: Supervisor, id: string): Promise<StartResult> {
  return by.call(supervisor, { type: "restart_child", id }, FOR_EVER);
}

/** Stops a child, or cancels its restart; its entry stays unless it is temporary. Dynamic children go by their ref. */
export function terminateChild(by: Caller, supervisor: Supervisor, id: string | ActorRef): Promise<ChildResult> {
  return by.call(supervisor, { type: "terminate_child", id }, FOR_EVER);
}

/** Drops the entry of a child that has no process. Errors: `not_found`, `running`, `restarting`. */
export function deleteChild(by: Caller, supervisor: Supervisor, id: string): Promise<ChildResult> {
  return by.call(supervisor, { type: "delete_child", id }, FOR_EVER);
}

/** In start order (OTP gives it reversed). */
export function whichChildren(by: Caller, supervisor: Supervisor): Promise<readonly ChildInfo[]> {
  return by.call(supervisor, { type: "which_children" }, FOR_EVER);
}

/** How many entries there are, how many of them have a living process, and how many are of each type. */
export function countChildren(by: Caller, supervisor: Supervisor): Promise<ChildCounts> {
  return by.call(supervisor, { type: "count_children" }, FOR_EVER);
}

/** OTP's `supervisor_data` errors about intensity and period. */
export function intensityError({ intensity, period }: Intensity): string | undefined {
  if (!Number.isInteger(intensity) || intensity < 0) return "invalid_intensity";
  if (!Number.isInteger(period) || period <= 0) return "invalid_period";
  return undefined;
}
