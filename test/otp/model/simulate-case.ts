// An independent reading of OTP's supervision, from the text of its semantics alone: it shares no code and no idea with
// the supervisors it is held against.
import type { CaseNode, SupervisionCase, SupervisionStep, SupervisionTrace } from "../supervision-case.ts";
import { kill, stopEntry } from "./model-stop.ts";
import { addEntry, drop, type Outcome, start, stopSupervisor, tellParent } from "./model-supervisor.ts";
import { emptyWorld, end, type Entry, type ModelProcess, type ModelWorld, OutOfModel } from "./model-world.ts";
import { isPool, isSupervisor, specError } from "./spec-check.ts";

export interface Simulated {
  readonly trace: SupervisionTrace;
  /** `per_id` when things happened at the same time. */
  readonly order: "total" | "per_id";
}

/**
 * The trace that the case must give.
 * @throws OutOfModel when that depends on what happens at the same time, or on luck
 */
export function simulateCase(played: Omit<SupervisionCase, "expect">): Simulated {
  const world = emptyWorld();
  const taken = () => world.events.splice(0);
  const started = start(world, played.tree, undefined);
  if (started === "ignored") throw new OutOfModel("a root that declines to start");
  const root = "ok" in started ? started.ok : undefined;
  const boot = taken();
  const steps = played.steps.map((step) => {
    if (step.settle === false) throw new OutOfModel("a step whose end is not waited for");
    const result = playStep(world, root, step);
    return { result, events: taken() };
  });
  let exited: unknown;
  for (const { event, id, reason } of [boot, ...steps.map(({ events }) => events)].flat())
    if (id === played.tree.id && event !== "started") exited = reason;
  const final =
    root === undefined
      ? { root: "not_started", reason: exited }
      : root.alive
        ? { root: "alive", children: children(root, true) }
        : { root: "exited", reason: exited };
  if (root?.alive) stopSupervisor(world, root, "shutdown");
  const trace = { start: "ok" in started ? "ok" : started, boot, steps, final, teardown: taken() };
  return { trace, order: world.unordered ? "per_id" : "total" };
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
      return call(world, supervisor, step);
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

function call(world: ModelWorld, supervisor: ModelProcess, step: SupervisionStep): unknown {
  const id = step.id ?? "";
  const simple = supervisor.node.strategy === "simple_one_for_one";
  switch (step.do) {
    case "which_children":
      return children(supervisor, false);
    case "count_children":
      return count(supervisor);
    case "start_child":
      return startChild(world, supervisor, step.child as CaseNode);
    case "terminate_child":
      return isPool(supervisor.node) ? terminateInPool(world, supervisor, id) : terminate(world, supervisor, id);
    case "restart_child":
    case "delete_child": {
      if (simple) return { error: "simple_one_for_one" };
      if (isPool(supervisor.node)) throw new OutOfModel(`a dynamic supervisor has no ${step.do}`);
      const entry = supervisor.entries.find(({ node }) => node.id === id);
      if (entry === undefined) return { error: "not_found" };
      if (entry.state !== "undefined") return { error: entry.state };
      if (step.do === "restart_child") return restartEntry(world, supervisor, entry);
      supervisor.entries = supervisor.entries.filter((each) => each !== entry);
      return "ok";
    }
    default:
      throw new OutOfModel(`a step that the semantics do not have: ${step.do}`);
  }
}

function startChild(world: ModelWorld, supervisor: ModelProcess, child: CaseNode): unknown {
  const { node, entries } = supervisor;
  const [template] = node.children ?? [];
  const spec = node.strategy === "simple_one_for_one" ? { ...template, ...child } : child;
  const wrong = specError(spec, node.auto_shutdown);
  if (wrong !== undefined) return { error: wrong };
  if (node.strategy === "dynamic" && entries.length >= (node.max_children ?? Infinity))
    return { error: "max_children" };
  const present = isPool(node) ? undefined : entries.find((entry) => entry.node.id === spec.id);
  if (present !== undefined) return { error: present.state === "running" ? "already_started" : "already_present" };
  const outcome = start(world, spec, supervisor);
  if (outcome === "ignored" || "ok" in outcome) addEntry(supervisor, spec, outcome);
  return startResult(outcome);
}

function restartEntry(world: ModelWorld, supervisor: ModelProcess, entry: Entry): unknown {
  const outcome = start(world, entry.node, supervisor);
  if (outcome !== "ignored" && "ok" in outcome) {
    entry.state = "running";
    entry.process = outcome.ok;
  }
  return startResult(outcome);
}

function startResult(outcome: Outcome): unknown {
  if (outcome === "ignored") return { ok: "ignored" };
  return "ok" in outcome ? { ok: { generation: outcome.ok.generation } } : outcome;
}

function terminate(world: ModelWorld, supervisor: ModelProcess, id: string): unknown {
  const entry = supervisor.entries.find(({ node }) => node.id === id);
  if (entry === undefined) return { error: "not_found" };
  stopEntry(world, entry);
  drop(supervisor, entry);
  return "ok";
}

/** In pools an id stands for the process most recently started under it. */
function terminateInPool(world: ModelWorld, supervisor: ModelProcess, id: string): unknown {
  const process = world.latest.get(id);
  const entry = supervisor.entries.find((each) => each.process === process);
  if (process !== undefined && entry !== undefined) {
    stopEntry(world, entry);
    drop(supervisor, entry);
    return "ok";
  }
  const dead = process !== undefined && !process.alive;
  return supervisor.node.strategy === "simple_one_for_one" && dead ? "ok" : { error: "not_found" };
}

function count({ node, entries }: ModelProcess): unknown {
  const supervisors = entries.filter((entry) => isSupervisor(entry.node)).length;
  return {
    specs: node.strategy === "simple_one_for_one" ? 1 : entries.length,
    active: entries.filter(({ process }) => process?.alive).length,
    supervisors,
    workers: entries.length - supervisors,
  };
}

function children(supervisor: ModelProcess, deep: boolean): unknown[] {
  const listed = supervisor.entries.map(({ node, state, process }) => ({
    id: node.id,
    type: isSupervisor(node) ? "supervisor" : "worker",
    state,
    ...(process !== undefined && { generation: process.generation }),
    ...(deep && process !== undefined && isSupervisor(node) && { children: children(process, true) }),
  }));
  return isPool(supervisor.node) ? listed.toSorted((a, b) => (a.id < b.id ? -1 : 1)) : listed;
}
