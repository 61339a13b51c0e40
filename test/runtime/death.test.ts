import { describe, expect, test } from "vitest";
import { actorExited, actorStarted, actorStartFailed } from "../../src/runtime/actor-events.ts";
import { actorName, type ActorRef } from "../../src/runtime/actor-ref.ts";
import { LocalRef } from "../../src/runtime/actor-cell.ts";
import { behaviour } from "../../src/runtime/behaviour.ts";
import { ExitError } from "../../src/runtime/exit-reason.ts";
import { reply } from "../../src/runtime/self.ts";
import type { Self } from "../../src/runtime/actor.ts";
import { worker } from "../../src/supervisors/child-spec.ts";
import { startSupervisor } from "../../src/supervisors/supervision.ts";
import { makeWorld, record, runner, type RunnerProtocol, type World } from "./world.ts";

/** Its own self, kept by code that has no business keeping it. */
async function leakedSelf({ runtime }: World, ref: ActorRef<RunnerProtocol>): Promise<Self<RunnerProtocol>> {
  return (await runtime.call(ref, (_state, _from, self) => ({ reply: self }))) as Self<RunnerProtocol>;
}

describe("self of a dead actor", () => {
  test("throws the actor's exit from whatever would act", async () => {
    const world = makeWorld();
    const { runtime, start } = world;
    const ref = await start(runner, undefined);
    const other = await start(runner, undefined);
    const self = await leakedSelf(world, ref);
    const monitored = (await runtime.call(ref, (_s, _f, me) => ({ reply: me.monitor(other) }))) as never;
    runtime.exitSignal(ref, "gone");
    const acts: Record<string, () => unknown> = {
      startLink: () => self.startLink(runner, undefined),
      start: () => self.start(runner, undefined),
      call: () => self.call(other, () => undefined),
      cast: () => self.cast(other, () => undefined),
      info: () => self.info(other, () => undefined),
      sendAfter: () => self.sendAfter(other, () => undefined, 1),
      stop: () => self.stop(other),
      exitSignal: () => self.exitSignal(other, "kill"),
      exit: () => self.exit("gone"),
      link: () => self.link(other),
      unlink: () => self.unlink(other),
      monitor: () => self.monitor(other),
      demonitor: () => self.demonitor(monitored),
      whenDown: () => self.whenDown(other),
      trapExits: () => self.trapExits(true),
      register: () => self.register("name"),
      unregister: () => self.unregister("name"),
      whereis: () => self.whereis("name"),
      isAlive: () => self.isAlive(other),
      sleep: () => self.sleep(1),
    };
    for (const [name, act] of Object.entries(acts)) {
      expect(act, name).toThrow(ExitError);
      expect(act, name).toThrow("gone");
    }
    expect(runtime.isAlive(other)).toBe(true);
    expect(runtime.activity().live).toBe(1);
    // What only reads still reads.
    expect(self.ref).toBe(ref);
    expect(self.runtime).toBe(runtime);
    expect(self.signal.aborted).toBe(true);
  });

  test.each<[string, (self: Self<RunnerProtocol>, other: ActorRef<RunnerProtocol>) => Promise<unknown>]>([
    ["sleep", (self) => self.sleep(10)],
    ["call", (self, other) => self.call(other, () => undefined, { timeoutMs: 10 })],
    ["start", (self) => self.start(slowStarter, undefined)],
    ["startLink", (self) => self.startLink(slowStarter, undefined)],
    ["stop", (self, other) => self.stop(other)],
    ["whenDown", (self, other) => self.whenDown(other, 10)],
  ])("never resumes from %s", async (_what, wait) => {
    const { runtime, start, clock } = makeWorld();
    const ref = await start(runner, undefined);
    const other = await start(runner, undefined);
    let resumed = false;
    runtime.cast(other, (_state, _from, self) => self.sleep(500));
    runtime.cast(ref, async (_state, _from, self) => {
      await wait(self, other).catch(() => {});
      resumed = true;
    });
    await clock.settle();
    runtime.exitSignal(ref, "kill");
    await clock.advance(1_000);
    runtime.exitSignal(other, "kill");
    await clock.advance(1_000);
    expect(resumed).toBe(false);
  });

  test("does not resume when it is killed right after its answer came", async () => {
    const { runtime, start, clock } = makeWorld();
    const asker = await start(runner, undefined);
    let resumed = false;
    const answering = await start(runner, undefined);
    runtime.cast(asker, async (_state, _from, self) => {
      // The answer is on its way when the kill comes, in the same handler.
      await self.call(answering, (_state2, from) => {
        if (from !== undefined) reply(from, "answer");
        runtime.exitSignal(asker, "kill");
        return undefined;
      });
      resumed = true;
    });
    await clock.settle();
    expect(resumed).toBe(false);
  });
});

const slowStarter = behaviour<undefined, null>({
  name: "slow",
  async init(_args, self) {
    await self.sleep(10);
    return { state: null };
  },
});

describe("self.signal", () => {
  test.each<[string, (world: World, ref: ActorRef<RunnerProtocol>) => unknown, unknown]>([
    ["a stop", ({ runtime }, ref) => runtime.stop(ref, "shutdown"), "shutdown"],
    ["a kill", ({ runtime }, ref) => runtime.exitSignal(ref, "kill"), "killed"],
    ["an exit signal", ({ runtime }, ref) => runtime.exitSignal(ref, "crash"), "crash"],
    ["an exit of its own", ({ runtime }, ref) => runtime.cast(ref, (_state, _from, self) => self.exit("own")), "own"],
    ["a stop of its own", ({ runtime }, ref) => runtime.cast(ref, () => ({ stop: "normal" })), "normal"],
    ["nonsense", ({ runtime }, ref) => runtime.cast(ref, () => 7 as never), { bad_return_value: "7" }],
  ])("is aborted by %s, with the reason", async (_what, end, reason) => {
    const world = makeWorld();
    const ref = await world.start(runner, undefined);
    const { signal } = await leakedSelf(world, ref);
    expect(signal.aborted).toBe(false);
    await end(world, ref);
    await world.clock.settle();
    expect(signal.aborted).toBe(true);
    expect((signal.reason as ExitError).reason).toEqual(reason);
  });

  test("is aborted by the death of a linked actor", async () => {
    const world = makeWorld();
    const ref = await world.start(runner, undefined);
    const other = await world.start(runner, undefined);
    const self = await leakedSelf(world, ref);
    const { signal } = self;
    self.link(other);
    world.runtime.exitSignal(other, "crash");
    expect((signal.reason as ExitError).reason).toBe("crash");
  });

  test("is aborted when init fails or is killed", async () => {
    const { runtime, clock } = makeWorld();
    const signals: AbortSignal[] = [];
    const failing = behaviour<boolean, null>({
      name: "failing",
      async init(hangs, self) {
        signals.push(self.signal);
        if (hangs) await self.sleep(1_000);
        return { stop: "no" };
      },
    });
    await runtime.start(failing, false);
    const hanging = runtime.start(failing, true, { timeoutMs: 10 });
    await clock.advance(10);
    expect(await hanging).toEqual({ status: "error", reason: "timeout" });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  test("is not aborted before terminate has had its say", async () => {
    const { runtime, start } = makeWorld();
    let abortedThen: boolean | undefined;
    const ref = await start(
      behaviour<undefined, null>({
        name: "closing",
        init: () => ({ state: null }),
        terminate: (_state, _reason, self) => (abortedThen = self.signal.aborted),
      }),
      undefined,
    );
    await runtime.stop(ref);
    expect(abortedThen).toBe(false);
  });
});

describe("what a killed handler comes to later", () => {
  test("cannot touch the next incarnation of a named service", async () => {
    const { runtime, clock } = makeWorld();
    const gate = Promise.withResolvers<void>();
    const children = [worker({ id: "service", behaviour: runner, args: undefined, name: "service" })];
    await startSupervisor(runtime, { children });
    const service = actorName<RunnerProtocol>("service");
    let came = false;
    // Plain promises, as a library gives them: the runtime cannot keep this code from resuming, only from acting.
    runtime.cast(service, async () => {
      await gate.promise;
      came = true;
      return { state: ["from the grave"], stop: "crash", reply: "too late" };
    });
    await clock.settle();
    const first = runtime.whereis("service") as ActorRef;
    runtime.exitSignal(first, "kill");
    await clock.settle();
    expect(runtime.whereis("service")?.id).not.toBe(first.id);
    await runtime.call(service, () => ({ state: ["new"], reply: null }));
    gate.resolve();
    await clock.settle();
    expect(came).toBe(true);
    expect(runtime.isAlive(first)).toBe(false);
    expect(runtime.activity()).toEqual({ live: 2, scheduled: 0, busy: 0 });
    expect(await runtime.call(service, (state) => ({ reply: state }))).toEqual(["new"]);
  });

  test("nor does its late crash or terminate count", async () => {
    const { runtime, start, clock } = makeWorld();
    const exits = record(runtime, actorExited);
    const ref = await start(runner, undefined);
    const gate = Promise.withResolvers<void>();
    runtime.cast(ref, async () => {
      await gate.promise;
      throw new Error("late");
    });
    await clock.settle();
    runtime.exitSignal(ref, "kill");
    gate.resolve();
    await clock.settle();
    expect(exits.map(({ reason }) => reason)).toEqual(["killed"]);
    expect(runtime.activity()).toEqual({ live: 0, scheduled: 0, busy: 0 });
  });

  test("nor what a killed init comes to: the start has failed, once", async () => {
    const { runtime, clock } = makeWorld();
    const failed = record(runtime, actorStartFailed);
    const startedEvents = record(runtime, actorStarted);
    const gate = Promise.withResolvers<void>();
    const slow = behaviour<undefined, null>({
      name: "slow",
      async init() {
        await gate.promise;
        return { state: null };
      },
    });
    const started = runtime.start(slow, undefined, { name: "slow" });
    const ref = runtime.whereis("slow") as ActorRef;
    runtime.exitSignal(ref, "kill");
    expect(await started).toEqual({ status: "error", reason: "killed" });
    gate.resolve();
    await clock.settle();
    expect(failed.map(({ reason }) => reason)).toEqual(["killed"]);
    expect(startedEvents).toEqual([]);
    expect(runtime.activity()).toEqual({ live: 0, scheduled: 0, busy: 0 });
  });
});

describe("a chain of ten thousand links", () => {
  const LENGTH = 10_000;

  async function chain({ start, runtime }: World): Promise<ActorRef<RunnerProtocol>[]> {
    const refs = await Promise.all(Array.from({ length: LENGTH }, () => start(runner, undefined)));
    await Promise.all(
      refs.map((ref, index) => {
        const next = refs[index + 1];
        return runtime.call(ref, (_state, _from, self) => ({ reply: next && self.link(next) }));
      }),
    );
    return refs;
  }

  test("falls at one end's exit, each once and with the same reason, before the signal's call returns", async () => {
    const world = makeWorld();
    const refs = await chain(world);
    const exits = record(world.runtime, actorExited);
    world.runtime.exitSignal(refs[0] as ActorRef, "crash");
    expect(world.runtime.activity()).toEqual({ live: 0, scheduled: 0, busy: 0 });
    expect(exits.map(({ actor }) => actor)).toEqual(refs.map(({ id }) => id));
    expect(new Set(exits.map(({ reason }) => reason))).toEqual(new Set(["crash"]));
  });

  test("falls from the middle to both ends, and stops at one that traps", async () => {
    const world = makeWorld();
    const { runtime } = world;
    const refs = await chain(world);
    const trapping = refs[LENGTH - 100] as ActorRef<RunnerProtocol>;
    await runtime.call(trapping, (_state, _from, self) => ({ reply: self.trapExits(true) }));
    runtime.exitSignal(refs[LENGTH / 2] as ActorRef, "crash");
    expect(runtime.activity().live).toBe(100);
    const message = { type: "EXIT", from: refs[LENGTH - 101], reason: "crash" };
    expect(await runtime.call(trapping, (state) => ({ reply: state }))).toEqual([message]);
  });
});

describe("a dead actor", () => {
  test("holds no state, no messages, no links, no watchers, no timers, no ancestors", async () => {
    const { runtime, start, clock } = makeWorld();
    const parent = await start(runner, undefined);
    const other = await start(runner, undefined);
    const started = (await runtime.call(parent, async (_state, _from, self) => ({
      reply: await self.startLink(runner, undefined, { name: "child" }),
    }))) as { ref: ActorRef<RunnerProtocol> };
    const child = started.ref;
    await runtime.call(child, (_state, _from, self) => {
      self.link(other);
      self.monitor(other);
      return { state: ["secret"], reply: null };
    });
    void runtime.whenDown(child);
    runtime.sendAfter(child, () => undefined, 1_000);
    runtime.cast(child, () => undefined);
    await runtime.call(parent, (_state, _from, self) => ({ reply: self.unlink(child) }));
    runtime.cast(child, () => undefined);
    runtime.exitSignal(child, "kill");
    const cell = LocalRef.cell(child);
    expect(cell).toMatchObject({ status: "dead", reason: "killed", name: undefined });
    expect(cell.state).toBeUndefined();
    expect(cell.mailbox.length).toBe(0);
    expect(cell.links).toBeUndefined();
    expect(cell.watchers).toBeUndefined();
    expect(cell.waits).toBeUndefined();
    expect(cell.timed).toBeUndefined();
    expect(cell.parent).toBe(cell);
    await clock.settle();
    expect(clock.pending).toBe(0);
    expect(runtime.inspect(child)).toBeUndefined();
    expect(runtime.isAlive(parent)).toBe(true);
  });
});

describe("an actor that ends as an orphan", () => {
  const bound = behaviour<undefined, null>({
    name: "bound",
    endsAsOrphan: { shutdown: "cancelled" },
    init: () => ({ state: null }),
  });
  async function family() {
    const world = makeWorld();
    const parent = await world.start(runner, undefined);
    const started = await leakedSelf(world, parent).then((self) => self.startLink(bound, undefined));
    if (started.status !== "ok") throw new Error("did not start");
    return { ...world, parent, child: started.ref, end: world.runtime.whenDown(started.ref) };
  }

  test("ends with a parent whose end as `normal` takes no linked actor along", async () => {
    const { runtime, parent, end } = await family();
    await runtime.stop(parent);
    expect(await end).toEqual({ shutdown: "cancelled" });
  });

  test("ends with any other end of its parent as linked actors do", async () => {
    const { runtime, parent, end } = await family();
    runtime.exitSignal(parent, "kill");
    expect(await end).toBe("killed");
  });

  test("outlives linked actors that are not its parent", async () => {
    const { runtime, start, child } = await family();
    const friend = await start(runner, undefined);
    await runtime.call(friend, (_state, _from, self) => ({ reply: self.link(child) }));
    await runtime.stop(friend);
    expect(runtime.isAlive(child)).toBe(true);
  });
});
