import type { ActorRef, Protocol } from "../../src/runtime/actor-ref.ts";
import { ExitError } from "../../src/runtime/exit-reason.ts";
import { createRuntime } from "../../src/runtime/runtime.ts";
import type { ActorCase, ActorTrace, Operation } from "./actor-case.ts";
import { badarg, caught, fromTrace, startArgs, startResult, timeoutOf, type World } from "./case-world.ts";
import { scriptedActor } from "./scripted-actor.ts";
import type { PlayerTime } from "./time.ts";

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
    const result =
      step.do === "wait" ? await waited(time, step.ms) : await time.until(runtime, driverStep(world, step));
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
