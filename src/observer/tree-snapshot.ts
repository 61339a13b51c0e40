import type { ActorRef } from "../runtime/actor-ref.ts";
import type { Runtime } from "../runtime/runtime.ts";

/** One actor, or one child entry without a process, as data. */
export interface TreeNode {
  /** The child's id under its supervisor. */
  readonly id: string;
  /** What it is: `supervisor`, `client`, `program_server`, `run`, …: its behaviour's name. */
  readonly type: string;
  /**
   * `idle`, `busy` (inside a handler), `init`, `terminating`; or, without a process, `restarting` (waits for its next
   * attempt), `undefined` (ended, and stays so) and `exited` (just now; its supervisor has yet to hear of it).
   */
  readonly state: string;
  /** Successful starts under its supervisor so far; restarts are one less. */
  readonly incarnation: number;
  readonly restarts: number;
  /** Messages waiting. */
  readonly mailbox: number;
  readonly uptimeMs: number;
  /** What its behaviour tells of itself: a client's model and requests in flight, a supervisor's strategy, … */
  readonly info: Readonly<Record<string, unknown>>;
  /** In start order. */
  readonly children: readonly TreeNode[];
}

interface ChildLike {
  readonly id: string;
  readonly type: string;
  readonly state: string;
  readonly ref: ActorRef | undefined;
  readonly incarnation: number;
}

/** The tree below (and with) this actor, as it is at this moment. Plain data: it can be printed, sent and compared. */
export function treeSnapshot(runtime: Runtime, root: ActorRef, id: string): TreeNode {
  return node(runtime, { id, type: "supervisor", state: "undefined", ref: root, incarnation: 1 });
}

function node(runtime: Runtime, child: ChildLike): TreeNode {
  const { id, type, state, incarnation } = child;
  const actor = child.ref === undefined ? undefined : runtime.inspect(child.ref);
  const restarts = Math.max(0, incarnation - 1);
  if (actor === undefined) {
    const now = state === "running" ? "exited" : state;
    return { id, type, state: now, incarnation, restarts, mailbox: 0, uptimeMs: 0, info: {}, children: [] };
  }
  const { children, ...info } = record(actor.state);
  return {
    id,
    type: actor.behaviour,
    state: actor.status,
    incarnation,
    restarts,
    mailbox: actor.mailbox,
    uptimeMs: Math.round(actor.uptimeMs),
    info,
    children: Array.isArray(children) ? children.filter(isChild).map((each) => node(runtime, each)) : [],
  };
}

function record(state: unknown): Record<string, unknown> {
  return typeof state === "object" && state !== null ? { ...state } : {};
}

function isChild(value: unknown): value is ChildLike {
  return typeof value === "object" && value !== null && "id" in value && "incarnation" in value;
}
