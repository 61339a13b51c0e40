// What goes wrong where one actor's end is told, or in one turn, goes wrong there alone.
import { describe, expect, onTestFinished, test } from "vitest";
import { nactScheduler } from "../../src/runtime/nact-host.ts";
import { createRuntime } from "../../src/runtime/runtime.ts";
import { testClock } from "../../src/testing/test-clock.ts";
import { runner } from "./world.ts";

/** Warnings of the process while the test runs. */
function warnings(): string[] {
  const told: string[] = [];
  const note = ({ message }: Error): void => void told.push(message);
  process.on("warning", note);
  onTestFinished(() => void process.off("warning", note));
  return told;
}

describe("a death of which somebody cannot be told", () => {
  test("is told to all the others, and so is every later one", async () => {
    const told = warnings();
    const clock = testClock();
    let broken = true;
    const shaky = {
      ...clock,
      now: () => clock.now(),
      clearTimer: (timer: never) => {
        if (broken) throw new RangeError("no such timer");
        clock.clearTimer(timer);
      },
    };
    const runtime = createRuntime({ clock: shaky });
    onTestFinished(() => runtime.dispose());
    const refs = [];
    for (let index = 0; index < 3; index += 1) {
      const started = await runtime.start(runner, undefined);
      if (started.status !== "ok") throw new Error("no start");
      refs.push(started.ref);
    }
    const [first, second, third] = refs as [never, never, never];
    await runtime.call(first, (_state: never, _from: never, self: { link: (to: never) => void }) => ({
      reply: self.link(second),
    }));
    // Its timer cannot be cleared when it dies.
    runtime.sendAfter(first, () => undefined, 1_000);
    const ends = refs.map((ref) => runtime.whenDown(ref));
    runtime.exitSignal(first, "broken");
    broken = false;
    runtime.exitSignal(third, "kill");
    expect(await Promise.all(ends)).toEqual(["broken", "broken", "killed"]);
    await expect.poll(() => told).toEqual(["telling an actor's end failed: RangeError: no such timer"]);
  });
});

describe("a turn that throws", () => {
  test("costs nobody else a turn, however many there are", async () => {
    const told = warnings();
    const taken: number[] = [];
    const scheduler = nactScheduler<number>((actor) => {
      taken.push(actor);
      if (actor % 2 === 0) throw new RangeError(`turn ${actor}`);
    });
    onTestFinished(() => scheduler.stop());
    // More than there are seats, twice.
    for (const round of [0, 1_000]) {
      for (let actor = 0; actor < 1_000; actor += 1) scheduler.soon(round + actor);
      await expect.poll(() => taken.length).toBe(round + 1_000);
    }
    expect(taken.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 2_000 }, (_, index) => index));
    await expect.poll(() => told.length).toBe(1_000);
  });
});
