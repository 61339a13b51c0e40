import { expect, test } from "vitest";
import { actorName } from "../../src/runtime/actor-ref.ts";
import { behaviour } from "../../src/runtime/behaviour.ts";
import { createRuntime } from "../../src/runtime/runtime.ts";
import { worker } from "../../src/supervisors/child-spec.ts";
import { startSupervisor, supervisor } from "../../src/supervisors/supervision.ts";
import { testClock } from "../../src/testing/test-clock.ts";

interface Options {
  /** What its last words take, in ms. */
  readonly lastWordsMs: number;
}

const slowToLeave = behaviour<Options, Options>({
  name: "slow_to_leave",
  trapExits: true,
  init: (state) => ({ state }),
  terminate: ({ lastWordsMs }, _reason, self) => self.sleep(lastWordsMs),
});

/** A root over a group over one named worker. */
async function tree(lastWordsMs: number) {
  const clock = testClock();
  const runtime = createRuntime({ clock });
  const named = worker({ id: "named", behaviour: slowToLeave, args: { lastWordsMs }, name: "named" });
  const group = supervisor({ id: "group", name: "group", children: [named] });
  const root = await startSupervisor(runtime, { intensity: 1, children: [group] });
  if (root.status !== "ok") throw new Error("the tree did not start");
  return { clock, runtime, root: root.ref };
}

test("the group of a killed supervisor comes back although its child still holds its name", async () => {
  const { clock, runtime, root } = await tree(1_000);
  const before = runtime.whereis("named");
  runtime.exitSignal(actorName("group"), "kill");
  await clock.advance(999);
  expect(runtime.whereis("named")).toBe(before);
  await clock.advance(1);
  expect(runtime.whereis("named")).toBeDefined();
  expect(runtime.whereis("named")).not.toBe(before);
  expect(runtime.isAlive(root)).toBe(true);
});

test("an orphan that does not leave is not waited for without end", async () => {
  const { clock, runtime, root } = await tree(60_000);
  runtime.exitSignal(actorName("group"), "kill");
  await clock.advance(4_999);
  expect(runtime.isAlive(root)).toBe(true);
  // The one restart that the root allows has failed.
  await clock.advance(60_000);
  expect(runtime.isAlive(root)).toBe(false);
});

test("a name is refused at once when its holder lives on after a normal end above it", async () => {
  const runtime = createRuntime({ clock: testClock() });
  const parent = behaviour<undefined, undefined>({
    name: "parent",
    async init(_args, self) {
      await self.startLink(slowToLeave, { lastWordsMs: 0 }, { name: "named", trapExits: false });
      return { state: undefined };
    },
  });
  const started = await runtime.start(parent, undefined);
  if (started.status !== "ok") throw new Error("the parent did not start");
  await runtime.stop(started.ref);
  const holder = runtime.whereis("named");
  expect(holder).toBeDefined();
  const second = await runtime.start(slowToLeave, { lastWordsMs: 0 }, { name: "named" });
  expect(second).toEqual({ status: "error", reason: "already_started", ref: holder });
});

test("whenTreeDown waits for what a killed actor leaves behind, whenDown does not", async () => {
  const { clock, runtime, root } = await tree(1_000);
  const told: string[] = [];
  void runtime.whenDown(root).then((reason) => told.push(`down: ${String(reason)}`));
  void runtime.whenTreeDown(root).then((reason) => told.push(`tree down: ${String(reason)}`));
  runtime.exitSignal(root, "kill");
  await clock.advance(999);
  expect(told).toEqual(["down: killed"]);
  await clock.advance(1);
  expect(told).toEqual(["down: killed", "tree down: killed"]);
  expect(runtime.activity()).toEqual({ live: 0, scheduled: 0, busy: 0 });
  expect(await runtime.whenTreeDown(root)).toBe("killed");
});

test("an actor that outlives its runtime is quiet, not an error", async () => {
  const runtime = createRuntime({ clock: testClock() });
  const started = await runtime.start(slowToLeave, { lastWordsMs: 0 });
  runtime.dispose();
  if (started.status !== "ok") throw new Error("it did not start");
  expect(() => runtime.exitSignal(started.ref, "shutdown")).not.toThrow();
});
