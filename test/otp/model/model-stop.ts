// How children are stopped, from the semantics text ("Stop", "Killing a supervisor").
import type { CaseNode } from "../supervision-case.ts";
import { end, type Entry, type ModelProcess, type ModelWorld, OutOfModel } from "./model-world.ts";
import { isPool, isSupervisor } from "./spec-check.ts";

/** Stops all children: in reverse start order, each fully gone before the next; a pool's all at once. */
export function stopChildren(world: ModelWorld, supervisor: ModelProcess): void {
  if (isPool(supervisor.node)) stopAtOnce(world, supervisor.entries);
  else stopInReverse(world, supervisor.entries);
}

export function stopInReverse(world: ModelWorld, entries: readonly Entry[]): void {
  for (const entry of entries.toReversed()) stopEntry(world, entry);
}

function stopAtOnce(world: ModelWorld, entries: readonly Entry[]): void {
  const from = world.now;
  let until = from;
  const families = entries.filter(({ process }) => process?.entries.some((entry) => entry.process?.alive));
  if (families.length > 0 && entries.length > 1) world.unordered = true;
  for (const entry of entries) {
    world.now = from;
    stopEntry(world, entry);
    until = Math.max(until, world.now);
  }
  world.now = until;
}

/** Afterwards the entry has no process, whatever state it was in. */
export function stopEntry(world: ModelWorld, entry: Entry): void {
  const { process } = entry;
  entry.state = "undefined";
  entry.process = undefined;
  if (process?.alive !== true) return;
  const limit = shutdownMs(entry.node);
  if (limit === "brutal_kill") {
    kill(world, process);
    return;
  }
  if (isSupervisor(process.node)) {
    const from = world.now;
    stopChildren(world, process);
    if (world.now - from >= limit) throw new OutOfModel("a supervisor is killed while it stops its children");
    end(world, process, "shutdown");
    return;
  }
  const { ignore = false, delay_ms = 0, reason = "shutdown" } = process.node.stop ?? {};
  // Who has no manner of its own ends by being asked: for that, no time at all is enough.
  const takes = ignore ? Infinity : process.node.stop === undefined ? -1 : delay_ms;
  if (takes === limit) throw new OutOfModel("whether it stops in time is a matter of luck, or of eternity");
  world.now += Math.max(0, Math.min(takes, limit));
  end(world, process, takes < limit ? reason : "killed");
}

function shutdownMs(node: CaseNode): number | "brutal_kill" {
  const { shutdown = isSupervisor(node) ? "infinity" : 5000 } = node;
  return shutdown === "infinity" ? Infinity : shutdown;
}

/** A killed supervisor stops no child: they notice, side by side with all else that goes on. */
export function kill(world: ModelWorld, process: ModelProcess): void {
  end(world, process, "killed");
  const from = world.now;
  for (const { process: child } of process.entries) {
    if (child?.alive !== true) continue;
    world.unordered = true;
    stopChildren(world, child);
    end(world, child, "killed");
    world.now = from;
  }
}
