import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { UsageError } from "../../src/foundation/errors.ts";
import { actorName } from "../../src/runtime/actor-ref.ts";
import { behaviour } from "../../src/runtime/behaviour.ts";
import type { From } from "../../src/runtime/actor.ts";
import { ExitError } from "../../src/runtime/exit-reason.ts";
import { reply } from "../../src/runtime/self.ts";
import { failure, makeWorld, runner, type RunnerProtocol } from "./world.ts";

describe("a reply", () => {
  test("may come later, while something else is handled", async () => {
    const { runtime, start } = makeWorld();
    const ref = await start(runner, undefined);
    const kept: From[] = [];
    const asked = runtime.call(ref, (_state, from) => void (from !== undefined && kept.push(from)));
    runtime.cast(ref, () => kept.forEach((from) => reply(from, "late but good")));
    expect(await asked).toBe("late but good");
  });

  test("counts once: a second one is dropped without a trace", async () => {
    const { runtime, start } = makeWorld();
    const ref = await start(runner, undefined);
    const asked = runtime.call(ref, (_state, from) => {
      if (from !== undefined) {
        reply(from, "first");
        reply(from, "second");
      }
      return { reply: "third" };
    });
    expect(await asked).toBe("first");
    expect(runtime.isAlive(ref)).toBe(true);
  });

  test("that nobody waits for any more can be told from one that somebody does", async () => {
    const { runtime, start, clock } = makeWorld();
    const ref = await start(runner, undefined);
    const kept: From[] = [];
    const asked = failure(runtime.call(ref, (_state, from) => void (from && kept.push(from)), { timeoutMs: 10 }));
    await clock.settle();
    expect(kept[0]?.waiting).toBe(true);
    await clock.advance(10);
    expect(await asked).toBe("timeout");
    expect(kept[0]?.waiting).toBe(false);
    if (kept[0] !== undefined) reply(kept[0], "too late");
    expect(runtime.isAlive(ref)).toBe(true);
  });

  test("to an actor that died meanwhile does nothing, and its request is handled all the same", async () => {
    const { runtime, start, clock } = makeWorld();
    const callee = await start(runner, undefined);
    const caller = await start(runner, undefined);
    const froms: From[] = [];
    runtime.cast(caller, async (_state, _from, self) => {
      await self.call(callee, (_s: unknown[], from: From | undefined) => void (from && froms.push(from)));
    });
    await clock.settle();
    expect(froms[0]?.caller).toBe(caller);
    runtime.exitSignal(caller, "kill");
    expect(froms[0]?.waiting).toBe(false);
    if (froms[0] !== undefined) reply(froms[0], "to the grave");
    // Calls share their timers, which are tidied away a turn later.
    await clock.settle();
    expect(clock.pending).toBe(0);
  });
});

describe("a call", () => {
  test("leaves no timer behind, however it ends", async () => {
    const { runtime, start, clock } = makeWorld();
    const ref = await start(runner, undefined);
    await runtime.call(ref, () => ({ reply: 1 }));
    // Calls share their timers, which are tidied away a turn later.
    await clock.settle();
    expect(clock.pending).toBe(0);
    const asked = failure(runtime.call(ref, () => undefined));
    await clock.settle();
    expect(clock.pending).toBe(1);
    runtime.exitSignal(ref, "crash");
    expect(await asked).toBe("crash");
    // Calls share their timers, which are tidied away a turn later.
    await clock.settle();
    expect(clock.pending).toBe(0);
  });

  test("that is given no number of milliseconds is misuse, and leaves nothing behind", async () => {
    const { runtime, start, clock } = makeWorld();
    const ref = await start(runner, undefined);
    await expect(runtime.call(ref, () => ({ reply: 1 }), { timeoutMs: NaN })).rejects.toThrow(UsageError);
    await clock.settle();
    expect(clock.pending).toBe(0);
    expect(await runtime.call(ref, () => ({ reply: 2 }))).toBe(2);
  });

  test("waits five seconds unless told otherwise", async () => {
    const { runtime, start, clock } = makeWorld();
    const ref = await start(runner, undefined);
    const asked = failure(runtime.call(ref, () => undefined));
    await clock.settle();
    expect(clock.nextAt).toBe(5_000);
    await clock.advance(5_000);
    expect(await asked).toBe("timeout");
  });

  test("says whom it could not reach, and why", async () => {
    const { runtime, start } = makeWorld();
    const ref = await start(runner, undefined, { label: "qa" });
    await expect(runtime.call(actorName<RunnerProtocol>("nobody"), () => undefined)).rejects.toThrow(
      'call to "nobody" failed: noproc',
    );
    const boom = new Error("boom");
    await expect(
      runtime.call(ref, () => {
        throw boom;
      }),
    ).rejects.toMatchObject({ message: `call to #${ref.id}<qa> failed: Error: boom`, cause: boom });
  });
});

describe("a call with a signal", () => {
  test("that is aborted already is not sent", async () => {
    const { runtime, start, clock } = makeWorld();
    const ref = await start(runner, undefined);
    let handled = false;
    const signal = AbortSignal.abort();
    expect(await failure(runtime.call(ref, () => void (handled = true), { signal }))).toBe("cancelled");
    await clock.settle();
    expect(handled).toBe(false);
  });

  test("that is aborted meanwhile stops waiting; the callee is not told", async () => {
    const { runtime, start, clock } = makeWorld();
    const ref = await start(runner, undefined);
    const abort = new AbortController();
    const asked = failure(
      runtime.call(ref, async (_state, _from, self) => ({ reply: await self.sleep(100), state: ["done"] }), {
        signal: abort.signal,
      }),
    );
    await clock.settle();
    abort.abort();
    expect(await asked).toBe("cancelled");
    expect(getEventListeners(abort.signal, "abort")).toEqual([]);
    await clock.advance(100);
    expect(await runtime.call(ref, (state) => ({ reply: state }))).toEqual(["done"]);
  });

  test("that is aborted afterwards changes nothing", async () => {
    const { runtime, start } = makeWorld();
    const ref = await start(runner, undefined);
    const abort = new AbortController();
    const asked = runtime.call(ref, () => ({ reply: "in time" }), { signal: abort.signal });
    expect(await asked).toBe("in time");
    abort.abort();
    expect(await asked).toBe("in time");
  });

  test("leaves no listener on it, whatever became of it, over a thousand calls", async () => {
    const { runtime, start, clock } = makeWorld();
    const ref = await start(runner, undefined);
    const { signal } = new AbortController();
    for (let round = 0; round < 250; round += 1) {
      await runtime.call(ref, () => ({ reply: round }), { signal });
      const silent = failure(runtime.call(ref, () => undefined, { signal, timeoutMs: 1 }));
      await clock.advanceToNext();
      expect(await silent).toBe("timeout");
      expect(await failure(runtime.call(actorName<RunnerProtocol>("nobody"), () => undefined, { signal }))).toBe(
        "noproc",
      );
      const mortal = await start(runner, undefined);
      const asked = failure(runtime.call(mortal, () => undefined, { signal }));
      runtime.exitSignal(mortal, "kill");
      expect(await asked).toBe("killed");
    }
    expect(getEventListeners(signal, "abort")).toEqual([]);
    // Calls share their timers, which are tidied away a turn later.
    await clock.settle();
    expect(clock.pending).toBe(0);
  });
});

describe("calls between actors", () => {
  test("fail with the root of a chain of failures", async () => {
    const { runtime, start } = makeWorld();
    const first = await start(runner, undefined);
    const second = await start(runner, undefined);
    const third = await start(runner, undefined);
    const ends = Promise.all([first, second, third].map((ref) => runtime.whenDown(ref)));
    const outcome = failure(
      runtime.call(first, async (_s, _f, self) => ({
        reply: await self.call(second, async (_s2: unknown, _f2: unknown, self2: typeof self) => ({
          reply: await self2.call(third, () => {
            throw new ExitError("root");
          }),
        })),
      })),
    );
    expect(await outcome).toBe("root");
    expect(await ends).toEqual([{ call: "root" }, { call: "root" }, "root"]);
  });

  test("that cross wait for each other until one times out", async () => {
    const { runtime, start, clock } = makeWorld();
    const one = await start(runner, undefined);
    const other = await start(runner, undefined);
    const ask =
      (peer: typeof one, timeoutMs: number) =>
      async (_s: unknown, _f: unknown, self: { call: typeof runtime.call }) => ({
        reply: await self
          .call(peer, () => ({ reply: "answer" }), { timeoutMs })
          .catch((error: ExitError) => error.reason),
      });
    const outcomes = Promise.all([runtime.call(one, ask(other, 50)), runtime.call(other, ask(one, 60))]);
    await clock.advance(50);
    // Once the first gives up, it answers the other.
    expect(await outcomes).toEqual(["timeout", "answer"]);
  });

  test("to oneself, by ref or by name, fail at once", async () => {
    const { runtime, start } = makeWorld();
    const ref = await start(runner, undefined, { name: "me" });
    const targets = [ref, actorName<RunnerProtocol>("me")];
    for (const target of targets) {
      const asked = runtime.call(ref, async (_state, _from, self) => ({
        reply: await self.call(target, () => undefined).catch((error: ExitError) => error.reason),
      }));
      expect(await asked).toBe("calling_self");
    }
  });
});

describe("stop", () => {
  test("runs terminate with the reason and waits until the actor is gone", async () => {
    const { runtime, start, clock } = makeWorld();
    const said: unknown[] = [];
    const ref = await start(
      behaviour<undefined, null>({
        name: "polite",
        init: () => ({ state: null }),
        async terminate(_state, reason, self) {
          await self.sleep(20);
          said.push(reason);
        },
      }),
      undefined,
      { name: "polite" },
    );
    let gone = false;
    const stopped = runtime.stop(ref, "shutdown").then(() => (gone = true));
    await clock.advance(19);
    expect(gone).toBe(false);
    expect(runtime.inspect(ref)?.status).toBe("terminating");
    expect(runtime.whereis("polite")).toBe(ref);
    await clock.advance(1);
    await stopped;
    expect(said).toEqual(["shutdown"]);
    expect(runtime.whereis("polite")).toBeUndefined();
  });

  test("of one who is gone fails with noproc, and by timeout leaves the request", async () => {
    const { runtime, start, clock } = makeWorld();
    const ref = await start(runner, undefined);
    runtime.cast(ref, async (_state, _from, self) => {
      await self.sleep(100);
    });
    const impatient = failure(runtime.stop(ref, "normal", { timeoutMs: 10 }));
    await clock.advance(10);
    expect(await impatient).toBe("timeout");
    await clock.advance(90);
    expect(runtime.isAlive(ref)).toBe(false);
    expect(await failure(runtime.stop(ref))).toBe("noproc");
  });
});

describe("a promise as a reply", () => {
  test("is waited for as the reply itself is, while other messages are handled", async () => {
    const { runtime, start, clock } = makeWorld();
    const ref = await start(runner, undefined);
    const asked = runtime.call(ref, (_state, _from, self) => ({ reply: self.sleep(10).then(() => "slept") }));
    expect(await runtime.call(ref, () => ({ reply: "meanwhile" }))).toBe("meanwhile");
    await clock.advance(10);
    expect(await asked).toBe("slept");
  });

  test("does not outlast the call's timeout, or the actor", async () => {
    const { runtime, start, clock } = makeWorld();
    const ref = await start(runner, undefined);
    const never = { reply: new Promise(() => {}) };
    const late = failure(runtime.call(ref, () => never, { timeoutMs: 10 }));
    const left = failure(runtime.call(ref, () => never));
    await clock.advance(10);
    expect(await late).toBe("timeout");
    runtime.exitSignal(ref, "kill");
    expect(await left).toBe("killed");
    await clock.settle();
    expect(clock.pending).toBe(0);
  });

  test("that rejects fails the call, and is nobody's unhandled rejection where the caller has given up", async () => {
    const { runtime, start, clock } = makeWorld();
    const ref = await start(runner, undefined);
    const error = new RangeError("no");
    expect(await failure(runtime.call(ref, () => ({ reply: Promise.reject(error) })))).toEqual({ error });
    const late = failure(
      runtime.call(ref, async (_state, _from, self) => (await self.sleep(20), { reply: Promise.reject(error) }), {
        timeoutMs: 10,
      }),
    );
    await clock.advance(10);
    expect(await late).toBe("timeout");
    await clock.advance(10);
    expect(await runtime.call(ref, () => ({ reply: "alive" }))).toBe("alive");
  });

  test("of which not even that can be found out fails the call alone", async () => {
    const { runtime, start } = makeWorld();
    const ref = await start(runner, undefined);
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    await expect(runtime.call(ref, () => ({ reply: proxy }))).rejects.toThrow(TypeError);
    expect(runtime.isAlive(ref)).toBe(true);
  });
});

describe("a call that makes no sense", () => {
  test.each<[string, unknown]>([
    ["options that are none", null],
    ["a timeout in a text", { timeoutMs: "5" }],
    ["a signal that can be listened to and never left", { signal: { aborted: false, addEventListener: () => {} } }],
  ])("is refused before anything is done: %s", async (_what, options) => {
    const { runtime, start, clock } = makeWorld();
    const ref = await start(runner, undefined);
    let handled = false;
    const asked = runtime.call(ref, () => void (handled = true), options as never);
    await expect(asked).rejects.toThrow(UsageError);
    await clock.settle();
    expect({ handled, pending: clock.pending }).toEqual({ handled: false, pending: 0 });
  });

  test("leaves nothing behind where the signal itself throws", async () => {
    const { runtime, start, clock } = makeWorld();
    const ref = await start(runner, undefined);
    const signal = {
      aborted: false,
      addEventListener() {
        throw new RangeError("no listeners");
      },
      removeEventListener: () => {},
    };
    await expect(runtime.call(ref, () => {}, { signal: signal as never })).rejects.toThrow("no listeners");
    expect(clock.pending).toBe(0);
  });

  test("gets its reply where the signal throws when it is left", async () => {
    const { runtime, start } = makeWorld();
    const ref = await start(runner, undefined);
    const signal = {
      aborted: false,
      addEventListener: () => {},
      removeEventListener() {
        throw new RangeError("no leaving");
      },
    };
    expect(await runtime.call(ref, () => ({ reply: 1 }), { signal: signal as never })).toBe(1);
  });

  test.each([undefined, null, 42, {}])("is refused where its target is none: %o", async (target) => {
    const { runtime } = makeWorld();
    await expect(runtime.call(target as never, null as never)).rejects.toThrow(UsageError);
    expect(() => runtime.sendAfter(target as never, null, 10)).toThrow(UsageError);
    expect(() => runtime.exitSignal(target as never, "kill")).toThrow(UsageError);
  });
});
