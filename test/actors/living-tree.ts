// A supervision tree as a test needs it: with the refs, so that any actor in it can be killed.
import type { TreeNode } from "../../src/observer/tree-snapshot.ts";
import type { ActorRef } from "../../src/runtime/actor-ref.ts";
import type { Runtime } from "../../src/runtime/actor.ts";

export interface LivingActor {
  /** Ids from the root, as in `root/clients/main`. */
  readonly path: string;
  /** Its behaviour's name. */
  readonly type: string;
  readonly ref: ActorRef;
}

/** Every actor at or below this one that has a process, in the order of the tree. */
export function living(runtime: Runtime, root: ActorRef, path = "root"): LivingActor[] {
  const snapshot = runtime.inspect(root);
  if (snapshot === undefined) return [];
  // Behaviours with children show them as supervisors do.
  const { children = [] } = (snapshot.state ?? {}) as {
    readonly children?: readonly { readonly id: string; readonly ref: ActorRef | undefined }[];
  };
  const below = children.flatMap(({ id, ref }) => (ref === undefined ? [] : living(runtime, ref, `${path}/${id}`)));
  return [{ path, type: snapshot.behaviour, ref: root }, ...below];
}

export function nodes(tree: TreeNode): TreeNode[] {
  return [tree, ...tree.children.flatMap(nodes)];
}

/** What is still going on in a tree, by kind; all zero when it is at rest. */
export function underWay(tree: TreeNode): Record<"runs" | "requests" | "inFlight" | "waiting" | "running", number> {
  const all = nodes(tree);
  const sum = (fact: string): number =>
    all.reduce((total, { info }) => total + (typeof info[fact] === "number" ? info[fact] : 0), 0);
  return {
    runs: all.filter(({ type }) => type === "run").length,
    requests: all.filter(({ type }) => type === "request").length,
    inFlight: sum("inFlight"),
    waiting: sum("waiting"),
    running: sum("running"),
  };
}

export const AT_REST = Object.freeze({ runs: 0, requests: 0, inFlight: 0, waiting: 0, running: 0 });
