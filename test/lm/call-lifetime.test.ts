import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { beginCall } from "../../src/lm/call-lifetime.ts";
import { testClock } from "../../src/testing/test-clock.ts";

const deadlines = { totalMs: 100, connectMs: 50, firstByteMs: 80, idleMs: 30 };
const who = { host: "api.example", provider: "openai", deadlines };
const never = (): Promise<never> => new Promise(() => {});

test("a promise that settles in time is its own outcome, and nothing is left behind", async () => {
  const clock = testClock();
  const { signal } = new AbortController();
  const call = beginCall({ ...who, clock, signal });
  expect(await call.race(Promise.resolve(1))).toBe(1);
  await expect(call.race(Promise.reject(new Error("no")))).rejects.toThrow("no");
  call.end();
  expect(clock.pending).toBe(0);
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
  expect(call.signal.aborted).toBe(false);
});

test("the deadline ends it, also where the promise never settles, and stays the outcome", async () => {
  const clock = testClock();
  const call = beginCall({ ...who, clock });
  const outcome = call.race(never()).catch((error: unknown) => error);
  await clock.advance(100);
  expect(await outcome).toMatchObject({ code: "timeout", details: { phase: "total" } });
  expect(call.signal.aborted).toBe(true);
  call.cancel(new Error("later"));
  await expect(call.race(Promise.reject(new Error("aborted")))).rejects.toMatchObject({ code: "timeout" });
});

test("an abort ends it as cancelled", async () => {
  const stop = new AbortController();
  const call = beginCall({ ...who, clock: testClock(), signal: stop.signal });
  const outcome = call.race(never()).catch((error: unknown) => error);
  stop.abort();
  expect(await outcome).toMatchObject({ code: "cancelled", provider: "openai" });
});

test("one that was aborted before does not begin", () => {
  const clock = testClock();
  expect(() => beginCall({ ...who, clock, signal: AbortSignal.abort() })).toThrow(
    expect.objectContaining({ code: "cancelled" }),
  );
  expect(clock.pending).toBe(0);
});
