import { describe, expect, test } from "vitest";
import { behaviour } from "../../src/runtime/behaviour.ts";
import { until } from "../../src/testing/until.ts";
import { makeWorld, runner } from "./world.ts";

const TURN = 64;

describe("a turn", () => {
  test("handles 64 messages; then the others have theirs", async () => {
    const { runtime, start } = makeWorld();
    const busy = await start(runner, undefined);
    const quiet = await start(runner, undefined);
    let handled = 0;
    for (let message = 0; message < 10 * TURN; message += 1) runtime.cast(busy, () => void (handled += 1));
    const seen = new Promise<number>((resolve) => {
      runtime.cast(quiet, () => resolve(handled));
    });
    expect(await seen).toBe(TURN);
    await until(() => handled === 10 * TURN);
  });

  test("of an actor that messages itself without end leaves the others theirs, and the event loop its own", async () => {
    const { runtime, start } = makeWorld();
    const spinner = await start(
      behaviour<undefined, number>({
        name: "spinner",
        init: () => ({ state: 0 }),
        handleCast(state, _message, self) {
          self.cast(self.ref, "again");
          return { state: state + 1 };
        },
      }),
      undefined,
    );
    runtime.cast(spinner, "go");
    const quiet = await start(runner, undefined);
    expect(await runtime.call(quiet, () => ({ reply: "served" }))).toBe("served");
    await new Promise<void>((resolve) => setImmediate(resolve));
    runtime.exitSignal(spinner, "kill");
    await until(() => runtime.activity().scheduled === 0);
  });

  test("of an actor that is asked again and again leaves the event loop its own", async () => {
    const { runtime, start } = makeWorld();
    const ref = await start(runner, undefined);
    let loops = 0;
    const count = (): void => {
      loops += 1;
      immediate = setImmediate(count);
    };
    let immediate = setImmediate(count);
    for (let asked = 0; asked < 10 * TURN; asked += 1) await runtime.call(ref, () => ({ reply: asked }));
    clearImmediate(immediate);
    expect(loops).toBeGreaterThanOrEqual(9);
  });

  test("never runs inside the call that asked for it", async () => {
    const { runtime, start, clock } = makeWorld();
    const ref = await start(runner, undefined);
    let ran = false;
    runtime.cast(ref, () => void (ran = true));
    expect(ran).toBe(false);
    await Promise.resolve();
    expect(ran).toBe(false);
    await clock.settle();
    expect(ran).toBe(true);
  });
});

describe("ten thousand actors with something to do", () => {
  test("all have their turn, in the order in which they were woken, and the event loop breathes", async () => {
    const { runtime, start } = makeWorld();
    const refs = await Promise.all(Array.from({ length: 10_000 }, () => start(runner, undefined)));
    const order: number[] = [];
    let breaths = 0;
    const breathe = (): void => {
      breaths += 1;
      if (order.length < refs.length) setImmediate(breathe);
    };
    setImmediate(breathe);
    refs.forEach((ref, index) => runtime.cast(ref, () => void order.push(index)));
    await until(() => order.length === refs.length);
    expect(order).toEqual(refs.map((_, index) => index));
    expect(breaths).toBeGreaterThan(20);
    for (const ref of refs) runtime.exitSignal(ref, "kill");
    expect(runtime.activity()).toEqual({ live: 0, scheduled: 0, busy: 0 });
  });
});

test("a turn is over when all has run that it set off, before the next actor has its own", async () => {
  const { runtime, start } = makeWorld();
  const first = await start(runner, undefined);
  const second = await start(runner, undefined);
  const order: string[] = [];
  runtime.cast(first, () => {
    order.push("first");
    void Promise.resolve()
      .then(() => Promise.resolve())
      .then(() => void order.push("what the first set off"));
  });
  await new Promise<void>((resolve) => {
    runtime.cast(second, () => {
      order.push("second");
      resolve();
    });
  });
  expect(order).toEqual(["first", "what the first set off", "second"]);
});
