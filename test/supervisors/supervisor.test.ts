import { describe, expect, test } from "vitest";
import { actorName, type ActorRef } from "../../src/runtime/actor-ref.ts";
import { ExitError } from "../../src/runtime/exit-reason.ts";
import type { Runtime } from "../../src/runtime/actor.ts";
import type { ChildSpec } from "../../src/supervisors/child-spec.ts";
import { dynamicSupervisorBehaviour } from "../../src/supervisors/dynamic-supervisor.ts";
import { childStartFailed } from "../../src/supervisors/supervisor-events.ts";
import { startSupervisor, supervisor } from "../../src/supervisors/supervision.ts";
import {
  countChildren,
  deleteChild,
  restartChild,
  startChild,
  terminateChild,
  whichChildren,
} from "../../src/supervisors/supervisor-protocol.ts";
import { failure, makeWorld, record, type RunnerProtocol } from "../runtime/world.ts";
import { logged, plant } from "./tree.ts";

describe("a restarted child", () => {
  test("is reached by its name as before, and by its old ref no more", async () => {
    const { runtime, pid, kill } = await plant({ children: (log) => [logged(log, "service")] });
    const service = actorName<RunnerProtocol>("service");
    await runtime.call(service, () => ({ state: ["old"], reply: null }));
    const old = pid("service") as ActorRef<RunnerProtocol>;
    await kill("service");
    expect(await runtime.call(service, (state) => ({ reply: state }))).toEqual([]);
    expect(await failure(runtime.call(old, () => ({ reply: 1 })))).toBe("noproc");
  });

  test("keeps its place, and counts its incarnations", async () => {
    const { runtime, root, kill } = await plant({
      intensity: 5,
      children: (log) => ["a", "b", "c"].map((id) => logged(log, id)),
    });
    await kill("a");
    await kill("a");
    await kill("b");
    const children = await whichChildren(runtime, root);
    expect(children.map(({ id, state, incarnation }) => [id, state, incarnation])).toEqual([
      ["a", "running", 3],
      ["b", "running", 2],
      ["c", "running", 1],
    ]);
  });
});

describe("which siblings a crash touches", () => {
  test.each([
    { strategy: "one_for_one" as const, touched: ['-b "killed"', "+b"] },
    {
      strategy: "rest_for_one" as const,
      touched: ['-b "killed"', '-d "shutdown"', '-c "shutdown"', "+b", "+c", "+d"],
    },
    {
      strategy: "one_for_all" as const,
      touched: ['-b "killed"', '-d "shutdown"', '-c "shutdown"', '-a "shutdown"', "+a", "+b", "+c", "+d"],
    },
  ])("under $strategy", async ({ strategy, touched }) => {
    const { news, kill } = await plant({
      strategy,
      children: (log) => ["a", "b", "c", "d"].map((id) => logged(log, id)),
    });
    news();
    await kill("b");
    expect(news()).toEqual(touched);
  });
});

describe("an ordered shutdown", () => {
  test("goes last to first, each fully gone before the next is asked, within its own time", async () => {
    const { runtime, root, clock, log, news } = await plant({
      children: (entries) => [
        logged(entries, "quick"),
        logged(entries, "slow", {}, { stopMs: 300 }),
        logged(entries, "stubborn", { shutdown: 200 }, { stopMs: Infinity }),
        logged(entries, "brutal", { shutdown: "brutal_kill" }, { stopMs: Infinity }),
        logged(entries, "patient", { shutdown: "infinity" }, { stopMs: 60_000 }),
      ],
    });
    news();
    const stopped = runtime.stop(root, "shutdown");
    await clock.advance(59_999);
    expect(log).toEqual([]);
    await clock.advance(1);
    expect(news()).toEqual(['-patient "shutdown"', '-brutal "killed"']);
    await clock.advance(199);
    expect(log).toEqual([]);
    await clock.advance(1);
    expect(news()).toEqual(['-stubborn "killed"']);
    await clock.advance(299);
    expect(log).toEqual([]);
    await clock.advance(1);
    expect(news()).toEqual(['-slow "shutdown"', '-quick "shutdown"']);
    await stopped;
    expect(runtime.activity()).toEqual({ live: 0, scheduled: 0, busy: 0 });
    expect(clock.pending).toBe(0);
  });

  test("waits five seconds for a worker unless told otherwise, and for a supervisor as long as it takes", async () => {
    const { runtime, root, clock, log, news } = await plant({
      children: (entries) => [
        logged(entries, "stubborn", {}, { stopMs: Infinity }),
        supervisor({ id: "inner", children: [logged(entries, "slow", { shutdown: 100_000 }, { stopMs: 99_000 })] }),
      ],
    });
    news();
    const stopped = runtime.stop(root, "shutdown");
    await clock.advance(99_000);
    expect(news()).toEqual(['-slow "shutdown"']);
    await clock.advance(4_999);
    expect(log).toEqual([]);
    await clock.advance(1);
    await stopped;
    expect(news()).toEqual(['-stubborn "killed"']);
  });
});

describe("giving up", () => {
  test("climbs from supervisor to supervisor up to the root, each stopping what it has", async () => {
    const { runtime, root, kill, news } = await plant({
      intensity: 0,
      children: (entries) => [
        logged(entries, "beside"),
        supervisor({
          id: "middle",
          intensity: 0,
          children: [
            supervisor({ id: "inner", intensity: 0, children: [logged(entries, "leaf"), logged(entries, "sibling")] }),
          ],
        }),
      ],
    });
    const end = runtime.whenDown(root);
    news();
    await kill("leaf");
    expect(await end).toBe("shutdown");
    expect(news()).toEqual(['-leaf "killed"', '-sibling "shutdown"', '-beside "shutdown"']);
    expect(runtime.activity().live).toBe(0);
  });

  test("stops where a parent has restarts left, with the original children", async () => {
    const { runtime, kill, news, pid } = await plant({
      children: (entries) => [
        supervisor({ id: "inner", name: "inner", intensity: 0, children: [logged(entries, "leaf")] }),
      ],
    });
    const log: string[] = [];
    await startChild(runtime, actorName("inner"), logged(log, "added"));
    const first = pid("inner");
    news();
    await kill("leaf");
    expect(pid("inner")).not.toBe(first);
    expect(news()).toEqual(['-leaf "killed"', "+leaf"]);
    expect(log).toEqual(["+added", '-added "shutdown"']);
    expect(runtime.whereis("added")).toBeUndefined();
  });

  test("a period later, what was charged is forgotten", async () => {
    const { runtime, root, kill, clock } = await plant({
      intensity: 1,
      period: 5,
      children: (log) => [logged(log, "a")],
    });
    for (let round = 0; round < 5; round += 1) {
      await kill("a");
      await clock.advance(5_001);
    }
    expect(runtime.isAlive(root)).toBe(true);
    await kill("a");
    await kill("a");
    expect(runtime.isAlive(root)).toBe(false);
  });
});

describe("a killed supervisor", () => {
  test("takes its whole tree along, trapping children included, and is restarted with a fresh one", async () => {
    const { runtime, kill, news, clock, pid } = await plant({
      children: (entries) => [
        supervisor({
          id: "inner",
          name: "inner",
          children: [
            logged(entries, "plain"),
            logged(entries, "trapping", {}, { stopMs: 10 }),
            supervisor({ id: "deep", children: [logged(entries, "leaf")] }),
          ],
        }),
      ],
    });
    const old = ["plain", "trapping", "leaf"].map(pid);
    news();
    await kill("inner");
    await clock.advance(10);
    expect(old.map((ref) => runtime.isAlive(ref))).toEqual([false, false, false]);
    expect(news().slice().sort()).toEqual([
      "+leaf",
      "+plain",
      "+trapping",
      '-leaf "shutdown"',
      '-plain "killed"',
      '-trapping "killed"',
    ]);
    const names = ["plain", "trapping", "leaf"];
    expect(names.map((name) => runtime.isAlive(pid(name)))).toEqual([true, true, true]);
  });

  test("in the middle of a start goes no further", async () => {
    const world = makeWorld();
    const gate = Promise.withResolvers<void>();
    const log: string[] = [];
    const told = record(world.runtime, childStartFailed);
    const slow: ChildSpec = {
      id: "slow",
      start: async (self) => {
        await gate.promise;
        return logged(log, "slow").start(self);
      },
    };
    const started = startSupervisor(world.runtime, { children: [slow, logged(log, "next")] }, { name: "root" });
    world.runtime.exitSignal(actorName("root"), "kill");
    expect(await started).toEqual({ status: "error", reason: "killed" });
    gate.resolve();
    await world.clock.settle();
    expect(log).toEqual([]);
    expect(told).toEqual([]);
    expect(world.runtime.activity()).toEqual({ live: 0, scheduled: 0, busy: 0 });
  });
});

describe("a start function that", () => {
  const boom = new Error("boom");
  const broken: [string, ChildSpec["start"], unknown][] = [
    [
      "throws",
      () => {
        throw boom;
      },
      { error: boom },
    ],
    ["rejects", () => Promise.reject(boom), { error: boom }],
    ["exits", (self) => self.exit("custom"), "custom"],
    ["lets a failed call through", () => Promise.reject(new ExitError("noproc", "call")), { call: "noproc" }],
    ["gives back nothing", (() => undefined) as never, { bad_return_value: "undefined" }],
    ["gives back nonsense", (async () => ({ status: "fine" })) as never, { bad_return_value: '{"status":"fine"}' }],
    ["gives back ok without a ref", (async () => ({ status: "ok" })) as never, { bad_return_value: '{"status":"ok"}' }],
  ];

  test.each(broken)(
    "%s fails the supervisor's own start, as a failed start of a child does",
    async (_w, start, reason) => {
      const { runtime } = makeWorld();
      const log: string[] = [];
      const children = [logged(log, "before"), { id: "broken", start }, logged(log, "after")];
      expect(await startSupervisor(runtime, { children })).toEqual({
        status: "error",
        reason: { shutdown: { failed_to_start_child: "broken", reason } },
      });
      expect(log).toEqual(["+before", '-before "shutdown"']);
      expect(runtime.activity().live).toBe(0);
    },
  );

  test.each(broken)("%s fails startChild and leaves no entry; the supervisor lives", async (_what, start, reason) => {
    const { runtime, root } = await plant({ children: () => [] });
    expect(await startChild(runtime, root, { id: "broken", start })).toEqual({ status: "error", reason });
    expect(await whichChildren(runtime, root)).toEqual([]);
  });

  test("throws in a restart is tried again, at a charge each time", async () => {
    let starts = 0;
    const { runtime, root, kill, news } = await plant({
      intensity: 3,
      children: (log) => {
        const good = logged(log, "a");
        const start: ChildSpec["start"] = (self) => {
          starts += 1;
          if (starts === 2 || starts === 3) throw boom;
          return good.start(self);
        };
        return [{ ...good, start }];
      },
    });
    await kill("a");
    expect(starts).toBe(4);
    expect(news()).toEqual(["+a", '-a "killed"', "+a"]);
    await kill("a");
    expect(runtime.isAlive(root)).toBe(false);
  });
});

describe("calls to a supervisor", () => {
  test("startChild adds a child in the last place, or says why not", async () => {
    const { runtime, root, pid, log } = await plant({ children: (entries) => [logged(entries, "a")] });
    expect(await startChild(runtime, root, logged(log, "b"))).toEqual({ status: "ok", ref: pid("b") });
    expect(await startChild(runtime, root, logged(log, "b"))).toEqual({
      status: "error",
      reason: "already_started",
      ref: pid("b"),
    });
    await terminateChild(runtime, root, "b");
    expect(await startChild(runtime, root, logged(log, "b"))).toEqual({ status: "error", reason: "already_present" });
    const ignored: ChildSpec = { id: "ignored", start: async () => ({ status: "ignore" }) };
    expect(await startChild(runtime, root, ignored)).toEqual({ status: "ignore" });
    expect(await startChild(runtime, root, { ...ignored, id: "i2", restart: "temporary" })).toEqual({
      status: "ignore",
    });
    expect(await startChild(runtime, root, logged(log, "c", {}, { failOn: [1] }))).toEqual({
      status: "error",
      reason: "init_failed",
    });
    expect(await startChild(runtime, root, logged(log, "d", { shutdown: -1 }))).toEqual({
      status: "error",
      reason: "invalid_shutdown",
    });
    const children = await whichChildren(runtime, root);
    expect(children.map(({ id, state }) => [id, state])).toEqual([
      ["a", "running"],
      ["b", "undefined"],
      ["ignored", "undefined"],
    ]);
  });

  test("terminateChild, restartChild and deleteChild answer as OTP does", async () => {
    const { runtime, root, pid, log, news } = await plant({
      children: (entries) => [logged(entries, "a"), logged(entries, "b")],
    });
    const unknown = { status: "error", reason: "not_found" };
    expect(await terminateChild(runtime, root, "x")).toEqual(unknown);
    expect(await restartChild(runtime, root, "x")).toEqual(unknown);
    expect(await deleteChild(runtime, root, "x")).toEqual(unknown);
    expect(await restartChild(runtime, root, "a")).toEqual({ status: "error", reason: "running" });
    expect(await deleteChild(runtime, root, "a")).toEqual({ status: "error", reason: "running" });
    news();
    expect(await terminateChild(runtime, root, "a")).toEqual({ status: "ok" });
    expect(await terminateChild(runtime, root, "a")).toEqual({ status: "ok" });
    expect(news()).toEqual(['-a "shutdown"']);
    expect(await restartChild(runtime, root, "a")).toEqual({ status: "ok", ref: pid("a") });
    expect((await whichChildren(runtime, root)).map(({ id }) => id)).toEqual(["a", "b"]);
    expect(await terminateChild(runtime, root, pid("a"))).toEqual({ status: "ok" });
    expect(await deleteChild(runtime, root, "a")).toEqual({ status: "ok" });
    expect(await startChild(runtime, root, logged(log, "a"))).toEqual({ status: "ok", ref: pid("a") });
    expect((await whichChildren(runtime, root)).map(({ id }) => id)).toEqual(["b", "a"]);
  });

  test("countChildren tells entries, processes and kinds apart", async () => {
    const { runtime, root } = await plant({
      children: (log) => [logged(log, "a"), logged(log, "b"), supervisor({ id: "s", children: [logged(log, "leaf")] })],
    });
    await terminateChild(runtime, root, "b");
    expect(await countChildren(runtime, root)).toEqual({ specs: 3, active: 2, supervisors: 1, workers: 2 });
  });

  test("wait, however long a start takes", async () => {
    const { runtime, root, clock } = await plant({ children: () => [] });
    const gate = Promise.withResolvers<{ status: "ignore" }>();
    const starting = startChild(runtime, root, { id: "slow", start: () => gate.promise });
    const counting = countChildren(runtime, root);
    await clock.advance(3_600_000);
    gate.resolve({ status: "ignore" });
    expect(await starting).toEqual({ status: "ignore" });
    expect(await counting).toMatchObject({ specs: 1, active: 0 });
  });
});

describe("bad options", () => {
  test.each<[object, unknown]>([
    [{ strategy: "all_for_one" }, { supervisor_data: "invalid_strategy" }],
    [{ intensity: -1 }, { supervisor_data: "invalid_intensity" }],
    [{ intensity: 0.5 }, { supervisor_data: "invalid_intensity" }],
    [{ period: 0 }, { supervisor_data: "invalid_period" }],
    [{ autoShutdown: "always" }, { supervisor_data: "invalid_auto_shutdown" }],
  ])("%o fail the start", async (flags, reason) => {
    const { runtime } = makeWorld();
    // Wrong on purpose.
    expect(await startSupervisor(runtime, { children: [], ...flags })).toEqual({ status: "error", reason });
  });

  test("two children of one id fail it before any is started", async () => {
    const { runtime } = makeWorld();
    const log: string[] = [];
    expect(await startSupervisor(runtime, { children: [logged(log, "a"), logged(log, "a")] })).toEqual({
      status: "error",
      reason: { start_spec: "duplicate_child_name" },
    });
    expect(log).toEqual([]);
  });
});

describe("what a supervisor is sent by mistake", () => {
  const throwing = {
    get start(): never {
      throw new TypeError("looked at");
    },
  };

  test.each<[string, (runtime: Runtime) => ReturnType<typeof startSupervisor>]>([
    ["one with an order", (runtime) => startSupervisor(runtime, { children: [] })],
    ["a dynamic one", (runtime) => runtime.start(dynamicSupervisorBehaviour, {})],
  ])("costs no child its life: %s", async (_what, start) => {
    const { runtime, clock } = makeWorld();
    const started = await start(runtime);
    if (started.status !== "ok") throw new Error("no start");
    const { ref } = started;
    const log: string[] = [];
    await startChild(runtime, ref, logged(log, "a"));
    for (const spec of [null, undefined, 42, {}]) {
      const refused = await startChild(runtime, ref, spec as never);
      expect(refused).toEqual({ status: "error", reason: "invalid_start" });
    }
    expect(await startChild(runtime, ref, throwing as never)).toEqual({
      status: "error",
      reason: "invalid_child_spec",
    });
    const forged = { id: "forged", start: async () => ({ status: "ok", ref: {} }) };
    expect(await startChild(runtime, ref, forged as never)).toMatchObject({
      reason: { bad_return_value: expect.stringContaining("ref") as string },
    });
    for (const id of [null, 42, {}])
      expect(await terminateChild(runtime, ref, id as never)).toEqual({ status: "error", reason: "not_found" });
    runtime.cast(ref, null as never);
    runtime.info(ref, null as never);
    const unheard = failure(runtime.call(ref, null as never, { timeoutMs: 1 }));
    await clock.advance(1);
    expect(await unheard).toBe("timeout");
    expect(await countChildren(runtime, ref)).toMatchObject({ active: 1 });
    expect(log).toEqual(["+a"]);
  });
});
