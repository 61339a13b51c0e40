// What the model keeps: processes, their supervisors' entries, and one line of time in which things happen one by one.
import type { CaseNode, TraceEvent } from "../supervision-case.ts";

export interface ModelProcess {
  readonly node: CaseNode;
  readonly generation: number;
  readonly parent: ModelProcess | undefined;
  alive: boolean;
  /** What it ended with. */
  reason: unknown;
  /** Of supervisors: their children, in start order. */
  entries: Entry[];
  /** Of supervisors: when restarts were charged. */
  charges: number[];
}

export interface Entry {
  readonly node: CaseNode;
  state: "running" | "restarting" | "undefined";
  process: ModelProcess | undefined;
}

export interface ModelWorld {
  now: number;
  /** Something happened at the same time as something else: between ids, the order of events says nothing. */
  unordered: boolean;
  readonly events: TraceEvent[];
  readonly attempts: Map<string, number>;
  /** The process most recently started under an id. */
  readonly latest: Map<string, ModelProcess>;
}

/** The case holds something that the model leaves open; the case proves nothing about the runtime. */
export class OutOfModel extends Error {}

export function emptyWorld(): ModelWorld {
  return { now: 0, unordered: false, events: [], attempts: new Map(), latest: new Map() };
}

/** The process is gone. */
export function end(world: ModelWorld, process: ModelProcess, reason: unknown): void {
  process.alive = false;
  process.reason = reason;
  world.events.push({ event: "terminated", id: process.node.id, generation: process.generation, reason });
}

/** *Clean* reasons: `normal`, `shutdown`, `{shutdown: …}`. */
export function isClean(reason: unknown): boolean {
  return (
    reason === "normal" ||
    reason === "shutdown" ||
    (typeof reason === "object" && reason !== null && "shutdown" in reason)
  );
}
