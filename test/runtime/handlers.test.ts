import { describe, expect, test } from "vitest";
import type { Protocol } from "../../src/runtime/actor-ref.ts";
import { behaviour } from "../../src/runtime/behaviour.ts";
import type { Behaviour, Handled } from "../../src/runtime/actor.ts";
import { ExitError } from "../../src/runtime/exit-reason.ts";
import { failure, makeWorld, runner } from "./world.ts";

const READ = (state: unknown[]) => ({ reply: state });

/** What careless JavaScript may give back, whatever the types say. */
function nonsense(value: unknown): Handled<unknown[]> {
  return value as Handled<unknown[]>;
}

describe("a handler", () => {
  test.each([
    ["sync", () => ({ state: ["next"] })],
    ["async", async () => ({ state: ["next"] })],
    // oxlint-disable-next-line unicorn/no-thenable
    ["thenable", () => nonsense({ then: (done: (next: unknown) => void) => done({ state: ["next"] }) })],
  ])("that is %s sets the next state", async (_kind, handler) => {
    const { runtime, start } = makeWorld();
    const ref = await start(runner, undefined);
    runtime.cast(ref, handler);
    expect(await runtime.call(ref, READ)).toEqual(["next"]);
  });

  test.each([
    ["undefined", undefined],
    ["{}", {}],
    ["keys that mean nothing", nonsense({ count: 3 })],
  ])("that gives back %s keeps the state", async (_what, value) => {
    const { runtime, start } = makeWorld();
    const ref = await start(runner, undefined);
    runtime.cast(ref, () => ({ state: ["kept"] }));
    runtime.cast(ref, () => value);
    runtime.cast(ref, async () => value);
    expect(await runtime.call(ref, READ)).toEqual(["kept"]);
  });

  test("may set the state to undefined, and reply undefined: the key counts", async () => {
    const { runtime, start } = makeWorld();
    const ref = await start(runner, undefined);
    runtime.cast(ref, () => ({ state: undefined as never }));
    expect(await runtime.call(ref, (state) => ({ reply: state }))).toBeUndefined();
  });

  test.each([
    ["a number", 42, "42"],
    ["null", null, "null"],
    ["true", true, "true"],
    ["a string", "ok", '"ok"'],
    ["a bigint", 1n, "1"],
    ["a function", function handler() {}, "function handler"],
  ])("that gives back %s ends its actor with bad_return_value", async (_what, value, described) => {
    const { runtime, start } = makeWorld();
    for (const handler of [() => nonsense(value), async () => nonsense(value) as undefined]) {
      const ref = await start(runner, undefined);
      const down = runtime.whenDown(ref);
      expect(await failure(runtime.call(ref, handler))).toEqual({ bad_return_value: described });
      expect(await down).toEqual({ bad_return_value: described });
    }
  });

  test("of a thenable that settles twice, or settles and throws, counts once", async () => {
    const { runtime, start } = makeWorld();
    const ref = await start(runner, undefined);
    runtime.cast(ref, (state) =>
      nonsense({
        // oxlint-disable-next-line unicorn/no-thenable
        then(done: (next: unknown) => void, fail: (error: unknown) => void) {
          done({ state: [...state, "once"] });
          done({ state: [...state, "twice"] });
          fail(new Error("and failed"));
          throw new Error("and threw");
        },
      }),
    );
    expect(await runtime.call(ref, READ)).toEqual(["once"]);
    expect(runtime.activity()).toMatchObject({ live: 1, busy: 0 });
  });

  test("of a thenable that throws at once crashes the actor, and nothing else", async () => {
    const { runtime, start } = makeWorld();
    const ref = await start(runner, undefined);
    const error = new Error("no such promise");
    const broken = (): Handled<unknown[]> =>
      nonsense({
        // oxlint-disable-next-line unicorn/no-thenable
        then: () => {
          throw error;
        },
      });
    expect(await failure(runtime.call(ref, broken))).toEqual({ error });
  });

  test.each<[string, () => never, unknown]>([
    [
      "an Error",
      () => {
        throw new RangeError("out");
      },
      { error: expect.any(RangeError) },
    ],
    // oxlint-disable-next-line no-throw-literal
    [
      "a string",
      () => {
        throw "just text";
      },
      { error: expect.any(Error) },
    ],
    [
      "an exit",
      () => {
        throw new ExitError("custom");
      },
      "custom",
    ],
    [
      "a failed call",
      () => {
        throw new ExitError("noproc", "call");
      },
      { call: "noproc" },
    ],
  ])("that throws %s ends its actor", async (_what, thrower, reason) => {
    const { runtime, start } = makeWorld();
    for (const handler of [thrower, async () => thrower()]) {
      const ref = await start(runner, undefined);
      runtime.cast(ref, handler);
      expect(await runtime.whenDown(ref)).toEqual(reason);
    }
  });

  test("runs alone: none begins before the one before is done", async () => {
    const { runtime, start, clock } = makeWorld();
    const ref = await start(runner, undefined);
    const seen: string[] = [];
    for (const name of ["a", "b", "c"]) {
      runtime.cast(ref, async (_state, _from, self) => {
        seen.push(`${name} begins`);
        await self.sleep(10);
        seen.push(`${name} ends`);
      });
    }
    await clock.advance(100);
    expect(seen).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
  });
});

describe("a behaviour that lacks a handler", () => {
  const bare: Behaviour<undefined, null, Protocol> = behaviour({ name: "bare", init: () => ({ state: null }) });

  test("crashes on a call, saying what came", async () => {
    const { runtime, start } = makeWorld();
    const ref = await start(bare, undefined);
    const reason = await failure(runtime.call(ref, { type: "hello" }));
    expect(reason).toMatchObject({
      error: { name: "UsageError", message: 'bare takes no calls (it has no handleCall), got {"type":"hello"}' },
    });
  });

  test("crashes on a cast, saying what came", async () => {
    const { runtime, start } = makeWorld();
    const ref = await start(bare, undefined);
    const down = runtime.whenDown(ref);
    runtime.cast(ref, "hello");
    expect(await down).toMatchObject({
      error: { name: "UsageError", message: 'bare takes no casts (it has no handleCast), got "hello"' },
    });
  });

  test("crashes when it asks to continue", async () => {
    const { runtime, start } = makeWorld();
    const ref = await start(behaviour({ ...bare, init: () => ({ state: null, continue: "on" }) }), undefined);
    expect(await runtime.whenDown(ref)).toMatchObject({
      error: { message: "bare asked to continue, but has no handleContinue" },
    });
  });

  test("ends in order without terminate", async () => {
    const { runtime, start } = makeWorld();
    const ref = await start(bare, undefined);
    await runtime.stop(ref, "shutdown");
    expect(runtime.isAlive(ref)).toBe(false);
  });
});

describe("continue", () => {
  const countdown = behaviour<number, { left: number; seen: string[] }>({
    name: "countdown",
    init: (from) => ({ state: { left: from, seen: [] }, continue: "tick" }),
    handleContinue(state) {
      state.left -= 1;
      return state.left > 0 ? { continue: "tick" } : undefined;
    },
    handleCast: (state, message) => void state.seen.push(String(message)),
    handleCall: (state) => ({ reply: state.left }),
  });

  test("of any length neither overflows the stack nor lets a message in between", async () => {
    const { runtime, start } = makeWorld();
    const ref = await start(countdown, 100_000);
    expect(await runtime.call(ref, "left")).toBe(0);
  });

  test("that never ends starves no other actor, and can be killed", async () => {
    const { runtime, start } = makeWorld();
    const ref = await start(countdown, Infinity);
    const other = await start(runner, undefined);
    expect(await runtime.call(other, () => ({ reply: "served" }))).toBe("served");
    runtime.exitSignal(ref, "kill");
    expect(runtime.isAlive(ref)).toBe(false);
  });

  test("comes before what is queued, and the reply before it", async () => {
    const { runtime, start } = makeWorld();
    const ref = await start(runner, undefined);
    const seen: string[] = [];
    const reply = runtime.call(ref, () => ({
      reply: "replied",
      continue: () => ({ continue: () => void seen.push("second"), state: void seen.push("first") as never }),
    }));
    runtime.cast(ref, () => void seen.push("queued"));
    expect(await reply).toBe("replied");
    await runtime.call(ref, () => ({ reply: null }));
    expect(seen).toEqual(["first", "second", "queued"]);
  });
});

describe("idleMs", () => {
  const idler = behaviour<number, string[]>({
    name: "idler",
    init: (ms) => ({ state: [], idleMs: ms }),
    handleInfo: (state, message) => ({ state: [...state, (message as { type: string }).type] }),
    handleCast: (state, ms) => ({ state: [...state, "cast"], idleMs: ms as number }),
    handleCall: (state) => ({ reply: state }),
  });

  test("tells once when nothing comes in time", async () => {
    const { runtime, start, clock } = makeWorld();
    const ref = await start(idler, 100);
    await clock.advance(99);
    expect(clock.pending).toBe(1);
    await clock.advance(1);
    await clock.advance(1_000);
    expect(clock.pending).toBe(0);
    expect(await runtime.call(ref, "seen", { timeoutMs: Infinity })).toEqual(["timeout"]);
  });

  test("is cancelled by any message, and set again by its handler", async () => {
    const { runtime, start, clock } = makeWorld();
    const ref = await start(idler, 100);
    await clock.advance(50);
    runtime.cast(ref, 100);
    await clock.advance(99);
    expect(await runtime.call(ref, "seen", { timeoutMs: Infinity })).toEqual(["cast"]);
    await clock.advance(1_000);
    expect(await runtime.call(ref, "seen", { timeoutMs: Infinity })).toEqual(["cast"]);
  });

  test("0 is at once, but behind what waits", async () => {
    const { runtime, start, clock } = makeWorld();
    const ref = await start(idler, 0);
    await clock.settle();
    runtime.cast(ref, 0);
    runtime.info(ref, { type: "waited" });
    await clock.settle();
    expect(await runtime.call(ref, "seen", { timeoutMs: Infinity })).toEqual(["timeout", "cast", "waited"]);
  });

  test("leaves no timer when the actor ends first", async () => {
    const { runtime, start, clock } = makeWorld();
    const ref = await start(idler, 100);
    runtime.exitSignal(ref, "kill");
    expect(clock.pending).toBe(0);
  });
});

describe("init", () => {
  test.each([
    ["a number", 7, "7"],
    ["null", null, "null"],
    ["nothing", undefined, "undefined"],
    ["an object that is none of the three", { stat: 1 }, '{"stat":1}'],
  ])("that gives back %s fails the start with bad_return_value", async (_what, value, described) => {
    const { runtime } = makeWorld();
    for (const init of [() => value, async () => value]) {
      // The types forbid it; JavaScript does not.
      const broken = { name: "broken", init } as unknown as Behaviour<undefined, null>;
      expect(await runtime.start(broken, undefined, { name: "n" })).toEqual({
        status: "error",
        reason: { bad_return_value: described },
      });
      expect(runtime.whereis("n")).toBeUndefined();
    }
    expect(runtime.activity()).toEqual({ live: 0, scheduled: 0, busy: 0 });
  });
});
