// A supervisor as the semantics text has it: boot, exits, restarts, escalation. Everything happens in one line: the next
// thing begins when the last one is over, so nothing is ever waiting when a restart is tried again.
import type { CaseNode } from "../supervision-case.ts";
import { stopChildren, stopInReverse } from "./model-stop.ts";
import { end, type Entry, isClean, type ModelProcess, type ModelWorld, OutOfModel } from "./model-world.ts";
import { isPool, isSupervisor, supervisorError } from "./spec-check.ts";

export type Outcome = { readonly ok: ModelProcess } | "ignored" | { readonly error: unknown };

export function start(world: ModelWorld, node: CaseNode, parent: ModelProcess | undefined): Outcome {
  const generation = (world.attempts.get(node.id) ?? 0) + 1;
  world.attempts.set(node.id, generation);
  world.now += node.start?.delay_ms?.[String(generation)] ?? 0;
  const failed = (reason: unknown): Outcome => {
    world.events.push({ event: "start_failed", id: node.id, generation, reason });
    return { error: reason };
  };
  if (node.start?.fail_on?.includes(generation)) return failed("init_failed");
  if (node.start?.ignore_on?.includes(generation)) {
    world.events.push({ event: "start_ignored", id: node.id, generation });
    return "ignored";
  }
  const process: ModelProcess = { node, generation, parent, alive: true, reason: undefined, entries: [], charges: [] };
  if (isSupervisor(node)) {
    const error = supervisorError(node) ?? boot(world, process);
    if (error !== undefined) return failed(error);
  }
  world.events.push({ event: "started", id: node.id, generation });
  world.latest.set(node.id, process);
  return { ok: process };
}

function boot(world: ModelWorld, supervisor: ModelProcess): unknown {
  if (isPool(supervisor.node)) return undefined;
  for (const node of supervisor.node.children ?? []) {
    const outcome = start(world, node, supervisor);
    if (typeof outcome === "object" && "error" in outcome) {
      stopChildren(world, supervisor);
      return { shutdown: { failed_to_start_child: node.id, reason: outcome.error } };
    }
    addEntry(supervisor, node, outcome);
  }
  return undefined;
}

/** An ignored start leaves an entry without a process, except for a temporary child and in pools. */
export function addEntry(
  supervisor: ModelProcess,
  node: CaseNode,
  outcome: { readonly ok: ModelProcess } | "ignored",
): void {
  if (outcome !== "ignored") supervisor.entries.push({ node, state: "running", process: outcome.ok });
  else if (!isPool(supervisor.node) && node.restart !== "temporary")
    supervisor.entries.push({ node, state: "undefined", process: undefined });
}

/** An orderly stop with this reason, by itself or from outside; then its parent hears of it. */
export function stopSupervisor(world: ModelWorld, supervisor: ModelProcess, reason: unknown): void {
  stopChildren(world, supervisor);
  end(world, supervisor, reason);
  tellParent(world, supervisor, reason);
}

/** The process is gone without its supervisor having asked. */
export function tellParent(world: ModelWorld, process: ModelProcess, reason: unknown): void {
  const supervisor = process.parent;
  const entry = supervisor?.entries.find((each) => each.process === process);
  if (supervisor === undefined || entry === undefined || !supervisor.alive) return;
  entry.process = undefined;
  entry.state = "undefined";
  const { restart = "permanent", significant = false } = entry.node;
  if (restart === "permanent" || (restart === "transient" && !isClean(reason))) {
    restartChild(world, supervisor, entry);
    return;
  }
  drop(supervisor, entry);
  if (significant && shutsDown(supervisor)) stopSupervisor(world, supervisor, "shutdown");
}

/** What is left of a child that is not restarted. */
export function drop(supervisor: ModelProcess, entry: Entry): void {
  if (entry.node.restart === "temporary" || isPool(supervisor.node))
    supervisor.entries = supervisor.entries.filter((each) => each !== entry);
}

function shutsDown(supervisor: ModelProcess): boolean {
  const { auto_shutdown } = supervisor.node;
  if (auto_shutdown === "any_significant") return true;
  if (auto_shutdown !== "all_significant") return false;
  return !supervisor.entries.some(({ node, state }) => node.significant === true && state !== "undefined");
}

function restartChild(world: ModelWorld, supervisor: ModelProcess, failed: Entry): void {
  for (let entry: Entry | undefined = failed; entry !== undefined;) {
    if (!charge(world, supervisor)) {
      entry.state = "undefined";
      drop(supervisor, entry);
      stopSupervisor(world, supervisor, "shutdown");
      return;
    }
    entry = attempt(world, supervisor, entry);
  }
}

/** One charged attempt. @returns the entry whose start failed, to be tried again */
function attempt(world: ModelWorld, supervisor: ModelProcess, failed: Entry): Entry | undefined {
  for (const entry of regroup(world, supervisor, failed)) {
    const outcome = start(world, entry.node, supervisor);
    if (outcome === "ignored") {
      entry.state = "undefined";
      // The text says both: "the entry stays `undefined`" and "an ignored child leaves no entry".
      if (supervisor.node.strategy === "simple_one_for_one") throw new OutOfModel("a restart that a template ignores");
      if (isPool(supervisor.node)) drop(supervisor, entry);
    } else if ("ok" in outcome) {
      entry.state = "running";
      entry.process = outcome.ok;
    } else {
      entry.state = "restarting";
      return entry;
    }
  }
  return undefined;
}

/** Stops and drops what the strategy asks for. @returns what to start, in order */
function regroup(world: ModelWorld, supervisor: ModelProcess, failed: Entry): readonly Entry[] {
  const { strategy = "one_for_one" } = supervisor.node;
  if (strategy !== "one_for_all" && strategy !== "rest_for_one") return [failed];
  const from = strategy === "one_for_all" ? 0 : supervisor.entries.indexOf(failed);
  const kept = supervisor.entries.slice(0, from);
  const group = supervisor.entries.slice(from);
  stopInReverse(
    world,
    group.filter((entry) => entry !== failed),
  );
  const lasting = group.filter(({ node }) => node.restart !== "temporary");
  supervisor.entries = [...kept, ...lasting];
  return lasting;
}

/** Forgets old charges and adds one. @returns whether the budget holds */
function charge(world: ModelWorld, supervisor: ModelProcess): boolean {
  const { intensity = 1, period = 5 } = supervisor.node;
  const from = world.now - period * 1000;
  // OTP compares whole seconds: whether a charge of this age still counts depends on the time of day.
  if (supervisor.charges.some((at) => at <= from && at >= from - 1000)) throw new OutOfModel("a charge on the edge");
  supervisor.charges = [...supervisor.charges.filter((at) => at > from), world.now];
  return supervisor.charges.length <= intensity;
}
