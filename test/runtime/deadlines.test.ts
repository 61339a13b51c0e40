import { expect, test } from "vitest";
import { captureScope } from "../../src/foundation/async-scope.ts";
import { makeDeadlines, type Waiting } from "../../src/runtime/deadlines.ts";
import { testClock } from "../../src/testing/test-clock.ts";

/** Waits that write down when they were late. */
function waits() {
  const clock = testClock();
  const deadlines = makeDeadlines(clock, captureScope());
  const late: [string, number][] = [];
  const wait = (name: string, due: number): Waiting => ({
    due,
    line: undefined,
    before: undefined,
    after: undefined,
    late: () => void late.push([name, clock.now()]),
  });
  return { clock, deadlines, late, wait };
}

test("those of one length share one timer, and are late in the order of their ends, whenever they came", async () => {
  const { clock, deadlines, late, wait } = waits();
  for (const [name, due] of [
    ["b", 1_020],
    ["d", 1_040],
    ["c", 1_030],
    ["a", 1_010],
  ] as const)
    deadlines.add(wait(name, due), 1_000);
  expect(clock.pending).toBe(1);
  await clock.advance(2_000);
  expect(late).toEqual([
    ["a", 1_010],
    ["b", 1_020],
    ["c", 1_030],
    ["d", 1_040],
  ]);
  expect(clock.pending).toBe(0);
});

test("whoever comes after all have left is late in time, though the timer was set for another moment", async () => {
  const { clock, deadlines, late, wait } = waits();
  for (const [first, second] of [
    [1_000, 900],
    [1_900, 2_500],
  ] as const) {
    const gone = wait("gone", first);
    deadlines.add(gone, 1_000);
    deadlines.remove(gone);
    deadlines.add(wait("stayed", second), 1_000);
    await clock.advance(1_500);
  }
  expect(late).toEqual([
    ["stayed", 900],
    ["stayed", 2_500],
  ]);
});

test("a line that all have left keeps no timer", async () => {
  const { clock, deadlines, wait } = waits();
  const [one, other] = [wait("one", 1_000), wait("other", 1_001)];
  deadlines.add(one, 1_000);
  deadlines.add(other, 1_000);
  deadlines.remove(other);
  deadlines.remove(one);
  await clock.settle();
  expect(clock.pending).toBe(0);
});
