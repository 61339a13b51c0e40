import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { signalBranches } from "../../src/foundation/signal-branches.ts";

const listeners = (signal: AbortSignal): number => getEventListeners(signal, "abort").length;

test("whoever has joined is told of the abort and its reason, on whatever branch", () => {
  const whole = new AbortController();
  const join = signalBranches(whole.signal);
  const branches = Array.from({ length: 200 }, join);
  whole.abort("over");
  expect(branches.map(({ signal }) => signal.reason as unknown)).toEqual(branches.map(() => "over"));
});

test("few share a branch, and the signal has one listener for all", () => {
  const whole = new AbortController();
  const join = signalBranches(whole.signal);
  const branches = Array.from({ length: 640 }, join);
  expect(new Set(branches.map(({ signal }) => signal)).size).toBe(10);
  expect(listeners(whole.signal)).toBe(1);
});

test("when all have left the signal has no listener; who joins then hears of it again", () => {
  const whole = new AbortController();
  const join = signalBranches(whole.signal);
  for (const branch of Array.from({ length: 100 }, join)) branch.leave();
  expect(listeners(whole.signal)).toBe(0);
  const late = join();
  whole.abort("over");
  expect(late.signal.reason).toBe("over");
});

test("who joins one that has aborted sees it at once", () => {
  const join = signalBranches(AbortSignal.abort("before"));
  expect(join().signal.reason).toBe("before");
});
