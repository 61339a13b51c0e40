import type { ActorRef, Protocol, Target } from "../../src/runtime/actor-ref.ts";
import type { ExitReason } from "../../src/runtime/exit-reason.ts";
import { ExitError } from "../../src/runtime/exit-reason.ts";
import { createRuntime, type Runtime } from "../../src/runtime/runtime.ts";
import type { StartResult } from "../../src/runtime/start.ts";
import type { ActorCase, ActorTrace, CaseTarget, Operation, TraceReason } from "./actor-case.ts";
import { scriptedActor } from "./scripted-actor.ts";
import type { PlayerTime } from "./time.ts";

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

/** Plays a case and gives the trace that came of it, in the form of its `expect`. */
export async function playActorCase(played: ActorCase, time: PlayerTime): Promise<ActorTrace> {
  const runtime = createRuntime({ clock: time.clock, name: played.name });
  let events: Record<string, unknown[]> = {};
  const refs = new Map<string, ActorRef<Protocol>>();
  const ids = new Map<ActorRef, string>();
  const names = new Set<string>();
  const failed = new Set<string>();
  const world: World = {
    runtime,
    born(id, ref) {
      refs.set(id, ref);
      ids.set(ref, id);
    },
    failed: (id) => void failed.add(id),
    startFailed: (id) => failed.has(id),
    ref: (id) => refs.get(id ?? ""),
    mention(name = "") {
      names.add(name);
      return name;
    },
    log: (id, event) => void (events[id] ??= []).push(event),
    target(to) {
      if (typeof to === "object") names.add(to.name);
      return typeof to === "object" ? to : to === undefined ? undefined : refs.get(to);
    },
    idOf: (ref) => (ref === null ? "driver" : (ids.get(ref) ?? "unknown")),
  };
  const steps: ActorTrace["steps"][number][] = [];
  for (const step of played.steps) {
    // Time is the player's to move here, not a timer's to wait for.
    const result = step.do === "wait" ? await waited(time, step.ms) : await time.until(driverStep(world, step));
    if (step.settle === false) await time.wait(60);
    else await time.quiet(runtime);
    steps.push({ result, events: step.settle === false ? {} : events });
    if (step.settle !== false) events = {};
  }
  const alive = [...refs].filter(([, ref]) => runtime.isAlive(ref)).map(([id]) => id);
  const finalNames: Record<string, string | null> = {};
  for (const name of names) {
    const ref = runtime.whereis(name);
    finalNames[name] = ref === undefined ? null : world.idOf(ref);
  }
  for (const ref of refs.values()) runtime.exitSignal(ref, "kill");
  runtime.dispose();
  return { steps, final: { alive: alive.toSorted(), names: finalNames } };
}

async function waited(time: PlayerTime, ms = 0): Promise<"ok"> {
  await time.wait(ms);
  return "ok";
}

async function driverStep(world: World, step: Operation): Promise<unknown> {
  const { runtime } = world;
  const target = world.target(step.to);
  switch (step.do) {
    case "start": {
      const { id = "", name, timeout } = step;
      const result = await runtime.start(scriptedActor, startArgs(world, step), {
        ...(name !== undefined && { name: world.mention(name) }),
        ...(typeof timeout === "number" && { timeoutMs: timeout }),
        label: id,
      });
      return startResult(world, id, result);
    }
    case "call":
      return caught(async () => {
        if (target === undefined) throw new ExitError("noproc", "call");
        return {
          ok: await runtime.call(target, { msg: step.msg, ops: step.ops }, { timeoutMs: timeoutOf(step, 5000) }),
        };
      });
    case "cast":
    case "info":
      if (target !== undefined) runtime[step.do](target, { msg: step.msg, ops: step.ops });
      return "ok";
    case "signal":
      if (target !== undefined) runtime.exitSignal(target, fromTrace(step.reason));
      return "ok";
    case "stop_server":
      return caught(async () => {
        if (target === undefined) throw new ExitError("noproc", "call");
        await runtime.stop(target, fromTrace(step.reason ?? "normal"), { timeoutMs: timeoutOf(step, Infinity) });
        return "ok";
      });
    case "register":
      return badarg(() => {
        const ref = world.ref(step.id);
        if (ref === undefined) throw new Error("badarg");
        runtime.register(world.mention(step.name), ref);
      });
    case "unregister":
      return badarg(() => runtime.unregister(world.mention(step.name)));
    case "whereis": {
      const ref = runtime.whereis(world.mention(step.name));
      return ref === undefined ? null : world.idOf(ref);
    }
    case "alive": {
      const ref = world.ref(step.id);
      return ref !== undefined && runtime.isAlive(ref);
    }
    default:
      throw new Error(`unknown step: ${step.do}`);
  }
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
