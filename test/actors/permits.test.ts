import * as fc from "fast-check";
import { expect, test } from "vitest";
import { makePermits } from "../../src/actors/permits.ts";

test("permits are granted until the limit, then the line forms, first in first out", () => {
  const permits = makePermits<string, string>(2);
  expect(["a", "b", "c", "d"].map((holder) => permits.acquire(holder, `for ${holder}`))).toEqual([
    "granted",
    "granted",
    "waits",
    "waits",
  ]);
  expect([permits.inUse, permits.waiting]).toEqual([2, 2]);
  expect(permits.release("b")).toBe("for c");
  expect(permits.release("a")).toBe("for d");
  expect([permits.inUse, permits.waiting]).toEqual([2, 0]);
  expect(permits.release("c")).toBeUndefined();
  expect(permits.release("d")).toBeUndefined();
  expect([permits.inUse, permits.waiting]).toEqual([0, 0]);
});

test("whoever leaves the line is passed over, and costs no permit", () => {
  const permits = makePermits<string, string>(1);
  for (const holder of ["a", "b", "c"]) permits.acquire(holder, `for ${holder}`);
  expect(permits.release("b")).toBeUndefined();
  expect(permits.waiting).toBe(1);
  expect(permits.release("a")).toBe("for c");
});

test("who left the line and came again stands at its end", () => {
  const permits = makePermits<string, string>(1);
  for (const holder of ["a", "b", "c"]) permits.acquire(holder, holder);
  permits.release("b");
  permits.acquire("b", "b again");
  expect([permits.release("a"), permits.release("c")]).toEqual(["c", "b again"]);
});

test("a stranger's release changes nothing", () => {
  const permits = makePermits<string, string>(1);
  permits.acquire("a", "a");
  permits.acquire("b", "b");
  expect(permits.release("x")).toBeUndefined();
  expect([permits.inUse, permits.waiting]).toEqual([1, 1]);
});

test("without a limit nobody waits", () => {
  const permits = makePermits<number, number>(Infinity);
  for (let holder = 0; holder < 1_000; holder += 1) expect(permits.acquire(holder, holder)).toBe("granted");
  expect([permits.inUse, permits.waiting]).toEqual([1_000, 0]);
});

/** The same in the plainest way: two lists. */
function model(concurrency: number) {
  let holders: number[] = [];
  let line: number[] = [];
  return {
    counts: () => [holders.length, line.length],
    acquire(holder: number) {
      if (holders.length < concurrency) holders.push(holder);
      else line.push(holder);
      return holders.includes(holder) ? "granted" : "waits";
    },
    release(holder: number) {
      const wasHolding = holders.includes(holder);
      holders = holders.filter((each) => each !== holder);
      line = line.filter((each) => each !== holder);
      const next = wasHolding ? line.shift() : undefined;
      if (next !== undefined) holders.push(next);
      return next;
    },
    known: (holder: number) => holders.includes(holder) || line.includes(holder),
  };
}

test("any sequence of acquiring and releasing does what two plain lists would do, and leaks nothing", () => {
  const step = fc.record({ acquire: fc.boolean(), holder: fc.nat(12) });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 200 }), (concurrency, steps) => {
      const permits = makePermits<number, number>(concurrency);
      const expected = model(concurrency);
      for (const { acquire, holder } of steps) {
        // A request asks once in its life.
        if (acquire && expected.known(holder)) continue;
        const does = ({ acquire: take, release }: typeof expected | typeof permits) =>
          acquire ? take(holder, holder) : release(holder);
        expect(does(permits)).toBe(does(expected));
        expect([permits.inUse, permits.waiting]).toEqual(expected.counts());
      }
      for (let holder = 0; holder <= 12; holder += 1) permits.release(holder);
      expect([permits.inUse, permits.waiting]).toEqual([0, 0]);
    }),
    { seed: 20_261_101, numRuns: 300 },
  );
});
