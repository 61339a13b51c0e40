// What supervisors answer, from the semantics text ("Calls", "simple_one_for_one", "dynamic").
import type { CaseNode, SupervisionStep } from "../supervision-case.ts";
import { stopEntry } from "./model-stop.ts";
import { addEntry, drop, type Outcome, start } from "./model-supervisor.ts";
import { type Entry, type ModelProcess, type ModelWorld, OutOfModel } from "./model-world.ts";
import { isPool, isSupervisor, specError } from "./spec-check.ts";

export function serve(world: ModelWorld, supervisor: ModelProcess, step: SupervisionStep): unknown {
  const id = step.id ?? "";
  const simple = supervisor.node.strategy === "simple_one_for_one";
  switch (step.do) {
    case "which_children":
      return listChildren(supervisor, false);
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

export function listChildren(supervisor: ModelProcess, deep: boolean): unknown[] {
  const listed = supervisor.entries.map(({ node, state, process }) => ({
    id: node.id,
    type: isSupervisor(node) ? "supervisor" : "worker",
    state,
    ...(process !== undefined && { generation: process.generation }),
    ...(deep && process !== undefined && isSupervisor(node) && { children: listChildren(process, true) }),
  }));
  return isPool(supervisor.node) ? listed.toSorted((a, b) => (a.id < b.id ? -1 : 1)) : listed;
}
