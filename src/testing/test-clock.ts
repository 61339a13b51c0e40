import type { Clock, Timer } from "../foundation/clock.ts";
import { MAX_TIMER_MS } from "../foundation/clock.ts";
import { UsageError, describe } from "../foundation/errors.ts";

/** A clock that stands still until a test moves it. */
export interface TestClock extends Clock {
  /**
   * Moves time forward by `ms`, firing the timers that fall due in the order of their times (equal times: in the order
   * they were set), and lets the work that each sets off run before the next one fires. Timers set by that work fire
   * too when they fall due within the span.
   */
  advance(ms: number): Promise<void>;
  /** Moves to the next timer and fires it. Resolves to false, and moves nothing, when there is none. */
  advanceToNext(): Promise<boolean>;
  /** Lets all work run that waits for no timer and no input or output: promise reactions, ticks, immediates. */
  settle(): Promise<void>;
  /** How many timers are set. */
  readonly pending: number;
  /** When the next timer fires by `now()`, or undefined when none is set. */
  readonly nextAt: number | undefined;
}

export interface TestClockOptions {
  /** What `now()` says at first; default 0. */
  readonly now?: number;
  /** What `wallTime()` says at first: milliseconds since 1970 or a date. Default 2026-01-01T00:00:00Z. */
  readonly wallTime?: number | string;
}

interface Entry extends Timer {
  readonly at: number;
  readonly order: number;
  readonly fire: () => void;
}

/** Turns of the event loop that work set off by a timer is given before the next timer fires. */
const SETTLE_TURNS = 5;

/** A virtual clock for tests: an hour's backoff takes no time, and the same test takes the same steps each time. */
export function testClock(options: TestClockOptions = {}): TestClock {
  let now = options.now ?? 0;
  let order = 0;
  const wallOffset = new Date(options.wallTime ?? "2026-01-01T00:00:00Z").getTime() - now;
  if (Number.isNaN(wallOffset)) throw new UsageError(`testClock: wallTime is no time: ${describe(options.wallTime)}`);
  const timers = new Set<Entry>();

  const next = (): Entry | undefined => {
    let first: Entry | undefined;
    for (const timer of timers) {
      if (first === undefined || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) {
        first = timer;
      }
    }
    return first;
  };

  const fireNext = async (timer: Entry): Promise<void> => {
    timers.delete(timer);
    // A timer that was overtaken (set in the past) does not turn time back.
    now = Math.max(now, timer.at);
    timer.fire();
    await settle();
  };

  return Object.freeze({
    now: () => now,
    wallTime: () => now + wallOffset,
    setTimer(ms: number, fire: () => void): Timer {
      order += 1;
      const entry: Entry = { at: now + Math.max(0, ms), order, fire };
      if (ms <= MAX_TIMER_MS) timers.add(entry);
      return entry;
    },
    clearTimer(timer: Timer): void {
      // Only this clock's own timers are in the set; others are none of its business.
      timers.delete(timer as Entry);
    },
    async advance(ms: number): Promise<void> {
      if (!(ms >= 0)) throw new UsageError(`testClock: advance takes milliseconds, at least 0, got ${String(ms)}`);
      const target = now + ms;
      await settle();
      for (let timer = next(); timer !== undefined && timer.at <= target; timer = next()) await fireNext(timer);
      now = Math.max(now, target);
    },
    async advanceToNext(): Promise<boolean> {
      await settle();
      const timer = next();
      if (timer === undefined) return false;
      await fireNext(timer);
      return true;
    },
    settle,
    get pending(): number {
      return timers.size;
    },
    get nextAt(): number | undefined {
      return next()?.at;
    },
  });
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < SETTLE_TURNS; turn += 1) {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
