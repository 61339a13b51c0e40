import { describe, expect, test } from "vitest";
import type { Sent } from "../../../src/lm/limits/evidence.ts";
import { seededRandom } from "../../../src/foundation/random.ts";
import { CROWD, CROWD_STEP_MS, makePace, type Pace } from "../../../src/lm/limits/pace.ts";

const made = (longestPauseMs = 60_000): Pace => makePace({ longestPauseMs });
const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));
/** So many start at once, as far as they may. */
const start = (pace: Pace, count: number, at: number): Sent[] => times(count, () => pace.started(at));
const refuseAll = (pace: Pace, all: readonly Sent[], at: number, retryAfterMs?: number): (number | undefined)[] =>
  all.map((sent) => pace.refused(sent, retryAfterMs, at));

/** A client whose requests have been answered for long, 100 a second, 50 ms each. */
function busy(): Pace {
  const pace = made();
  for (let at = 0; at < 10_000; at += 10) pace.answered(pace.started(at), at + 50);
  return pace;
}

/** Where 20 of 20 were refused at 10,050. */
function walled(retryAfterMs?: number, longestPauseMs?: number): Pace {
  const pace = made(longestPauseMs);
  refuseAll(pace, start(pace, 20, 10_000), 10_050, retryAfterMs);
  return pace;
}

describe("a refusal that is no sign of a shared limit holds nobody back", () => {
  test.each([
    ["the first request of all", 1],
    ["seven in a row", 7],
  ])("%s", (_what, count) => {
    const pace = made();
    expect(refuseAll(pace, start(pace, count, 0), 50, 1e9)).toEqual(times(count, () => undefined));
    expect([pace.startsAt(50), pace.hopeAt(50), pace.shown(50)]).toEqual([50, 50, {}]);
  });

  test("one in ten, again and again", () => {
    const pace = busy();
    for (let at = 10_000; at < 60_000; at += 10) {
      expect(pace.startsAt(at)).toBe(at);
      const sent = pace.started(at);
      if (at % 100 === 0) pace.refused(sent, 1_000, at + 50);
      else pace.answered(sent, at + 50);
    }
    expect(pace.shown(60_000)).toEqual({});
  });

  test("some of many that are answered much later: those still out were let in", () => {
    const pace = made();
    for (let at = 0; at < 4_000; at += 5) {
      const sent = pace.started(at);
      if (at % 80 === 0) pace.refused(sent, undefined, at + 3);
      expect(pace.startsAt(at + 4)).toBe(at + 4);
    }
  });
});

test("what is refused by chance, however fast requests start, slows nothing down for long", () => {
  const pace = busy();
  const random = seededRandom(1);
  let [now, slowest, last] = [10_000, Infinity, 0];
  for (let count = 0; count < 5_000; count += 1) {
    now = Math.max(now + 2, pace.startsAt(now));
    const sent = pace.started(now);
    if (random.next() < 0.25) pace.refused(sent, undefined, now + 1);
    else pace.answered(sent, now + 1);
    last = pace.shown(now + 1).slowedToPerSecond ?? Infinity;
    slowest = Math.min(slowest, last);
  }
  expect(slowest).toBeGreaterThan(20);
  expect(slowest).toBeLessThan(500);
  expect(last).toBe(Infinity);
});

describe("more than one in seven refused", () => {
  /** Half of the requests that start at 10 s and after. */
  function halved(pace: Pace): number {
    for (let at = 10_000; at < 20_000; at += 10) {
      const sent = pace.started(at);
      if (at % 20 === 0) pace.refused(sent, undefined, at + 5);
      else pace.answered(sent, at + 5);
      const { slowedToPerSecond } = pace.shown(at + 5);
      if (slowedToPerSecond !== undefined) return slowedToPerSecond;
    }
    return Infinity;
  }

  test("slows down by the share of them, once for those that were under way together", () => {
    const pace = busy();
    const under = start(pace, 5, 9_999);
    const rate = halved(pace);
    expect(rate).toBeGreaterThan(40);
    expect(rate).toBeLessThan(115);
    refuseAll(pace, under, 20_000);
    expect(pace.shown(20_000).slowedToPerSecond).toBe(rate);
  });

  test("and then faster with each that comes through, until nothing holds them back", () => {
    const pace = busy();
    const slow = halved(pace);
    let now = 30_000;
    let before = slow;
    for (let count = 0; count < 3_000 && pace.shown(now).slowedToPerSecond !== undefined; count += 1) {
      now = pace.startsAt(now);
      pace.answered(pace.started(now), now + 1);
      const { slowedToPerSecond = Infinity } = pace.shown(now + 1);
      expect(slowedToPerSecond).toBeGreaterThanOrEqual(before);
      before = slowedToPerSecond;
    }
    expect(pace.shown(now)).toEqual({});
  });
});

describe("a wall: nothing comes through", () => {
  test("is raised by eight refusals in a row, told once, and nothing starts but a probe", () => {
    const pace = made();
    const told = refuseAll(pace, start(pace, 20, 0), 50);
    expect(told.filter((each) => each !== undefined)).toEqual([50]);
    expect([pace.startsAt(50), pace.shown(50)]).toEqual([100, { pausedForMs: 50 }]);
    pace.started(100);
    // One at a time: the next one when a refusal would have come by now.
    expect(pace.startsAt(101)).toBe(225);
  });

  test("among many in flight takes a tenth of them, since refusals are heard of first", () => {
    const pace = made();
    const crowd = start(pace, 500, 0);
    expect(refuseAll(pace, crowd, 50).findIndex((each) => each !== undefined)).toBeGreaterThan(40);
  });

  test("probes keep further apart the longer it stands", () => {
    const pace = walled();
    const at: number[] = [];
    let now = 10_050;
    while (now < 12_000) {
      now = pace.startsAt(now);
      at.push(now - 10_050);
      now += 50;
      pace.refused(pace.started(now - 50), undefined, now);
    }
    expect(at.slice(0, 4)).toEqual([50, 150, 250, 350]);
    expect(at.length).toBeLessThan(20);
    expect((at.at(-1) ?? 0) - (at.at(-2) ?? 0)).toBeLessThan(0.15 * (at.at(-1) ?? 0));
  });

  test.each([
    [undefined, 50],
    [1_000, 250],
    [8_000, 2_000],
    [86_400_000, 5_000],
    [Infinity, 5_000],
  ])("where the provider asks for %s ms, the first probe is after %d", (retryAfterMs, ms) => {
    const pace = walled(retryAfterMs);
    expect(pace.startsAt(10_050)).toBe(10_050 + ms);
    // Who has less time than it asks for need not wait.
    expect(pace.hopeAt(10_050)).toBe(10_050 + (retryAfterMs ?? 0));
  });

  test("no pause is longer than the longest", () => {
    expect(walled(86_400_000, 2_000).startsAt(10_050)).toBe(12_050);
  });

  test("a probe that nobody heard of is made again", () => {
    const pace = walled();
    const probe = pace.started(10_100);
    pace.lost(probe, 10_120);
    expect(pace.startsAt(10_120)).toBe(10_170);
    pace.started(10_170);
    pace.forgetInFlight();
    expect(pace.startsAt(10_171)).toBe(10_171);
  });

  test("opens for as many as eight in the time that the probe took, and then for more and more", () => {
    const pace = walled(1_000);
    const probe = pace.started(10_300);
    pace.answered(probe, 10_350);
    const starts: number[] = [];
    const out: Sent[] = [];
    for (let now = 10_350; now < 10_650; now += 1) {
      for (const sent of out.filter(({ at }) => at === now - 50)) pace.answered(sent, now);
      while (pace.startsAt(now) <= now) {
        out.push(pace.started(now));
        starts.push(now - 10_350);
      }
    }
    const within = (ms: number): number => starts.filter((at) => at < ms).length;
    expect(within(50)).toBeLessThanOrEqual(9);
    expect(within(100)).toBeLessThan(40);
    expect(within(300)).toBeGreaterThan(400);
  });

  test("a probe that outlasts its refusal opens it; refused after all, it stands as before", () => {
    const pace = walled();
    const probe = pace.started(10_100);
    expect(pace.startsAt(10_225)).toBe(10_225);
    expect(pace.shown(10_225)).toHaveProperty("slowedToPerSecond");
    pace.refused(probe, undefined, 10_400);
    expect(pace.shown(10_400)).toHaveProperty("pausedForMs");
  });

  test("an answer that was begun before it says nothing; one that was begun after its first refusal takes it back", () => {
    const pace = made();
    const [before] = start(pace, 1, 0);
    const run = start(pace, 20, 1);
    const [after] = start(pace, 1, 2);
    if (!before || !after) throw new Error("both were begun");
    refuseAll(pace, run, 50);
    pace.answered(before, 60);
    expect(pace.shown(60)).toHaveProperty("pausedForMs");
    pace.answered(after, 70);
    expect(pace.shown(70)).toHaveProperty("slowedToPerSecond");
  });
});

describe("a crowd of which nothing has been heard", () => {
  /** When each of so many starts that all want to at once, by a clock that is looked at so often. */
  function crowd(count: number, everyMs: number): number[] {
    const pace = made();
    const starts: number[] = [];
    for (let now = 0; starts.length < count; now += everyMs) {
      while (starts.length < count && pace.startsAt(now) <= now) {
        pace.started(now);
        starts.push(now);
      }
    }
    return starts;
  }
  const within = (starts: readonly number[], ms: number): number => starts.filter((at) => at <= ms).length;

  test("starts in parts: a wall that is heard of after 50 ms has cost few", () => {
    const starts = crowd(10_000, 1);
    expect(within(starts, 0)).toBe(CROWD);
    expect(within(starts, CROWD_STEP_MS)).toBeLessThanOrEqual(2 * CROWD + 2);
    expect(within(starts, 2 * CROWD_STEP_MS)).toBeLessThanOrEqual(4 * CROWD + 4);
  });

  test("and all of it soon after, since a slow server would else cost much time", () => {
    expect(crowd(10_000, 1).at(-1)).toBeLessThan(250);
  });

  test("time in which the process stood still does not count", () => {
    expect(within(crowd(1_000, 40), 120)).toBeLessThan(2 * CROWD);
  });

  test("is no crowd any more once one is answered", () => {
    const pace = made();
    const [first] = start(pace, CROWD, 0);
    expect(pace.startsAt(0)).toBeGreaterThan(0);
    if (first) pace.answered(first, 1);
    expect(pace.startsAt(1)).toBe(1);
  });
});
