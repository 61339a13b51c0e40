import * as fc from "fast-check";
import { expect, test } from "vitest";
import { makePermits, type Priority } from "../../src/actors/permits.ts";

interface Place {
  readonly holder: string;
  readonly priority: Priority;
  readonly tokens: number;
}

const place = (holder: string, priority: Priority = "user", tokens = 1): Place => ({ holder, priority, tokens });

/** Hands out permits as long as there are any; gives who got one. */
function handOut(permits: ReturnType<typeof makePermits<string, string, Place>>): string[] {
  const granted: string[] = [];
  for (let next = permits.first(); next !== undefined && permits.hasRoom; next = permits.first()) {
    permits.leave(next);
    permits.hold(next.holder, `for ${next.holder}`);
    granted.push(next.holder);
  }
  return granted;
}

test("permits are handed out until the limit, first in first out", () => {
  const permits = makePermits<string, string, Place>(2);
  for (const holder of ["a", "b", "c", "d"]) permits.enqueue(place(holder));
  expect(handOut(permits)).toEqual(["a", "b"]);
  expect([permits.inUse, permits.waiting, permits.hasRoom]).toEqual([2, 2, false]);
  expect(permits.release("b")).toBe("for b");
  expect(handOut(permits)).toEqual(["c"]);
  expect(permits.release("a")).toBe("for a");
  expect(handOut(permits)).toEqual(["d"]);
  for (const holder of ["c", "d"]) permits.release(holder);
  expect([permits.inUse, permits.waiting]).toEqual([0, 0]);
});

test("users go before optimizers, whoever came first", () => {
  const permits = makePermits<string, string, Place>(Infinity);
  permits.enqueue(place("o1", "optimizer", 5));
  permits.enqueue(place("u1", "user", 10));
  permits.enqueue(place("o2", "optimizer", 5));
  permits.enqueue(place("u2", "user", 10));
  expect([permits.waitingBefore("user"), permits.waitingBefore("optimizer")]).toEqual([2, 4]);
  expect([permits.tokensBefore("user"), permits.tokensBefore("optimizer")]).toEqual([20, 30]);
  expect(permits.line().map(({ holder }) => holder)).toEqual(["u1", "u2", "o1", "o2"]);
  expect(handOut(permits)).toEqual(["u1", "u2", "o1", "o2"]);
  expect([permits.tokensBefore("optimizer"), permits.waitingBefore("optimizer")]).toEqual([0, 0]);
});

test("whoever leaves the line is passed over, and costs no permit", () => {
  const permits = makePermits<string, string, Place>(1);
  for (const holder of ["a", "b", "c"]) permits.enqueue(place(holder));
  expect(handOut(permits)).toEqual(["a"]);
  // Looked at already, and gone all the same.
  expect(permits.first()?.holder).toBe("b");
  expect(permits.release("b")).toBeUndefined();
  expect(permits.waiting).toBe(1);
  permits.release("a");
  expect(handOut(permits)).toEqual(["c"]);
});

test("who left the line and came again stands at its end", () => {
  const permits = makePermits<string, string, Place>(1);
  for (const holder of ["a", "b", "c"]) permits.enqueue(place(holder));
  permits.release("a");
  permits.enqueue(place("a"));
  const order: string[] = [];
  while (permits.waiting > 0) {
    for (const holder of handOut(permits)) {
      order.push(holder);
      permits.release(holder);
    }
  }
  expect(order).toEqual(["b", "c", "a"]);
});

test("a stranger's release changes nothing", () => {
  const permits = makePermits<string, string, Place>(1);
  permits.enqueue(place("a"));
  permits.enqueue(place("b"));
  handOut(permits);
  expect(permits.release("x")).toBeUndefined();
  expect([permits.inUse, permits.waiting]).toEqual([1, 1]);
});

/** The same in the plainest way: lists. */
function model(concurrency: number) {
  let holders: string[] = [];
  let line: Place[] = [];
  const inOrder = (): Place[] =>
    (["user", "optimizer"] as const).flatMap((priority) => line.filter((each) => each.priority === priority));
  return {
    state: () => [holders.length, line.length, line.reduce((sum, { tokens }) => sum + tokens, 0)],
    known: (holder: string) => holders.includes(holder) || line.some((each) => each.holder === holder),
    enqueue: (each: Place) => void line.push(each),
    release(holder: string) {
      holders = holders.filter((each) => each !== holder);
      line = line.filter((each) => each.holder !== holder);
    },
    handOut() {
      const granted = inOrder().slice(0, Math.max(0, concurrency - holders.length));
      line = line.filter((each) => !granted.includes(each));
      holders.push(...granted.map(({ holder }) => holder));
      return granted.map(({ holder }) => holder);
    },
  };
}

test("any sequence of asking and giving back does what plain lists would do, and leaks nothing", () => {
  const step = fc.record({
    ask: fc.boolean(),
    holder: fc.nat(12).map(String),
    priority: fc.constantFrom<Priority>("user", "optimizer"),
    tokens: fc.nat(9),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 200 }), (concurrency, steps) => {
      const permits = makePermits<string, string, Place>(concurrency);
      const expected = model(concurrency);
      for (const { ask, holder, priority, tokens } of steps) {
        // A request asks once in its life.
        if (ask && expected.known(holder)) continue;
        for (const each of [permits, expected])
          if (ask) each.enqueue(place(holder, priority, tokens));
          else each.release(holder);
        expect(handOut(permits)).toEqual(expected.handOut());
        expect([permits.inUse, permits.waiting, permits.tokensBefore("optimizer")]).toEqual(expected.state());
      }
      for (let holder = 0; holder <= 12; holder += 1) permits.release(String(holder));
      expect([permits.inUse, permits.waiting, permits.tokensBefore("optimizer")]).toEqual([0, 0, 0]);
    }),
    { seed: 20_261_101, numRuns: 300 },
  );
});
