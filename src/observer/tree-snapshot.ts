import { describe } from "../foundation/errors.ts";
import type { ActorRef } from "../runtime/actor-ref.ts";
import { LocalRef } from "../runtime/actor-cell.ts";
import type { Runtime } from "../runtime/actor.ts";
import { plainFacts } from "./plain-facts.ts";

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
  /**
   * What its behaviour tells of itself: a client's model and requests in flight, a supervisor's strategy, … Where its
   * `inspect` fails, `inspectFailed` says how; one that gives something else than an object is told as `value`.
   */
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

/**
 * The tree below (and with) this actor, as it is at this moment. Plain data: it can be printed, sent and compared,
 * whatever an actor says of itself. An actor that is listed in two places has its children in the first.
 */
export function treeSnapshot(runtime: Runtime, root: ActorRef, id: string): TreeNode {
  const seen = new Set<ActorRef>();
  const top: TreeNode[] = [];
  // No recursion: a tree may be deeper than the stack.
  const open: { readonly child: ChildLike; readonly into: TreeNode[] }[] = [
    { child: { id, type: "supervisor", state: "undefined", ref: root, incarnation: 1 }, into: top },
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { child, into } = next;
    const { children, ...told } = look(runtime, child);
    const below: TreeNode[] = [];
    into.push({ ...told, children: below });
    if (child.ref !== undefined && seen.has(child.ref)) continue;
    if (child.ref !== undefined) seen.add(child.ref);
    for (const each of children.toReversed()) open.push({ child: each, into: below });
  }
  // The first that was opened.
  return top[0] as TreeNode;
}

/** A node without those below it, and what to look at for them. */
function look(
  runtime: Runtime,
  child: ChildLike,
): Omit<TreeNode, "children"> & { readonly children: readonly ChildLike[] } {
  const { id, type, state, incarnation } = child;
  const actor = child.ref === undefined ? undefined : runtime.inspect(child.ref);
  const restarts = Math.max(0, incarnation - 1);
  if (actor === undefined) {
    const now = state === "running" ? "exited" : state;
    return { id, type, state: now, incarnation, restarts, mailbox: 0, uptimeMs: 0, info: {}, children: [] };
  }
  return {
    id,
    type: actor.behaviour,
    state: actor.status,
    incarnation,
    restarts,
    mailbox: actor.mailbox,
    uptimeMs: Math.round(actor.uptimeMs),
    ...(actor.inspectFailed === undefined
      ? toldBy(actor.state)
      : { info: { inspectFailed: actor.inspectFailed }, children: [] }),
  };
}

/** What an actor's `inspect` gave: anybody's code wrote it, and a getter in it may still throw. */
function toldBy(state: unknown): { readonly info: TreeNode["info"]; readonly children: readonly ChildLike[] } {
  try {
    if (!isRecord(state)) return { info: state === undefined ? {} : plainFacts({ value: state }), children: [] };
    const given: unknown = state["children"];
    if (!Array.isArray(given)) return { info: plainFacts(state, "children"), children: [] };
    return { info: plainFacts(state, "children"), children: given.filter(isChild) };
  } catch (thrown) {
    return { info: { inspectFailed: describe(thrown) }, children: [] };
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isChild(value: unknown): value is ChildLike {
  if (!isRecord(value)) return false;
  const { id, type, state, ref, incarnation } = value;
  return (
    [id, type, state].every((text) => typeof text === "string") &&
    typeof incarnation === "number" &&
    (ref === undefined || ref instanceof LocalRef)
  );
}
