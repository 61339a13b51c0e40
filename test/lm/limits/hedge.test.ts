import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { hedged, type HedgeWatch } from "../../../src/lm/limits/hedge.ts";
import { sleep } from "../../../src/foundation/clock.ts";
import { testClock } from "../../../src/testing/test-clock.ts";
import { watch } from "../../actors/outcomes.ts";

interface Plan {
  /** In line before it is made; default 0. */
  readonly line?: number;
  /** From when it is made; a negative time fails when it is over. */
  readonly ms: number;
}

/** Works that take so long each, in order; each that is made says when 100 ms have passed since. */
function works(...plans: readonly Plan[]) {
  const clock = testClock();
  const log: string[] = [];
  let begun = 0;
  const outer = new AbortController();
  const life = new AbortController();
  const work = async (signal: AbortSignal, { sent, slow, answered }: HedgeWatch): Promise<number> => {
    const number = (begun += 1);
    const { line = 0, ms } = plans[number - 1] ?? { ms: 0 };
    signal.addEventListener("abort", () => log.push(`${number} aborted at ${clock.now()}`));
    await sleep(clock, line, signal);
    sent?.();
    const timer = clock.setTimer(100, () => slow?.());
    try {
      await sleep(clock, Math.abs(ms), signal);
    } finally {
      clock.clearTimer(timer);
    }
    if (ms < 0) throw new RangeError(`${number} failed`);
    answered();
    log.push(`${number} answered`);
    return number;
  };
  const settled: unknown[] = [];
  const onHedge = (): void => void log.push(`hedge at ${clock.now()}`);
  hedged(work, { signal: outer.signal, life: life.signal, onHedge }).then(
    (value) => settled.push(value, clock.now()),
    (error: unknown) => settled.push(String(error), clock.now()),
  );
  return { clock, log, settled, outer, life, begun: () => begun };
}

describe("a second try beside a slow first one", () => {
  test.each<[string, readonly Plan[], readonly unknown[], readonly string[]]>([
    ["a fast one stays alone", [{ ms: 50 }], [1, 50], []],
    [
      "the second wins, the first is aborted",
      [{ ms: 500 }, { ms: 50 }],
      [2, 150],
      ["hedge at 100", "1 aborted at 150"],
    ],
    [
      "the first wins, the second is aborted",
      [{ ms: 120 }, { ms: 50 }],
      [1, 120],
      ["hedge at 100", "2 aborted at 120"],
    ],
    ["a fast failure is one", [{ ms: -50 }], ["RangeError: 1 failed", 50], []],
    ["a slow failure waits for the second", [{ ms: -120 }, { ms: 50 }], [2, 150], ["hedge at 100"]],
    ["a second's failure waits for the first", [{ ms: 300 }, { ms: -50 }], [1, 300], ["hedge at 100"]],
    ["when both fail, the last is told", [{ ms: -120 }, { ms: -200 }], ["RangeError: 2 failed", 300], ["hedge at 100"]],
    ["its time counts from when the first is made", [{ line: 400, ms: 90 }], [1, 490], []],
    ["one that is never made is none", [{ ms: 300 }, { line: 900, ms: 50 }], [1, 300], ["2 aborted at 300"]],
    [
      "and keeps no failure",
      [{ ms: -300 }, { line: 900, ms: 50 }],
      ["RangeError: 1 failed", 300],
      ["2 aborted at 300"],
    ],
    ["one that is made late", [{ ms: 500 }, { line: 200, ms: 50 }], [2, 350], ["hedge at 300", "1 aborted at 350"]],
  ])("%s", async (_what, plans, outcome, told) => {
    const { clock, log, settled, outer } = works(...plans);
    await clock.advance(1_000);
    expect(settled).toEqual(outcome);
    const [winner] = settled;
    // Whoever wins has the other aborted before anybody else hears of it.
    expect(log).toEqual(typeof winner === "number" ? [...told, `${winner} answered`] : told);
    expect(clock.pending).toBe(0);
    expect(getEventListeners(outer.signal, "abort")).toEqual([]);
  });

  test("an abort ends both, and leaves no timer", async () => {
    const { clock, log, settled, outer } = works({ ms: 500 }, { ms: 500 });
    await clock.advance(200);
    outer.abort(new Error("changed my mind"));
    await clock.settle();
    expect(settled).toEqual(["Error: changed my mind", 200]);
    expect(log).toEqual(["hedge at 100", "1 aborted at 200", "2 aborted at 200"]);
    expect(clock.pending).toBe(0);
  });

  test("an abort before any of it begins nothing more", async () => {
    const clock = testClock();
    const life = new AbortController().signal;
    const signal = AbortSignal.abort(new Error("no"));
    const call = watch(
      "call",
      hedged((inner) => sleep(clock, 10, inner), { life, signal }),
    );
    await clock.settle();
    expect(call.settled).toBe(true);
    expect(clock.pending).toBe(0);
  });

  test("who is gone listens to nobody's signal", () => {
    const { outer, life } = works({ ms: 500 });
    life.abort();
    expect(getEventListeners(outer.signal, "abort")).toEqual([]);
  });
});
