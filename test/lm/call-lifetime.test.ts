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

test.each([
  ["connect", 50, "no connection to api.example within 50 ms"],
  ["first_byte", 80, "api.example did not begin to answer within 80 ms"],
  ["idle", 30, "api.example stopped in the middle of its answer: nothing came for 30 ms"],
] as const)("the deadline of phase %s counts from when it begins", async (phase, ms, message) => {
  const clock = testClock();
  const call = beginCall({ ...who, deadlines: { ...deadlines, totalMs: 1_000 }, clock });
  const outcome = call.race(never()).catch((error: unknown) => error);
  await clock.advance(40);
  call.connecting();
  if (phase !== "connect") call.sent();
  if (phase === "idle") call.received();
  await clock.advance(ms - 1);
  expect(call.signal.aborted).toBe(false);
  await clock.advance(1);
  expect(await outcome).toMatchObject({ code: "timeout", message, details: { phase } });
  expect(clock.pending).toBe(0);
});

test("each piece of the answer begins the idle time anew; the total goes on", async () => {
  const clock = testClock();
  const call = beginCall({ ...who, clock });
  const outcome = call.race(never()).catch((error: unknown) => error);
  call.connecting();
  call.sent();
  for (let piece = 0; piece < 4; piece += 1) {
    call.received();
    await clock.advance(25);
  }
  expect(await outcome).toMatchObject({ details: { phase: "total" } });
});

test("while the answer's reader is busy with it only the total counts, also when more comes meanwhile", async () => {
  const clock = testClock();
  const call = beginCall({ ...who, clock });
  const outcome = call.race(never()).catch((error: unknown) => error);
  call.received();
  call.hold();
  await clock.advance(20);
  call.received();
  await clock.advance(40);
  expect(call.signal.aborted).toBe(false);
  call.resume();
  await clock.advance(29);
  expect(call.signal.aborted).toBe(false);
  await clock.advance(1);
  expect(await outcome).toMatchObject({ details: { phase: "idle" } });
  const held = beginCall({ ...who, clock });
  held.hold();
  await clock.advance(100);
  await expect(held.race(never())).rejects.toMatchObject({ details: { phase: "total" } });
});

test("one timer serves all deadlines", async () => {
  const clock = testClock();
  const call = beginCall({ ...who, clock });
  call.connecting();
  expect(clock.pending).toBe(1);
  call.sent();
  call.received();
  expect(clock.pending).toBe(1);
  call.end();
  call.received();
  expect(clock.pending).toBe(0);
});

test("giving up reaches the exchange, also one that begins too late", () => {
  const call = beginCall({ ...who, clock: testClock() });
  const told: Error[] = [];
  call.onGivenUp((reason) => void told.push(reason));
  call.cancel(new Error("enough"));
  expect(told).toMatchObject([{ code: "cancelled" }]);
  call.onGivenUp((reason) => void told.push(reason));
  expect(told).toHaveLength(2);
});

test("the first byte is told once, and nothing of it where nobody asks", () => {
  const told: number[] = [];
  const clock = testClock();
  const call = beginCall({ ...who, clock, onFirstByte: () => told.push(clock.now()) });
  call.connecting();
  call.sent();
  expect(told).toEqual([]);
  call.received();
  call.received();
  expect(told).toEqual([0]);
  beginCall({ ...who, clock }).received();
});
