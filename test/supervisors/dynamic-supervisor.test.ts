import { describe, expect, test } from "vitest";
import { actorName, type ActorRef } from "../../src/runtime/actor-ref.ts";
import type { ChildSpec } from "../../src/supervisors/child-spec.ts";
import { type DynamicSupervisorArgs, dynamicSupervisorBehaviour } from "../../src/supervisors/dynamic-supervisor.ts";
import {
  countChildren,
  deleteChild,
  restartChild,
  startChild,
  terminateChild,
  whichChildren,
} from "../../src/supervisors/supervisor-protocol.ts";
import { makeWorld } from "../runtime/world.ts";
import { logged } from "./tree.ts";

async function dynamic(args: DynamicSupervisorArgs = {}) {
  const world = makeWorld();
  const root = await world.start(dynamicSupervisorBehaviour, args, { name: "root" });
  const log: string[] = [];
  return {
    ...world,
    root,
    log,
    news: () => log.splice(0),
    async add(spec: ChildSpec): Promise<ActorRef> {
      const started = await startChild(world.runtime, root, spec);
      if (started.status !== "ok") throw new Error(`did not start: ${JSON.stringify(started)}`);
      return started.ref;
    },
  };
}

describe("a dynamic supervisor", () => {
  test("starts children when asked, several of one id too, and knows them by ref", async () => {
    const { runtime, root, add } = await dynamic();
    const log: string[] = [];
    const anonymous = { ...logged(log, "a"), start: logged(log, "x").start };
    const one = await add(anonymous);
    expect((await whichChildren(runtime, root)).map(({ id, ref }) => [id, ref])).toEqual([["a", one]]);
    expect(await terminateChild(runtime, root, one)).toEqual({ status: "ok" });
    expect(await terminateChild(runtime, root, one)).toEqual({ status: "error", reason: "not_found" });
    expect(await whichChildren(runtime, root)).toEqual([]);
  });

  test("restarts by the child's own restart type, three times in five seconds by default", async () => {
    const { runtime, root, add, clock, log } = await dynamic();
    await add(logged(log, "permanent"));
    await add(logged(log, "transient", { restart: "transient" }));
    await add(logged(log, "temporary", { restart: "temporary" }));
    for (const name of ["permanent", "transient", "temporary"]) {
      runtime.exitSignal(actorName(name), "kill");
      await clock.settle();
    }
    expect(runtime.names()).toEqual(["root", "permanent", "transient"]);
    for (const reason of ["shutdown", "kill", "kill"]) {
      runtime.exitSignal(actorName("permanent"), reason);
      await clock.settle();
    }
    expect(runtime.isAlive(root)).toBe(false);
    expect(runtime.activity().live).toBe(0);
  });

  test("forgets a child that has ended for good", async () => {
    const { runtime, root, add, clock, log } = await dynamic();
    const ref = await add(logged(log, "job", { restart: "temporary" }));
    runtime.exitSignal(ref, "crash");
    await clock.settle();
    expect(await countChildren(runtime, root)).toEqual({ specs: 0, active: 0, supervisors: 0, workers: 0 });
  });

  test("takes no more than maxChildren, those waiting for a restart included", async () => {
    const { runtime, root, add, clock, log } = await dynamic({ maxChildren: 1, intensity: 100 });
    const full = { status: "error", reason: "max_children" };
    const ref = await add(logged(log, "a", {}, { failOn: [2, 3, 4] }));
    expect(await startChild(runtime, root, logged(log, "b"))).toEqual(full);
    runtime.exitSignal(ref, "kill");
    expect(await startChild(runtime, root, logged(log, "b"))).toEqual(full);
    await clock.settle();
    expect(log).toEqual(["+a", '-a "killed"', "!a", "!a", "!a", "+a"]);
  });

  test("stops all at once, and the times run side by side", async () => {
    const { runtime, root, add, clock, log, news } = await dynamic();
    await add(logged(log, "slow", {}, { stopMs: 300 }));
    await add(logged(log, "stubborn", { shutdown: 200 }, { stopMs: Infinity }));
    await add(logged(log, "brutal", { shutdown: "brutal_kill" }, { stopMs: Infinity }));
    news();
    const stopped = runtime.stop(root, "shutdown");
    await clock.settle();
    expect(news()).toEqual(['-brutal "killed"']);
    await clock.advance(200);
    expect(news()).toEqual(['-stubborn "killed"']);
    await clock.advance(100);
    await stopped;
    expect(news()).toEqual(['-slow "shutdown"']);
    expect(clock.pending).toBe(0);
  });

  test("takes its children along when it is killed", async () => {
    const { runtime, root, add, clock, log } = await dynamic();
    await add(logged(log, "a"));
    await add(logged(log, "b", {}, { stopMs: 10 }));
    runtime.exitSignal(root, "kill");
    await clock.advance(10);
    expect(runtime.activity()).toEqual({ live: 0, scheduled: 0, busy: 0 });
  });

  test("knows nothing of restartChild and deleteChild", async () => {
    const { runtime, root } = await dynamic();
    expect(await restartChild(runtime, root, "a")).toEqual({ status: "error", reason: "not_found" });
    expect(await deleteChild(runtime, root, "a")).toEqual({ status: "error", reason: "not_found" });
  });

  const boom = new Error("boom");

  test.each<[string, ChildSpec["start"], unknown]>([
    [
      "throws",
      () => {
        throw boom;
      },
      { error: boom },
    ],
    ["rejects", () => Promise.reject(boom), { error: boom }],
    ["gives back nothing", (() => undefined) as never, { bad_return_value: "undefined" }],
  ])("lives on when a start function %s", async (_what, start, reason) => {
    const { runtime, root, add, log } = await dynamic();
    expect(await startChild(runtime, root, { id: "broken", start })).toEqual({ status: "error", reason });
    await add(logged(log, "fine"));
    expect(await countChildren(runtime, root)).toMatchObject({ specs: 1, active: 1 });
  });

  test("tries a restart whose start function throws again, at a charge each time", async () => {
    const { runtime, root, add, clock, log } = await dynamic({ intensity: 2 });
    const good = logged(log, "a");
    let starts = 0;
    await add({
      ...good,
      start: (self) => {
        starts += 1;
        if (starts > 1) throw boom;
        return good.start(self);
      },
    });
    runtime.exitSignal(actorName("a"), "kill");
    await clock.settle();
    expect(starts).toBe(3);
    expect(runtime.isAlive(root)).toBe(false);
  });
});

describe("a simple_one_for_one supervisor", () => {
  test("starts every child from its template, and says so when asked for what it cannot do", async () => {
    const log: string[] = [];
    const { runtime, root, add } = await dynamic({ template: { ...logged(log, "x"), restart: "temporary" } });
    const { start } = logged(log, "y");
    const ref = await add({ id: "y", start });
    expect(await countChildren(runtime, root)).toEqual({ specs: 1, active: 1, supervisors: 0, workers: 1 });
    const refused = { status: "error", reason: "simple_one_for_one" };
    expect(await restartChild(runtime, root, "y")).toEqual(refused);
    expect(await deleteChild(runtime, root, "y")).toEqual(refused);
    expect(await terminateChild(runtime, root, ref)).toEqual({ status: "ok" });
    // OTP takes any dead process for one that it may have had.
    expect(await terminateChild(runtime, root, ref)).toEqual({ status: "ok" });
    expect(await terminateChild(runtime, root, root)).toEqual({ status: "error", reason: "not_found" });
  });

  test("checks its template at once", async () => {
    const { runtime } = makeWorld();
    const template = logged([], "x", { shutdown: -1 });
    expect(await runtime.start(dynamicSupervisorBehaviour, { template })).toEqual({
      status: "error",
      reason: { start_spec: "invalid_shutdown" },
    });
  });
});
