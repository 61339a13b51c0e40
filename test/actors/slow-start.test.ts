import { describe, expect, test } from "vitest";
import { makeSlowStart, type SlowStart } from "../../src/actors/slow-start.ts";
import { bucket, downFor30s, fixedWindow, play, type Played, scattered } from "./pausing-world.ts";

/** When each of so many starts, all of which want to at once. */
function starts(slow: SlowStart, count: number, from: number): number[] {
  let now = from;
  return Array.from({ length: count }, () => {
    now = Math.max(now, slow.startsAt(now));
    slow.started(now);
    return now - from;
  });
}

const within = (times: readonly number[], ms: number): number => times.filter((at) => at <= ms).length;

/** A client that had so many answers a second, until 10 s. */
function answering(perSecond: number): SlowStart {
  const slow = makeSlowStart();
  for (let count = 1; count <= perSecond * 10; count += 1) slow.answered((count * 1_000) / perSecond);
  return slow;
}

describe("after a pause", () => {
  test("that nothing came before: one starts, a second within a step, four within two", () => {
    const slow = makeSlowStart();
    slow.refused(5_000, 3_000);
    expect(starts(slow, 8, 5_000).map(Math.round)).toEqual([0, 100, 158, 200, 232, 258, 281, 300]);
  });

  test("of all that there were: requests go on as fast as answers came, and then faster", () => {
    const slow = answering(1_000);
    // As if it had only ever been refused of late.
    for (let count = 0; count < 1_000; count += 1) slow.refused(10_100, 10_000);
    const times = starts(slow, 2_000, 10_100);
    // 0.1 s is 100 answers; a tenth of a second's pause makes it 93.
    expect(within(times, 100)).toBe(94);
    expect(within(times, 200)).toBe(281);
    expect(within(times, 300)).toBeGreaterThan(600);
  });

  test("that one in many asked for: the others hardly notice", () => {
    const slow = answering(1_000);
    slow.refused(10_050, 10_000);
    expect(within(starts(slow, 2_000, 10_050), 100)).toBeGreaterThan(1_000);
  });

  test("each second of it makes half of the rate stale, until one starts at first", () => {
    const firsts = [1_000, 2_000, 3_000, 30_000].map((ms) => {
      const slow = answering(1_000);
      for (let count = 0; count < 1_000; count += 1) slow.refused(10_000 + ms, 10_000);
      return within(starts(slow, 200, 10_000 + ms), 100);
    });
    expect(firsts).toEqual([51, 26, 13, 2]);
  });

  test("that is made longer while it lasts, the rate is that of before it began", () => {
    const slow = answering(1_000);
    for (let at = 10_000; at < 10_500; at += 1) slow.refused(at + 500, at);
    // Refused by half and more: 2 ** -0.999 of 100.
    expect(within(starts(slow, 1_000, 10_999), 100)).toBeGreaterThanOrEqual(50);
    expect(slow.startsAt(10_998)).toBeGreaterThanOrEqual(10_999);
  });

  test("it is over after a second", () => {
    const slow = makeSlowStart();
    slow.refused(1_000, 0);
    for (const at of [1_000, 1_500, 2_000]) slow.started(at);
    expect(slow.startsAt(2_000)).toBe(2_000);
  });
});

/** What it comes to with providers of different kinds: 100 callers that call again and again. */
describe("a thousand calls and more, with a provider that", () => {
  const crowd = { callers: 100, concurrency: 100, latencyMs: 50 };

  test.each([1, 2, 3])("refuses 3 in 100 at random and asks for 50 ms: little time is lost (seed %d)", (seed) => {
    const load = { ...crowd, calls: 1_000, seed };
    const paused = play({ ...load, provider: scattered(0.03, 50) });
    expect(paused.failed).toBe(0);
    // With the pauses alone, and no slow start, 0.96 to 1.15 s.
    expect(paused.wallMs).toBeLessThan(1_500);
  });

  test.each<[string, () => Played, number]>([
    ["takes 200 a second and 20 at once", () => play({ ...crowd, calls: 2_000, provider: bucket(200, 20) }), 10_000],
    ["takes 200 a second and 200 at once", () => play({ ...crowd, calls: 2_000, provider: bucket(200, 200) }), 9_000],
    [
      "takes 1,000 a second and 100 at once",
      () => play({ ...crowd, calls: 4_000, provider: bucket(1_000, 100) }),
      3_900,
    ],
    [
      "takes 200 in each second of its clock",
      () => play({ ...crowd, calls: 2_000, provider: fixedWindow(200) }),
      9_000,
    ],
  ])("%s: all of its limit is used, and few are refused", (_what, played, idealMs) => {
    const { wallMs, requestsPerCall, failed } = played();
    expect(failed).toBe(0);
    expect(wallMs).toBeLessThan(1.05 * idealMs);
    // Without a slow start, up to 3.9, and half of the calls fail as each runs out of attempts.
    expect(requestsPerCall).toBeLessThan(1.5);
  });

  test("was down for 30 s with hundreds waiting, and takes 10 at a time at first: is met by no herd", () => {
    const { starts, wallMs, refused, failed } = play({
      calls: 4_000,
      callers: 500,
      concurrency: 500,
      latencyMs: 200,
      provider: downFor30s(),
    });
    const after = starts.map((at) => at - 31_000).filter((at) => at >= 0);
    // The first was refused some time before, and its wait is over a moment after the pause.
    expect(within(after, 300)).toBeLessThanOrEqual(8);
    // Of these, 500 hear that it is down.
    expect(refused).toBeLessThan(700);
    expect(failed).toBe(0);
    // At 500 at a time 4,000 take 1.6 s.
    expect(wallMs).toBeLessThan(31_000 + 2_500);
  });
});
