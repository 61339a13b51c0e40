import { expect, test } from "vitest";
import { makeFlights, MAX_HANDOVERS } from "../../../src/lm/cache/flights.ts";

function flying(...waiters: string[]) {
  const gone = new Set<string>();
  const flights = makeFlights<string>((waiter) => !gone.has(waiter));
  const leader = flights.lead("k");
  for (const waiter of waiters) flights.wait("k", waiter);
  return { flights, leader, gone };
}

test("one leads, and all that wait get what it gets, in their order", () => {
  const { flights, leader, gone } = flying("a", "b", "c");
  gone.add("b");
  expect([flights.leaderOf("k"), flights.leaderOf("other"), flights.count]).toEqual([leader, undefined, 1]);
  expect(flights.land("k")).toEqual(["a", "c"]);
  expect([flights.leaderOf("k"), flights.count, flights.land("k")]).toEqual([undefined, 0, []]);
});

test("a leader that left hands over to the first that still waits, any number of times", () => {
  const { flights, leader, gone } = flying("a", "b", ..."defghij");
  gone.add("a");
  const first = flights.giveUp("k", leader, "left");
  expect(first).toEqual({ next: { waiter: "b", leader: leader + 1 }, told: [] });
  const order = [..."defghij"].map(() => flights.giveUp("k", flights.leaderOf("k") ?? 0, "left").next?.waiter);
  expect(order).toEqual([..."defghij"]);
  expect(flights.giveUp("k", flights.leaderOf("k") ?? 0, "left")).toEqual({ told: [] });
  expect(flights.count).toBe(0);
});

test("a failure that may pass is met with so many more tries, and then told to all", () => {
  const { flights, gone } = flying("a", "b", "c", "d", "e");
  const next = Array.from(
    { length: MAX_HANDOVERS },
    () => flights.giveUp("k", flights.leaderOf("k") ?? 0, "may_pass").next?.waiter,
  );
  expect(next).toEqual(["a", "b", "c"]);
  gone.add("d");
  expect(flights.giveUp("k", flights.leaderOf("k") ?? 0, "may_pass")).toEqual({ told: ["e"] });
  expect(flights.count).toBe(0);
});

test("a refusal is told to all at once", () => {
  const { flights, leader } = flying("a", "b");
  expect(flights.giveUp("k", leader, "final")).toEqual({ told: ["a", "b"] });
});

test("who leads no more changes nothing", () => {
  const { flights, leader } = flying("a", "b");
  flights.giveUp("k", leader, "left");
  expect(flights.giveUp("k", leader, "final")).toEqual({ told: [] });
  expect(flights.giveUp("other", 1, "final")).toEqual({ told: [] });
  expect(flights.land("k")).toEqual(["b"]);
});
