import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../src/foundation/random.ts";
import {
  HASTE,
  makeRateLimiter,
  MARGIN_MS,
  MOST_LATE_MS,
  SLACK_MS,
  type RateLimiter,
  type RateLimits,
} from "../../../src/lm/limits/rate-limiter.ts";

interface Nullable {
  readonly requestsPerMinute: number | null;
  readonly tokensPerMinute: number | null;
}

interface Arrival {
  readonly at: number;
  readonly tokens: number;
}

/** Requests that all want to start as soon as they may, one behind the other. */
function demand(limiter: RateLimiter, tokens: readonly number[], from = 0): Arrival[] {
  let now = from;
  return tokens.map((cost) => {
    now = limiter.startsAt(cost, now);
    limiter.start(cost, now);
    return { at: now, tokens: cost };
  });
}

/** A limiter whose first, cold start is long past. */
function warm(limits: RateLimits): RateLimiter {
  const limiter = makeRateLimiter(limits);
  limiter.start(0, -1e9);
  return limiter;
}

/** The most that any span of this length holds, as somebody counts who sees them arrive. */
function most(arrivals: readonly Arrival[], spanMs: number, amount: (arrival: Arrival) => number): number {
  const sorted = arrivals.toSorted((a, b) => a.at - b.at);
  let [first, sum, highest] = [0, 0, 0];
  for (const arrival of sorted) {
    sum += amount(arrival);
    for (let old = sorted[first]; old !== undefined && old.at <= arrival.at - spanMs; old = sorted[(first += 1)])
      sum -= amount(old);
    highest = Math.max(highest, sum);
  }
  return highest;
}

const one = (): number => 1;
const tokensOf = ({ tokens }: Arrival): number => tokens;
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

describe("when requests may start", () => {
  test("without limits, at once", () => {
    const limiter = makeRateLimiter({});
    expect(demand(limiter, times(1_000, 10)).every(({ at }) => at === 0)).toBe(true);
    expect(limiter.startsBehind({ requests: 1_000, tokens: 1e9 }, 10, 5)).toBe(5);
  });

  test("the second is held, not only the minute", () => {
    const limiter = warm({ requestsPerMinute: 6_000 });
    const burst = demand(limiter, times(100, 0), 1_000);
    // At four times the limit at most.
    expect(burst.at(-1)?.at).toBeCloseTo(1_000 + (99 * 10) / HASTE - SLACK_MS);
    expect(limiter.startsAt(0, 1_500)).toBe(2_000 + MARGIN_MS);
  });

  test("what starts while it is cold may have come late", () => {
    const limiter = makeRateLimiter({ requestsPerMinute: 120 });
    const [slow, quick] = [limiter.start(0, 0), limiter.start(0, 100)];
    expect(limiter.startsAt(0, 200)).toBe(1_015 + MOST_LATE_MS);
    limiter.settle(slow, 0, 210);
    limiter.settle(quick, 0, 60);
    // The second was there before the first had to be.
    expect(limiter.startsAt(0, 300)).toBe(1_175);
    limiter.start(0, 1_175);
    expect(limiter.startsAt(0, 1_176)).toBe(1_250);
    limiter.cold();
    limiter.start(0, 5_000);
    limiter.start(0, 5_100);
    expect(limiter.startsAt(0, 5_200)).toBe(6_015 + MOST_LATE_MS);
  });

  test.each([
    [1, 60_000],
    [30, 2_000],
    [60, 1_000],
    // Two in each 1.2 s: rounding down would leave 60 of the 100.
    [100, 600],
  ])("%d a minute is one every %d ms on average", (requestsPerMinute, everyMs) => {
    const starts = demand(warm({ requestsPerMinute }), times(21, 0));
    const average = ((starts.at(-1)?.at ?? 0) - (starts[0]?.at ?? 0)) / 20;
    expect(average).toBeGreaterThanOrEqual(everyMs * 0.99);
    expect(average).toBeLessThanOrEqual(everyMs * 1.05);
  });

  test("tokens count as requests do; one that costs more than a second's share takes as many seconds", () => {
    const limiter = warm({ tokensPerMinute: 60_000 });
    limiter.start(3_000, 0);
    expect(limiter.startsAt(1, 500)).toBe(3 * 1_000 + MARGIN_MS);
  });

  test("one that costs more than a minute's share starts when nothing else is counted", () => {
    const limiter = warm({ tokensPerMinute: 600 });
    limiter.start(10, 0);
    expect(limiter.startsAt(700, 0)).toBe(60_000 + MARGIN_MS);
  });

  test("what was estimated too high is given back, what was estimated too low is charged", () => {
    const limiter = warm({ tokensPerMinute: 60_000 });
    const first = limiter.start(1_000, 0);
    expect(limiter.startsAt(900, 200)).toBe(1_000 + MARGIN_MS);
    limiter.settle(first, 100);
    expect(limiter.startsAt(900, 300)).toBe(300);
    const second = limiter.start(900, 300);
    limiter.settle(second, 2_000);
    expect(limiter.startsAt(100, 300)).toBe(300 + 2 * 1_000 + MARGIN_MS);
    // Long over: settling it changes nothing any more.
    limiter.settle(first, 5_000);
    expect(limiter.startsAt(1_000, 10_000)).toBe(10_000);
  });
});

describe("what answers tell of when their requests arrived", () => {
  /** 100 answers of a server that takes so long, as many milliseconds apart. */
  function answering(tookMs: (index: number) => number): RateLimiter {
    const limiter = warm({ requestsPerMinute: 60 });
    for (let index = 0; index < 100; index += 1)
      limiter.settle(limiter.start(0, index * 2_000 - 1e6), 0, tookMs(index));
    return limiter;
  }

  test("an answer as quick as any: its request came at once", () => {
    const limiter = answering(() => 50);
    limiter.settle(limiter.start(0, 0), 0, 50);
    expect(limiter.startsAt(0, 500)).toBe(1_015);
  });

  test("one that is late from a server that never is: its request came late", () => {
    const limiter = answering(() => 50);
    limiter.settle(limiter.start(0, 0), 0, 250);
    expect(limiter.startsAt(0, 500)).toBeCloseTo(1_215, 0);
  });

  test.each<[string, (index: number) => number]>([
    ["a slow server", () => 5_000],
    ["a moody one", (index) => (index % 2) * 290],
  ])("from %s nothing can be told", (_what, tookMs) => {
    const limiter = answering(tookMs);
    limiter.settle(limiter.start(0, 0), 0, 280);
    expect(limiter.startsAt(0, 500)).toBe(1_000 + MARGIN_MS);
  });

  test("a late one does not hold up those that started after it", () => {
    const limiter = warm({ requestsPerMinute: 180 });
    for (let index = 0; index < 100; index += 1) limiter.settle(limiter.start(0, index * 2_000 - 1e6), 0, 50);
    const [late, second, third] = [0, 100, 200].map((at) => limiter.start(0, at));
    for (const [started, ms] of [
      [late, 450],
      [second, 50],
      [third, 50],
    ] as const)
      if (started) limiter.settle(started, 0, ms);
    expect(limiter.startsAt(0, 500)).toBe(1_115);
    limiter.start(0, 1_115);
    expect(limiter.startsAt(0, 1_200)).toBe(1_215);
    limiter.start(0, 1_215);
    expect(limiter.startsAt(0, 1_400)).toBeCloseTo(1_415, 0);
  });
});

describe("the provider's own count", () => {
  test("where little is left, only so much starts, and the rest as it comes back", () => {
    const limiter = makeRateLimiter({});
    limiter.correct({ requests: { limit: 60, remaining: 3, resetMs: 57_000 } }, { requests: 1, tokens: 0 }, 0);
    expect(demand(limiter, times(4, 0)).map(({ at }) => Math.round(at))).toEqual([0, 0, 1_000, 2_000]);
  });

  test("where the limit is not said, the rest waits for the reset", () => {
    const limiter = makeRateLimiter({});
    limiter.correct({ tokens: { remaining: 100, resetMs: 5_000 } }, { requests: 0, tokens: 0 }, 0);
    expect(demand(limiter, [60, 60, 60]).map(({ at }) => at)).toEqual([0, 5_000, 5_000]);
  });

  test("the next answer's count goes before the last one's", () => {
    const limiter = makeRateLimiter({});
    limiter.correct({ requests: { remaining: 0, resetMs: 5_000 } }, { requests: 9, tokens: 0 }, 0);
    limiter.correct({ requests: { remaining: 4, resetMs: 5_000 } }, { requests: 0, tokens: 0 }, 10);
    expect(limiter.startsAt(0, 10)).toBe(10);
  });

  test("is ignored where it says too little to act on, or nothing that makes sense", () => {
    const limiter = makeRateLimiter({});
    const [no, never] = [Number.NaN, Infinity];
    const short = [{ remaining: 0 }, { resetMs: 5_000 }, { remaining: 0, resetMs: 0 }];
    for (const said of [...short, { remaining: no, resetMs: 5_000 }, { remaining: -never, resetMs: no }])
      limiter.correct({ requests: said, tokens: said }, { requests: 0, tokens: 0 }, 0);
    expect(limiter.startsAt(10, 0)).toBe(0);
  });
});

describe("a count whose reset lies beyond the longest pause", () => {
  const LONGEST = 10_000;
  const YEAR = 365 * 86_400_000;
  const none = { requests: 0, tokens: 0 };
  const empty = (): RateLimiter => {
    const limiter = makeRateLimiter({}, LONGEST);
    limiter.correct({ requests: { limit: 10, remaining: 0, resetMs: YEAR } }, none, 0);
    return limiter;
  };

  test("is heeded that long, and then one request sees whether it still holds", () => {
    const limiter = empty();
    expect(limiter.startsAt(0, 0)).toBe(LONGEST);
    limiter.start(0, LONGEST);
    expect(limiter.startsAt(0, LONGEST)).toBe(2 * LONGEST);
    // Nobody heard how it ended: the next one tries.
    expect(limiter.startsAt(0, 2 * LONGEST)).toBe(2 * LONGEST);
  });

  test("is forgotten when that one is answered, unless its answer says so again", () => {
    const [well, ill] = [empty(), empty()];
    for (const limiter of [well, ill]) limiter.settle(limiter.start(0, LONGEST), 0, 50);
    well.correct(undefined, none, LONGEST + 50);
    ill.correct({ requests: { remaining: 0, resetMs: YEAR } }, none, LONGEST + 50);
    expect([well, ill].map((limiter) => limiter.startsAt(0, LONGEST + 50))).toEqual([LONGEST + 50, 2 * LONGEST + 50]);
  });

  test("lies beyond the deadline of whoever has less time than it says", () => {
    const limiter = empty();
    expect(limiter.startsBehind(none, 0, 0)).toBeGreaterThan(YEAR / 100);
    // What may be in flight counts when something starts, and not when somebody is sent away.
    limiter.correct({ requests: { limit: 60, remaining: 30, resetMs: 30_000 } }, { requests: 100, tokens: 0 }, 0);
    expect([limiter.startsAt(0, 0) > 0, limiter.startsBehind(none, 0, 0)]).toEqual([true, 0]);
  });

  test("tells whether those in line have to wait for it", () => {
    const limiter = makeRateLimiter({}, LONGEST);
    const said = (remaining: number) => ({ tokens: { remaining, resetMs: 1_000 } });
    expect([limiter.correct(said(0), none, 0), limiter.correct(said(5), none, 0)]).toEqual([true, false]);
    expect(limiter.correct(undefined, none, 0)).toBe(false);
  });
});

test("what was not answered gives its tokens back; its start still counts", () => {
  const limiter = warm({ tokensPerMinute: 60_000, requestsPerMinute: 60 });
  const refused = limiter.start(50_000, 0);
  expect(limiter.startsAt(100, 10)).toBe(50_000 + MARGIN_MS);
  limiter.giveBack(refused);
  expect(limiter.startsAt(100, 10)).toBe(1_000 + MARGIN_MS);
  expect([limiter.mostTokens, makeRateLimiter({}).mostTokens]).toEqual([60_000, Infinity]);
});

describe("for any limits and any demand", () => {
  const limits = fc.record({
    requestsPerMinute: fc.option(fc.integer({ min: 1, max: 100 }).map((perSecond) => perSecond * 60)),
    tokensPerMinute: fc.option(fc.integer({ min: 50, max: 5_000 }).map((perSecond) => perSecond * 60)),
  });
  const world = fc.record({ limits, seed: fc.nat(), maxDelayMs: fc.integer({ min: 0, max: MARGIN_MS - 1 }) });
  const toLimits = ({ requestsPerMinute, tokensPerMinute }: Nullable): RateLimits => ({
    ...(requestsPerMinute !== null && { requestsPerMinute }),
    ...(tokensPerMinute !== null && { tokensPerMinute }),
  });

  test("no second and no minute holds more than its share, as a server counts that each request reaches late", () => {
    fc.assert(
      fc.property(world, ({ limits, seed, maxDelayMs }) => {
        const given = toLimits(limits);
        const { requestsPerMinute = Infinity, tokensPerMinute = Infinity } = given;
        const random = seededRandom(seed);
        const share = Math.min(tokensPerMinute / 60, 1_000);
        const costs = times(400, 0).map(() => 1 + Math.floor(random.next() * share));
        const limiter = makeRateLimiter(given);
        const arrivals = demand(limiter, costs).map(({ at, tokens }) => ({
          at: at + random.next() * maxDelayMs,
          tokens,
        }));
        expect(most(arrivals, 1_000, one)).toBeLessThanOrEqual(requestsPerMinute / 60);
        expect(most(arrivals, 60_000, one)).toBeLessThanOrEqual(requestsPerMinute);
        expect(most(arrivals, 1_000, tokensOf)).toBeLessThanOrEqual(tokensPerMinute / 60);
        expect(most(arrivals, 60_000, tokensOf)).toBeLessThanOrEqual(tokensPerMinute);
      }),
      { seed: 20_261_124, numRuns: 200 },
    );
  });

  test("at least 95% of a limit is used while there is demand", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.boolean(), (perSecond, tokens) => {
        const limiter = makeRateLimiter({ [tokens ? "tokensPerMinute" : "requestsPerMinute"]: perSecond * 60 });
        const started = demand(limiter, times(perSecond * 60, 1));
        const seconds = (started.at(-1)?.at ?? 0) / 1_000;
        expect(started.length / (seconds + 1)).toBeGreaterThanOrEqual(0.95 * perSecond);
      }),
      { seed: 20_261_124, numRuns: 100 },
    );
  });

  test("the estimate for one far back in the line is never later than its start, and for requests seldom earlier", () => {
    fc.assert(
      fc.property(world, fc.integer({ min: 0, max: 300 }), fc.nat(200), ({ limits, seed }, ahead, before) => {
        const random = seededRandom(seed);
        const limiter = makeRateLimiter(toLimits(limits));
        const cost = (): number => 1 + Math.floor(random.next() * 500);
        const now = Math.max(0, demand(limiter, times(before, 0).map(cost)).at(-1)?.at ?? 0);
        const costs = times(ahead, 0).map(cost);
        const own = cost();
        const tokens = costs.reduce((sum, each) => sum + each, 0);
        const estimate = limiter.startsBehind({ requests: ahead, tokens }, own, now);
        const [start] = demand(limiter, [...costs, own], now).slice(-1);
        expect(estimate).toBeLessThanOrEqual((start?.at ?? 0) + 1e-6);
        const least = limits.tokensPerMinute === null ? 0.95 * (start?.at ?? 0) - 1_100 : 0;
        expect(estimate).toBeGreaterThanOrEqual(least);
      }),
      { seed: 20_261_124, numRuns: 200 },
    );
  });
});
