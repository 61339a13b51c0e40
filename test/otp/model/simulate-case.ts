// An independent reading of OTP's supervision, from the text of its semantics alone: it shares no code and no idea with
// the supervisors it is held against.
import type { CaseNode, SupervisionCase, SupervisionStep, SupervisionTrace, TraceEvent } from "../supervision-case.ts";
import { listChildren, serve } from "./model-calls.ts";
import { kill } from "./model-stop.ts";
import { start, stopSupervisor, tellParent } from "./model-supervisor.ts";
import { emptyWorld, end, type ModelProcess, type ModelWorld, OutOfModel } from "./model-world.ts";
import { isSupervisor } from "./spec-check.ts";

/** A tree that has started, or failed to, in the model. All of this may throw {@link OutOfModel}. */
export interface Simulation {
  play(step: SupervisionStep): unknown;
  isAlive(id: string): boolean;
  /** What happened since this was last asked. */
  events(): TraceEvent[];
  readonly start: unknown;
  final(): unknown;
  /** Whether things happened at the same time: then only the order of each id's own events means something. */
  readonly unordered: boolean;
  /** Milliseconds since the start. */
  readonly now: number;
}

export interface Simulated {
  readonly trace: SupervisionTrace;
  readonly order: "total" | "per_id";
  /** How long it all takes, the stop of the root included. */
  readonly elapsedMs: number;
}

/**
 * The trace that the case must give.
 * @throws OutOfModel when that depends on what happens at the same time, or on luck
 */
export function simulateCase(played: Omit<SupervisionCase, "expect">): Simulated {
  const simulation = simulate(played.tree);
  const boot = simulation.events();
  const steps = played.steps.map((step) => {
    if (step.settle === false) throw new OutOfModel("a step whose end is not waited for");
    const result = simulation.play(step);
    return { result, events: simulation.events() };
  });
  const final = simulation.final();
  simulation.play({ do: "stop", reason: "shutdown" });
  const trace = { start: simulation.start, boot, steps, final, teardown: simulation.events() };
  return { trace, order: simulation.unordered ? "per_id" : "total", elapsedMs: simulation.now };
}

export function simulate(tree: CaseNode): Simulation {
  const world = emptyWorld();
  const started = start(world, tree, undefined);
  if (started === "ignored") throw new OutOfModel("a root that declines to start");
  const root = "ok" in started ? started.ok : undefined;
  return {
    start: root === undefined ? started : "ok",
    play: (step) => playStep(world, root, step),
    isAlive: (id) => world.latest.get(id)?.alive ?? false,
    events: () => world.events.splice(0),
    final() {
      if ("error" in started) return { root: "not_started", reason: started.error };
      if (started.ok.alive) return { root: "alive", children: listChildren(started.ok, true) };
      return { root: "exited", reason: started.ok.reason };
    },
    get unordered() {
      return world.unordered;
    },
    get now() {
      return world.now;
    },
  };
}

function playStep(world: ModelWorld, root: ModelProcess | undefined, step: SupervisionStep): unknown {
  switch (step.do) {
    case "wait":
      world.now += step.ms ?? 0;
      return "ok";
    case "exit":
      return exit(world, world.latest.get(step.id ?? ""), step.reason ?? "normal");
    case "stop":
      if (root?.alive !== true) return { error: "noproc" };
      stopSupervisor(world, root, step.reason ?? "normal");
      return "ok";
    default: {
      const supervisor = world.latest.get(step.sup ?? "");
      if (supervisor?.alive !== true) return { error: "noproc" };
      if (!isSupervisor(supervisor.node)) throw new OutOfModel("a worker that is called like a supervisor");
      return serve(world, supervisor, step);
    }
  }
}

function exit(world: ModelWorld, process: ModelProcess | undefined, reason: unknown): unknown {
  if (process?.alive !== true) return "not_running";
  if (reason === "kill") {
    kill(world, process);
    tellParent(world, process, "killed");
  } else if (isSupervisor(process.node)) stopSupervisor(world, process, reason);
  else {
    end(world, process, reason);
    tellParent(world, process, reason);
  }
  return "ok";
}
