import { describe, expect, test } from "vitest";
import { hedged } from "../../src/actors/hedge.ts";
import { sleep } from "../../src/foundation/clock.ts";
import { testClock } from "../../src/testing/test-clock.ts";
import { watch } from "./outcomes.ts";

/** Works that take so long each, in order; a negative time fails when it is over. */
function works(...times: number[]) {
  const clock = testClock();
  const log: string[] = [];
  let begun = 0;
  const outer = new AbortController();
  const work = async (signal: AbortSignal): Promise<number> => {
    const number = (begun += 1);
    const ms = times[number - 1] ?? 0;
    signal.addEventListener("abort", () => log.push(`${number} aborted at ${clock.now()}`));
    await sleep(clock, Math.abs(ms), signal);
    if (ms < 0) throw new RangeError(`${number} failed`);
    return number;
  };
  const settled: unknown[] = [];
  hedged(work, { afterMs: 100, clock, signal: outer.signal, onHedge: () => log.push(`hedge at ${clock.now()}`) }).then(
    (value) => settled.push(value, clock.now()),
    (error: unknown) => settled.push(String(error), clock.now()),
  );
  return { clock, log, settled, outer };
}

describe("a second try beside a slow first one", () => {
  test.each([
    ["a fast one stays alone", [50], [1, 50], []],
    ["the second wins, the first is aborted", [500, 50], [2, 150], ["hedge at 100", "1 aborted at 150"]],
    ["the first wins, the second is aborted", [120, 50], [1, 120], ["hedge at 100", "2 aborted at 120"]],
    ["a fast failure is one", [-50], ["RangeError: 1 failed", 50], []],
    ["a slow failure waits for the second", [-120, 50], [2, 150], ["hedge at 100"]],
    ["a second's failure waits for the first", [300, -50], [1, 300], ["hedge at 100"]],
    ["when both fail, the last is told", [-120, -200], ["RangeError: 2 failed", 300], ["hedge at 100"]],
  ])("%s", async (_what, times, outcome, told) => {
    const { clock, log, settled } = works(...times);
    await clock.advance(1_000);
    expect(settled).toEqual(outcome);
    expect(log).toEqual(told);
    expect(clock.pending).toBe(0);
  });

  test("an abort ends both, and leaves no timer", async () => {
    const { clock, log, settled, outer } = works(500, 500);
    await clock.advance(200);
    outer.abort(new Error("changed my mind"));
    await clock.settle();
    expect(settled).toEqual(["Error: changed my mind", 200]);
    expect(log).toEqual(["hedge at 100", "1 aborted at 200", "2 aborted at 200"]);
    expect(clock.pending).toBe(0);
  });

  test("an abort before any of it begins nothing more", async () => {
    const clock = testClock();
    const call = watch(
      "call",
      hedged((signal) => sleep(clock, 10, signal), { afterMs: 100, clock, signal: AbortSignal.abort(new Error("no")) }),
    );
    await clock.settle();
    expect(call.settled).toBe(true);
    expect(clock.pending).toBe(0);
  });
});
