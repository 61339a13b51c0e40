import { describe, expect, test } from "vitest";
import { type ActorLifeEvent, actorExited, actorStarted, actorStartFailed } from "../../src/runtime/actor-events.ts";
import { actorName, type ActorRef } from "../../src/runtime/actor-ref.ts";
import { behaviour } from "../../src/runtime/behaviour.ts";
import type { Behaviour } from "../../src/runtime/actor.ts";
import { BadNameError } from "../../src/runtime/names.ts";
import { createRuntime } from "../../src/runtime/runtime.ts";
import { failure, makeWorld, record, runner, type RunnerProtocol } from "./world.ts";

const IDLE = { live: 0, scheduled: 0, busy: 0 };

describe("inspect", () => {
  const shown = behaviour<string, { secret: string; size: number }>({
    name: "shown",
    init: (secret) => ({ state: { secret, size: 3 } }),
    handleCast: (_state, ms, self) => self.sleep(ms as number),
    inspect: ({ size }) => ({ size }),
  });

  test("shows an actor as it is now, and of its state what the behaviour shows", async () => {
    const { runtime, start, clock } = makeWorld();
    const ref = await start(shown, "key", { name: "shown", label: "the one" });
    await clock.advance(250);
    expect(runtime.inspect(ref)).toEqual({
      id: ref.id,
      label: "the one",
      name: "shown",
      behaviour: "shown",
      status: "idle",
      mailbox: 0,
      uptimeMs: 250,
      state: { size: 3 },
    });
    runtime.cast(ref, 100);
    await clock.settle();
    runtime.cast(ref, 100);
    expect(runtime.inspect(ref)).toMatchObject({ status: "busy", mailbox: 1 });
    runtime.exitSignal(ref, "kill");
    expect(runtime.inspect(ref)).toBeUndefined();
  });

  test("shows no state of an actor that is still starting, nor of a behaviour that shows none", async () => {
    const { runtime, clock } = makeWorld();
    const slow = behaviour({
      ...shown,
      init: async (_a: string, self) => (await self.sleep(10), { ignore: true as const }),
    });
    void runtime.start(slow, "key", { name: "slow" });
    const ref = runtime.whereis("slow");
    expect(ref && runtime.inspect(ref)).toMatchObject({ status: "init", state: undefined });
    await clock.advance(10);
    expect(ref && runtime.inspect(ref)).toBeUndefined();
  });

  test("a ref prints as its id and label, and shows nothing else", async () => {
    const { start } = makeWorld();
    const ref = await start(shown, "key");
    expect(String(ref)).toBe(`#${ref.id}<shown>`);
    expect(JSON.stringify(ref)).toBe(`{"id":${ref.id}}`);
  });
});

describe("activity", () => {
  test("counts who lives, whose turn comes, and who is inside a handler", async () => {
    const { runtime, start, clock } = makeWorld();
    expect(runtime.activity()).toEqual(IDLE);
    const one = await start(runner, undefined);
    await start(runner, undefined);
    runtime.cast(one, (_state, _from, self) => self.sleep(10));
    expect(runtime.activity()).toEqual({ live: 2, scheduled: 1, busy: 0 });
    await clock.settle();
    expect(runtime.activity()).toEqual({ live: 2, scheduled: 0, busy: 1 });
    await clock.advance(10);
    expect(runtime.activity()).toEqual({ live: 2, scheduled: 0, busy: 0 });
  });

  test.each<[string, Behaviour<undefined, null>]>([
    ["starts and is killed", { name: "x", init: () => ({ state: null }) }],
    ["ignores its start", { name: "x", init: () => ({ ignore: true }) }],
    ["fails to start", { name: "x", init: async () => ({ stop: "no" }) }],
    [
      "throws in init",
      {
        name: "x",
        init: () => {
          throw new Error("no");
        },
      },
    ],
    [
      "stops itself in a continue",
      { name: "x", init: () => ({ state: null, continue: 1 }), handleContinue: () => ({ stop: "normal" }) },
    ],
    [
      "crashes in terminate",
      {
        name: "x",
        init: () => ({ state: null }),
        terminate: () => {
          throw new Error("no");
        },
      },
    ],
    ["kills itself in init", { name: "x", init: (_a, self) => (self.exitSignal(self.ref, "kill"), { state: null }) }],
    [
      "kills itself in terminate",
      { name: "x", init: () => ({ state: null }), terminate: (_s, _r, self) => self.exitSignal(self.ref, "kill") },
    ],
  ])("is nothing again after an actor that %s", async (_what, definition) => {
    const { runtime, clock } = makeWorld();
    const started = await runtime.start(behaviour(definition), undefined, { name: "n" });
    await clock.settle();
    if (started.status === "ok" && runtime.isAlive(started.ref)) {
      await runtime.stop(started.ref).catch(() => {});
    }
    expect(runtime.activity()).toEqual(IDLE);
    expect(runtime.names()).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});

describe("names", () => {
  test("are listed in the order in which they were taken, and free when their actors are gone", async () => {
    const { runtime, start } = makeWorld();
    const b = await start(runner, undefined, { name: "b" });
    const a = await start(runner, undefined);
    runtime.register("a", a);
    expect(runtime.names()).toEqual(["b", "a"]);
    runtime.exitSignal(b, "kill");
    expect(runtime.names()).toEqual(["a"]);
    runtime.unregister("a");
    expect(runtime.whereis("a")).toBeUndefined();
    expect(runtime.isAlive(a)).toBe(true);
  });

  test.each<[string, (world: ReturnType<typeof makeWorld>) => Promise<() => void>, string]>([
    [
      "a taken one",
      async ({ runtime, start }) => {
        await start(runner, undefined, { name: "taken" });
        const other = await start(runner, undefined);
        return () => runtime.register("taken", other);
      },
      'cannot register "taken": the name is taken',
    ],
    [
      "a second one",
      async ({ runtime, start }) => {
        const ref = await start(runner, undefined, { name: "first" });
        return () => runtime.register("second", ref);
      },
      'cannot register "second": the actor is "first" already',
    ],
    [
      "one of the dead",
      async ({ runtime, start }) => {
        const ref = await start(runner, undefined);
        await runtime.stop(ref);
        return () => runtime.register("late", ref);
      },
      'cannot register "late": the actor is dead',
    ],
    [
      "the end of a free one",
      async ({ runtime }) =>
        () =>
          runtime.unregister("free"),
      'cannot unregister "free": nobody has it',
    ],
  ])("refuse %s with badarg, saying why", async (_what, prepare, message) => {
    const act = await prepare(makeWorld());
    expect(act).toThrow(BadNameError);
    expect(act).toThrow(message);
    expect(act).toThrow(expect.objectContaining({ code: "badarg" }));
  });

  test("that are taken fail a start, which says by whom, and run no init", async () => {
    const { runtime, start } = makeWorld();
    const holder = await start(runner, undefined, { name: "one" });
    let ran = false;
    const second = behaviour<undefined, null>({ name: "second", init: () => ((ran = true), { state: null }) });
    expect(await runtime.start(second, undefined, { name: "one" })).toEqual({
      status: "error",
      reason: "already_started",
      ref: holder,
    });
    expect(ran).toBe(false);
    expect(runtime.activity().live).toBe(1);
  });
});

describe("sendAfter", () => {
  test("to a ref ends with its actor; to a name it finds who has it then", async () => {
    const { runtime, start, clock } = makeWorld();
    const first = await start(runner, undefined, { name: "service" });
    const toRef = runtime.sendAfter(first, () => ({ state: ["by ref"] }), 100);
    const toName = runtime.sendAfter(actorName<RunnerProtocol>("service"), () => ({ state: ["by name"] }), 100);
    runtime.exitSignal(first, "kill");
    expect(toRef.cancel()).toBe(false);
    const second = await start(runner, undefined, { name: "service" });
    await clock.advance(100);
    expect(toName.cancel()).toBe(false);
    expect(await runtime.call(second, (state) => ({ reply: state }))).toEqual(["by name"]);
  });

  test("can be cancelled until it fires", async () => {
    const { runtime, start, clock } = makeWorld();
    const ref = await start(runner, undefined);
    const sending = runtime.sendAfter(ref, () => ({ state: ["sent"] }), 100);
    await clock.advance(99);
    expect(sending.cancel()).toBe(true);
    expect(sending.cancel()).toBe(false);
    await clock.advance(10);
    expect(await runtime.call(ref, (state) => ({ reply: state }))).toEqual([]);
  });
});

describe("two runtimes in one process", () => {
  test("share neither names, nor actors, nor clocks, nor what is told", async () => {
    const one = makeWorld();
    const other = makeWorld();
    const told = record(one.runtime, actorStarted);
    const mine = await one.start(runner, undefined, { name: "service" });
    const theirs = await other.start(runner, undefined, { name: "service" });
    expect(mine).not.toBe(theirs);
    expect(told).toHaveLength(1);
    expect(one.runtime.whereis("service")).toBe(mine);
    expect(other.runtime.whereis("service")).toBe(theirs);
    one.runtime.sendAfter(mine, () => undefined, 10);
    expect([one.clock.pending, other.clock.pending]).toEqual([1, 0]);
    one.runtime.exitSignal(mine, "kill");
    expect(one.runtime.activity().live).toBe(0);
    expect(other.runtime.activity().live).toBe(1);
    one.runtime.dispose();
    expect(await other.runtime.call(theirs, () => ({ reply: "still here" }))).toBe("still here");
  });

  test("hand out env as it was given", () => {
    const env = { any: "thing" };
    expect(createRuntime({ env }).env).toBe(env);
    expect(createRuntime().env).toBeUndefined();
    expect(createRuntime().name).toBe("dspex");
  });
});

describe("dispose", () => {
  test("ends all turns for good; nothing throws afterwards, and twice is once", async () => {
    const { runtime, start, clock } = makeWorld();
    const idle = await start(runner, undefined);
    const woken = await start(runner, undefined);
    let ran = false;
    runtime.cast(woken, () => void (ran = true));
    runtime.dispose();
    runtime.dispose();
    runtime.cast(idle, () => void (ran = true));
    const asked = failure(runtime.call(idle, () => ({ reply: 1 }), { timeoutMs: 10 }));
    await clock.advance(10);
    expect(await asked).toBe("timeout");
    runtime.exitSignal(idle, "kill");
    expect(runtime.isAlive(idle)).toBe(false);
    expect(ran).toBe(false);
  });
});

describe("what is told of a life", () => {
  test("is its start and its end, or that it failed to start, with the reason", async () => {
    const { runtime, start, clock } = makeWorld();
    const events: string[] = [];
    const ref = await (async () => {
      const started = record(runtime, actorStarted);
      const exited = record(runtime, actorExited);
      const failed = record(runtime, actorStartFailed);
      await clock.advance(1_000);
      const alive = await start(runner, undefined, { label: "one" });
      await runtime.stop(alive, { shutdown: "done" });
      await runtime.start(behaviour<undefined, null>({ name: "shy", init: () => ({ ignore: true }) }), undefined);
      events.push(...started.map(({ label, at }) => `${label} started ${at - clock.wallTime()}`));
      events.push(...exited.map(({ label, reason }) => `${label} exited ${JSON.stringify(reason)}`));
      events.push(...failed.map(({ label, reason }) => `${label} failed ${JSON.stringify(reason)}`));
      return alive;
    })();
    expect(events).toEqual(["one started 0", 'one exited {"shutdown":"done"}', 'shy failed "ignore"']);
    expect(runtime.isAlive(ref)).toBe(false);
  });

  test("names what kind of actor it is, who started it linked, and its name, whatever has become of them", async () => {
    const { runtime, start } = makeWorld();
    const told = [actorStarted, actorStartFailed, actorExited].map((kind) => record<ActorLifeEvent>(runtime, kind));
    const parent = await start(runner, undefined, { name: "parent" });
    const slow = behaviour<undefined, null>({ name: "slow", init: () => new Promise(() => {}) });
    const child = (await runtime.call(parent, async (_state, _from, self) => {
      void self.startLink(slow, undefined, { name: "late" });
      const started = await self.startLink(runner, undefined, { name: "child", label: "little" });
      await self.start(runner, undefined);
      return { reply: (started as { readonly ref: ActorRef }).ref };
    })) as ActorRef;
    // Takes all with it that are linked.
    runtime.exitSignal(parent, "kill");
    const life = ({ actor, label, behaviour: kind, parent: above, name }: ActorLifeEvent): unknown[] => [
      actor === child.id ? "child" : label,
      kind,
      above === parent.id ? "its parent" : above,
      name,
    ];
    const lives = [
      ["parent", "runner", undefined, "parent"],
      ["child", "runner", "its parent", "child"],
    ];
    expect(told.map((events) => events.map(life))).toEqual([
      [...lives, ["runner", "runner", undefined, undefined]],
      [["late", "slow", "its parent", "late"]],
      lives,
    ]);
  });
});
