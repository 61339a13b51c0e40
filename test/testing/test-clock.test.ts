import { expect, test } from "vitest";
import { MAX_TIMER_MS, sleep } from "../../src/foundation/clock.ts";
import { testClock } from "../../src/testing/test-clock.ts";

test("fires due timers in the order of their times, equal ones in the order they were set", async () => {
  const clock = testClock();
  const fired: string[] = [];
  for (const [name, ms] of [
    ["c", 20],
    ["a", 10],
    ["b", 10],
    ["late", 31],
  ] as const) {
    clock.setTimer(ms, () => fired.push(`${name}@${clock.now()}`));
  }
  expect(clock.pending).toBe(4);
  expect(clock.nextAt).toBe(10);
  await clock.advance(30);
  expect(fired).toEqual(["a@10", "b@10", "c@20"]);
  expect(clock.now()).toBe(30);
});

test("work that a timer sets off runs before the next timer, and its own timers count", async () => {
  const clock = testClock();
  const seen: string[] = [];
  const work = async (): Promise<void> => {
    await sleep(clock, 10);
    seen.push(`first ${clock.now()}`);
    await sleep(clock, 5);
    seen.push(`second ${clock.now()}`);
  };
  const done = work();
  clock.setTimer(12, () => seen.push(`timer ${clock.now()}`));
  await clock.advance(100);
  await done;
  expect(seen).toEqual(["first 10", "timer 12", "second 15"]);
});

test("a cleared timer never fires; too long ones never do either", async () => {
  const clock = testClock();
  let fired = 0;
  clock.clearTimer(clock.setTimer(1, () => (fired += 1)));
  clock.setTimer(MAX_TIMER_MS + 1, () => (fired += 1));
  clock.setTimer(Infinity, () => (fired += 1));
  await clock.advance(MAX_TIMER_MS + 2);
  expect(fired).toBe(0);
  expect(clock.pending).toBe(0);
});

test("advanceToNext steps from timer to timer", async () => {
  const clock = testClock({ now: 5 });
  clock.setTimer(7, () => {});
  expect(await clock.advanceToNext()).toBe(true);
  expect(clock.now()).toBe(12);
  expect(await clock.advanceToNext()).toBe(false);
});

test("wall time moves with it", async () => {
  const clock = testClock({ wallTime: "2026-11-24T12:00:00Z" });
  await clock.advance(1_500);
  expect(new Date(clock.wallTime()).toISOString()).toBe("2026-11-24T12:00:01.500Z");
});
