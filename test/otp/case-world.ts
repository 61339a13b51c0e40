import type { ActorRef, Protocol, Target } from "../../src/runtime/actor-ref.ts";
import { ExitError, type ExitReason } from "../../src/runtime/exit-reason.ts";
import type { Runtime, StartResult } from "../../src/runtime/actor.ts";
import type { CaseTarget, Operation, TraceReason } from "./actor-case.ts";

/** What a case is played in: one runtime, its actors by id, and the log of their events. */
export interface World {
  readonly runtime: Runtime;
  /** An actor has begun its init. */
  born(id: string, ref: ActorRef<Protocol>): void;
  failed(id: string): void;
  /** The oracle neither logs nor handles exit messages from actors whose start failed: OTP's versions differ there. */
  startFailed(id: string): boolean;
  ref(id: string | undefined): ActorRef | undefined;
  /** The case spoke of this name: it stands in the final state. */
  mention(name: string | undefined): string;
  log(id: string, event: Readonly<Record<string, unknown>>): void;
  target(to: CaseTarget | undefined): Target<Protocol> | undefined;
  idOf(ref: ActorRef | null): string;
}

export function startArgs(world: World, step: Operation): ScriptedArgs {
  return { world, id: step.id ?? "", trap: step.trap ?? false, init: step.init ?? [], on: step.on ?? {} };
}

export interface ScriptedArgs {
  readonly world: World;
  readonly id: string;
  readonly trap: boolean;
  readonly init: readonly Operation[];
  readonly on: Readonly<Record<string, readonly Operation[]>>;
}

export function startResult(world: World, id: string | undefined, result: StartResult): unknown {
  if (result.status === "error") world.failed(id ?? "");
  if (result.status === "ok") return "ok";
  if (result.status === "ignore") return "ignore";
  return { error: toTrace(result.reason) };
}

export async function caught(action: () => Promise<unknown>): Promise<unknown> {
  try {
    return await action();
  } catch (thrown) {
    if (thrown instanceof ExitError) return { exit: toTrace(thrown.reason) };
    throw thrown;
  }
}

export function badarg(action: () => void): unknown {
  try {
    action();
    return "ok";
  } catch {
    return { error: "badarg" };
  }
}

export function timeoutOf(step: Operation, fallback: number): number {
  return step.timeout === undefined ? fallback : step.timeout === "infinity" ? Infinity : step.timeout;
}

/** The oracle's reasons are strings and pairs that ours hold as they are. */
export function fromTrace(reason: TraceReason | undefined): ExitReason {
  return reason ?? "normal";
}

export function toTrace(reason: ExitReason): unknown {
  if (typeof reason === "string") return reason;
  if ("error" in reason) return "crash";
  if ("call" in reason) return { call: toTrace(reason.call) };
  if ("await" in reason) return { await: toTrace(reason.await) };
  return reason;
}
