// A tree in which some actors cannot tell, or tell oddly, what they are at: everything else is still seen.
import { afterEach, expect, test } from "vitest";
import { drawTree } from "../../src/observer/draw-tree.ts";
import { treeSnapshot } from "../../src/observer/tree-snapshot.ts";
import type { ActorRef } from "../../src/runtime/actor-ref.ts";
import { behaviour } from "../../src/runtime/behaviour.ts";
import { type ChildSpec, worker } from "../../src/supervisors/child-spec.ts";
import { supervisor } from "../../src/supervisors/supervision.ts";
import { startSystem, type System } from "../../src/system.ts";
import { nodes } from "../actors/living-tree.ts";

const systems: System[] = [];
afterEach(async () => {
  for (const system of systems.splice(0)) await system.stop();
});

async function start(...children: readonly ChildSpec[]): Promise<System> {
  const system = await startSystem({ logger: false, children });
  systems.push(system);
  return system;
}

/** A worker whose `inspect` does this. */
function telling(id: string, inspect: (self: ActorRef | undefined) => unknown): ChildSpec {
  const odd = behaviour<undefined, { readonly ref: ActorRef }>({
    name: "odd",
    init: (_args, self) => ({ state: { ref: self.ref } }),
    inspect: (state) => inspect(state.ref),
  });
  return worker({ id, behaviour: odd, args: undefined });
}

const bug = (): never => {
  throw new TypeError("a bug in inspect");
};
const itself: Record<string, unknown> = { name: "loop" };
itself["self"] = itself;
const revoked = Proxy.revocable({}, {});
revoked.revoke();

test.each<[string, () => unknown, unknown]>([
  ["throws", bug, { inspectFailed: "TypeError: a bug in inspect" }],
  ["rejects", () => Promise.reject(new Error("late")), { inspectFailed: expect.stringContaining("promise") }],
  ["gives a number", () => 5, { value: 5 }],
  ["gives a list", () => [1, undefined], { value: [1, undefined] }],
  ["gives null", () => null, { value: null }],
  ["gives nothing", () => undefined, {}],
  [
    "has a getter that throws",
    () => ({
      ok: 1,
      get bad() {
        return bug();
      },
    }),
    { ok: 1, bad: "TypeError: a bug in inspect" },
  ],
  [
    "has one below",
    () => ({
      below: {
        get bad() {
          return bug();
        },
      },
    }),
    { below: { bad: "TypeError: a bug in inspect" } },
  ],
  [
    "has children that throw",
    () => ({
      get children() {
        return bug();
      },
    }),
    { inspectFailed: "TypeError: a bug in inspect" },
  ],
  ["is a revoked proxy", () => revoked.proxy, { inspectFailed: expect.stringContaining("revoked") }],
  ["holds itself", () => itself, { name: "loop", self: "(itself)" }],
  [
    "holds what is no data",
    () => ({ f: bug, n: 10n, d: new Date(0), e: new Error("x") }),
    { f: "function bug", n: "10", d: "1970-01-01T00:00:00.000Z", e: "Error: x" },
  ],
  ["lists no children", () => ({ a: 1, children: "none" }), { a: 1 }],
  [
    "lists what are none",
    () => ({
      children: [
        5,
        null,
        { id: Symbol("s"), incarnation: 1 },
        { id: "a", type: "worker", state: "running", ref: {}, incarnation: 1 },
      ],
    }),
    {},
  ],
])("an inspect that %s shows in its own node alone", async (_what, inspect, info) => {
  const system = await start(
    telling("before", () => ({ fine: 1 })),
    telling("odd", inspect),
    telling("after", () => ({ fine: 2 })),
  );
  const tree = system.tree();
  const infoOf = (id: string): unknown => nodes(tree).find((node) => node.id === id)?.info;
  expect([infoOf("before"), infoOf("odd"), infoOf("after")]).toEqual([{ fine: 1 }, info, { fine: 2 }]);
  // Plain data, whatever was told.
  expect(JSON.parse(JSON.stringify(structuredClone(tree)))).toMatchObject({ id: "root" });
  expect(drawTree(tree)).toContain("odd  odd");
});

test("what failed is drawn", async () => {
  const system = await start(telling("odd", bug));
  expect(drawTree(system.tree())).toContain("odd  odd (inspect failed: TypeError: a bug in inspect)");
});

test("actors that list one another, and one that many list, are shown with their children once", async () => {
  const refs = new Map<string, ActorRef>();
  const entry = (id: string) => ({ id, type: "worker", state: "running", ref: refs.get(id), incarnation: 1 });
  const listing = (id: string, ...ids: string[]): ChildSpec =>
    telling(id, (ref) => {
      if (ref !== undefined) refs.set(id, ref);
      return { children: ids.map(entry) };
    });
  const system = await start(listing("a", "b", "b"), listing("b", "a", "c"), listing("c", "c", "a"));
  // Until it is asked once, nobody knows the others.
  system.tree();
  const root = system.root;
  const text = drawTree(treeSnapshot(system.runtime, root, "root"));
  expect(
    text
      .split("\n")
      .slice(4)
      .map((line) => line.replaceAll(/[ │├└─]+/g, " ").trim()),
  ).toEqual([
    "runs dynamic_supervisor (dynamic)",
    "evaluations dynamic_supervisor (dynamic)",
    "teleprompters supervisor (one_for_one)",
    "a odd",
    "b odd",
    "a odd",
    "c odd",
    "c odd",
    "a odd",
    "b odd",
    "b odd",
    "c odd",
  ]);
});

test.each<[string, (system: System) => Promise<unknown>]>([
  ["stop", (system) => system.stop()],
  ["end when the root is killed", (system) => (system.runtime.exitSignal(system.root, "kill"), system.exited)],
])("three thousand supervisors, one in the other, start, show and %s", async (_what, end) => {
  let spec: ChildSpec = telling("innermost", () => ({ fine: 1 }));
  for (let level = 3_000; level > 0; level -= 1) spec = supervisor({ id: `s${level}`, children: [spec] });
  const system = await start(spec);
  const tree = system.tree();
  let node = tree.children.at(-1);
  let depth = 0;
  while (node?.children.length === 1) {
    depth += 1;
    node = node.children[0];
  }
  expect([depth, node?.id, node?.info]).toEqual([3_000, "innermost", { fine: 1 }]);
  expect(drawTree(tree).split("\n")).toHaveLength(3_000 + 8);
  await end(system);
  expect(system.runtime.activity()).toMatchObject({ live: 0 });
});

test.each([
  [30, /child "w" failed to start: TypeError: a bug in inspect$/],
  // Deeper reasons are told as far as anybody would read.
  [1_000, /^the system could not start: child "s1" failed to start: child "s2" /],
])("a failed start %d levels down is told", async (levels, message) => {
  const failing = behaviour<undefined, null>({ name: "failing", init: bug });
  let spec: ChildSpec = worker({ id: "w", behaviour: failing, args: undefined });
  for (let level = levels; level > 0; level -= 1) spec = supervisor({ id: `s${level}`, children: [spec] });
  await expect(start(spec)).rejects.toMatchObject({
    code: "start_failed",
    message: expect.stringMatching(message) as unknown,
  });
});
