import type { LmRateLimit, LmRateWindow } from "./rate-limit.ts";
import { type SlidingWindow, slidingWindow, type Started } from "./sliding-window.ts";

export interface RateLimits {
  readonly requestsPerMinute?: number | undefined;
  readonly tokensPerMinute?: number | undefined;
}

/** What stands before a request in the line. */
export interface Ahead {
  readonly requests: number;
  readonly tokens: number;
}

/**
 * When a client's requests may start. Decides and counts, and does nothing: no clock, no timer. `now` is milliseconds and
 * never goes back.
 */
export interface RateLimiter {
  /** The earliest time at which a request of so many tokens may start if nothing else starts before; `now`: at once. */
  startsAt(tokens: number, now: number): number;
  /**
   * The same for one behind others in the line: an estimate that is never too late, as far as tokens were estimated right
   * and the provider's own count is.
   */
  startsBehind(ahead: Ahead, tokens: number, now: number): number;
  /** A request starts. Gives what to settle it with. */
  start(tokens: number, now: number): Started;
  /** The connections of those that start next have yet to be opened. */
  cold(): void;
  /** It was answered: what it really cost is known, in place of the estimate, and how long it took. */
  settle(started: Started, tokens: number, ms?: number): void;
  /** It was not answered, and cost no tokens. */
  giveBack(started: Started): void;
  /**
   * What the provider says is left; of `inFlight` it may not have heard yet. To be called after each end, with what that
   * said. Gives whether those in line have to wait for it.
   */
  correct(said: LmRateLimit | undefined, inFlight: Ahead, now: number): boolean;
  /** The largest prompt that fits the limits at all; `Infinity` without a limit of tokens. */
  readonly mostTokens: number;
}

/**
 * Starts count for this much longer than a second and a minute, since they reach the server with delays that differ: what
 * started within a limit must arrive within it too. Costs 2.5% of the limit.
 */
export const MARGIN_MS = 25;

/**
 * From a server that is quick and steady an answer that is late tells that its request was: this process, or the machine,
 * had stalled. Then the margin is this, and as much as the answer was later than the quickest.
 */
const KNOWN_MARGIN_MS = 15;
/** Answers within this time are quick; those that on average take no more than so much longer than the quickest, steady. */
const QUICK_MS = 300;
const STEADY_MS = 75;
export const MOST_LATE_MS = 750;

/**
 * What starts in a new client's first milliseconds is cold: its connections have yet to open, and its code to warm up. It
 * may have reached the server as late as its answer tells, whatever the server; without an answer, by {@link MOST_LATE_MS}.
 */
export const COLD_MS = 1_000;

/**
 * A second's share is not used up in one moment: starts keep apart, so that they go out no faster than this many times
 * the limit. A crowd that starts at once would only queue for this process's own time, and arrive whenever that lets it.
 */
export const HASTE = 4;
/** What was not started within this time, since nobody asked or a timer was late, may start at once. */
export const SLACK_MS = 50;

/** Whatever a provider says: after so long, one request sees whether it still holds. */
export const DEFAULT_LONGEST_PAUSE_MS = 60_000;

/** What a provider says that a client has left. */
interface Credit {
  left: number;
  /** The same without what may be in flight: it may be more. */
  told: number;
  readonly at: number;
  /** When it counts no more. */
  until: number;
  /** When it is whole again, by the provider's word. */
  readonly wholeAt: number;
  /** How fast it comes back until then; 0 where that is not known. */
  readonly perMs: number;
}

/**
 * A limit per minute is also held at a sixtieth in any second: providers measure in short spans. Where a sixtieth is
 * small (below 50), rounding it down would cost too much of the limit: it is rounded up, and its span stretched by as much.
 */
export function makeRateLimiter(
  { requestsPerMinute, tokensPerMinute }: RateLimits,
  longestPauseMs = DEFAULT_LONGEST_PAUSE_MS,
): RateLimiter {
  const delays = answerDelays();
  const windows: readonly SlidingWindow[] = [
    ...(requestsPerMinute === undefined ? [] : windowsOf(requestsPerMinute, "requests", delays.marginOf)),
    ...(tokensPerMinute === undefined ? [] : windowsOf(tokensPerMinute, "tokens", delays.marginOf)),
  ];
  /** Undefined: it begins with the next start. */
  let coldUntil: number | undefined;
  let apartUntil = -Infinity;
  const credits: { requests?: Credit; tokens?: Credit } = {};

  /** When the credit that the provider gave allows it. */
  const creditAt = (key: Counted, cost: number, now: number): number => {
    const credit = credits[key];
    if (credit === undefined) return now;
    if (credit.until <= now) {
      // Where its word goes beyond the longest pause, one request is to see whether it still holds.
      if (credit.wholeAt <= now) delete credits[key];
      return now;
    }
    return Math.min(credit.until, backAt(credit, cost - credit.left, now));
  };
  /** The same by the provider's word alone, and however long that is. */
  const toldAt = (key: Counted, cost: number, now: number): number => {
    const credit = credits[key];
    return credit === undefined ? now : Math.min(credit.wholeAt, backAt(credit, cost - credit.told, now));
  };
  const set = (started: Started, tokens: number): void => {
    const difference = tokens - started.tokens;
    if (difference === 0) return;
    started.tokens = tokens;
    for (const window of windows) window.changed(started, difference);
  };
  const charge = (key: Counted, cost: number, now: number): void => {
    const credit = credits[key];
    if (credit === undefined) return;
    if (credit.until <= now) {
      credit.until = now + longestPauseMs;
      credit.left = 0;
    }
    credit.left -= cost;
    credit.told -= cost;
  };

  return Object.freeze({
    mostTokens: tokensPerMinute ?? Infinity,
    startsAt(tokens: number, now: number): number {
      let at = Math.max(now, apartUntil, creditAt("requests", 1, now), creditAt("tokens", tokens, now));
      for (const window of windows) at = Math.max(at, window.freeAt(costIn(window, tokens), now));
      return at;
    },
    startsBehind(ahead: Ahead, tokens: number, now: number): number {
      let at = Math.max(toldAt("requests", ahead.requests + 1, now), toldAt("tokens", ahead.tokens + tokens, now));
      for (const window of windows)
        at = Math.max(at, window.freeBehind(ahead.requests, ahead.tokens, costIn(window, tokens), now));
      return at;
    },
    start(tokens: number, now: number): Started {
      coldUntil ??= now + COLD_MS;
      const started: Started = { at: now, cold: now < coldUntil, tokens, tookMs: undefined, overIn: 0 };
      let apartMs = 0;
      for (const window of windows) {
        window.add(started);
        // A minute's share is kept apart by its seconds'.
        const share = window.spanMs === 60_000 ? 0 : Math.min(1, costIn(window, tokens) / window.cap);
        apartMs = Math.max(apartMs, (window.spanMs * share) / HASTE);
      }
      apartUntil = Math.max(apartUntil, now - SLACK_MS) + apartMs;
      charge("requests", 1, now);
      charge("tokens", tokens, now);
      return started;
    },
    cold(): void {
      coldUntil = undefined;
    },
    settle(started: Started, tokens: number, ms?: number): void {
      if (ms !== undefined) {
        started.tookMs = ms;
        delays.took(ms);
        // It was let in against a word that goes beyond the longest pause: unless that is said again, it is over.
        for (const key of COUNTED) {
          const credit = credits[key];
          if (credit !== undefined && credit.wholeAt > credit.until && started.at > credit.at) delete credits[key];
        }
      }
      set(started, tokens);
    },
    giveBack: (started: Started) => set(started, 0),
    correct(said: LmRateLimit | undefined, inFlight: Ahead, now: number): boolean {
      let short = false;
      for (const key of COUNTED) {
        const credit = creditOf(said?.[key], inFlight[key], now, longestPauseMs);
        if (credit === undefined) continue;
        credits[key] = credit;
        short ||= credit.told <= 0;
      }
      return short;
    },
  });
}

type Counted = "requests" | "tokens";
const COUNTED: readonly Counted[] = ["requests", "tokens"];

/** When so much more of a credit is there. */
function backAt({ at, wholeAt, perMs }: Credit, missing: number, now: number): number {
  const missingYet = missing - (now - at) * perMs;
  if (missingYet <= 0) return now;
  return Math.max(now, perMs === 0 ? wholeAt : now + missingYet / perMs);
}

function costIn({ counts }: SlidingWindow, tokens: number): number {
  return counts === "requests" ? 1 : tokens;
}

/** What the times that answers take tell about when their requests reached the server. */
function answerDelays(): { readonly took: (ms: number) => void; readonly marginOf: (started: Started) => number } {
  let usualMs: number | undefined;
  let quickestMs = Infinity;
  let answers = 0;
  return {
    took(ms) {
      answers += 1;
      usualMs ??= ms;
      const away = ms - usualMs;
      // An average at first, and then a median, which a burst of late ones does not move.
      usualMs += answers <= 100 ? away / 10 : Math.sign(away) * Math.min(1, Math.abs(away) / 10);
      // Forgotten in time: a server may become slower for good.
      quickestMs = ms < quickestMs ? ms : quickestMs + Math.max(0, usualMs - quickestMs) / 500;
    },
    marginOf({ tookMs, cold }) {
      const steady = usualMs !== undefined && usualMs <= QUICK_MS && usualMs - quickestMs <= STEADY_MS;
      if (!cold && (!steady || tookMs === undefined)) return MARGIN_MS;
      // How quick the server can be is not known yet in the cold.
      const lateMs = tookMs === undefined ? MOST_LATE_MS : Math.max(0, tookMs - (cold ? 0 : quickestMs));
      return KNOWN_MARGIN_MS + Math.min(MOST_LATE_MS, lateMs);
    },
  };
}

type MarginOf = SlidingWindow["marginOf"];

function windowsOf(perMinute: number, counts: "requests" | "tokens", marginOf: MarginOf): SlidingWindow[] {
  const perSecond = perMinute / 60;
  const cap = perSecond >= 50 ? Math.floor(perSecond) : Math.ceil(perSecond);
  const stretch = Math.max(1, cap / perSecond);
  return [
    slidingWindow({ cap, spanMs: 1_000 * stretch, counts, marginOf, bit: counts === "requests" ? 1 : 2 }),
    slidingWindow({ cap: perMinute, spanMs: 60_000, counts, marginOf, bit: counts === "requests" ? 4 : 8 }),
  ];
}

/**
 * Those in flight may or may not be in what is left, so they are taken off: too little is set right by the next answer.
 * What is gone comes back evenly until the reset, as with OpenAI's buckets.
 */
function creditOf(
  said: LmRateWindow | undefined,
  inFlight: number,
  now: number,
  longestPauseMs: number,
): Credit | undefined {
  const { remaining: told = Number.NaN, resetMs = 0, limit = 0 } = said ?? {};
  // Also what a model of the user's own may say.
  if (!Number.isFinite(told) || !(resetMs > 0)) return undefined;
  const perMs = limit > told ? (limit - told) / resetMs : 0;
  const wholeAt = now + resetMs;
  return { left: told - inFlight, told, at: now, until: Math.min(wholeAt, now + longestPauseMs), wholeAt, perMs };
}
