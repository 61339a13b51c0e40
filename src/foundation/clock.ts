/**
 * Time as a port. `systemClock` is the only place that reads real time; everything else is given a clock, so tests
 * and vectors play on a virtual one.
 */

/** A timer that was set; opaque to all but its clock. */
export interface Timer {
  readonly [timerBrand]?: never;
}
declare const timerBrand: unique symbol;

export interface TimerOptions {
  /** The process may end before it fires: for what is of use only while something else goes on. Default false. */
  readonly background?: boolean;
}

export interface Clock {
  /** Milliseconds that never go backwards; only differences mean anything. */
  now(): number;
  /** Milliseconds since 1970, for people and for `Retry-After` dates. */
  wallTime(): number;
  /**
   * Calls `fire` once after `ms` milliseconds. Longer than {@link MAX_TIMER_MS}, `Infinity` included, means never:
   * Node would fire such a timer at once.
   */
  setTimer(ms: number, fire: () => void, options?: TimerOptions): Timer;
  /** Does nothing when the timer has fired already. */
  clearTimer(timer: Timer): void;
}

/** The longest delay that Node's timers take (2³¹ − 1 ms, 24.8 days). */
export const MAX_TIMER_MS = 2_147_483_647;

const NEVER: Timer = Object.freeze({});

/** Real time. */
export const systemClock: Clock = Object.freeze({
  now: () => performance.now(),
  wallTime: () => Date.now(),
  setTimer: (ms: number, fire: () => void, options?: TimerOptions): Timer => {
    if (ms > MAX_TIMER_MS) return NEVER;
    // Node's Timeout object is the timer: no wrapper, since there is one for each call.
    const timer = setTimeout(fire, Math.max(0, ms));
    if (options?.background) timer.unref();
    return timer as unknown as Timer;
  },
  clearTimer: (timer: Timer): void => {
    if (timer !== NEVER) clearTimeout(timer as unknown as NodeJS.Timeout);
  },
});

/**
 * When this process began, in milliseconds since 1970 with fractions: hardly ever twice, and the same for as long as it
 * lives. Threads have it of their own or of their process, which is up to Node.
 */
export function processStartedAt(): number {
  return performance.timeOrigin;
}

/** Resolves after `ms`, or rejects with the signal's reason as soon as it aborts. Leaves no timer and no listener. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal, options?: TimerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const onAbort = (): void => {
      clock.clearTimer(timer);
      reject(signal?.reason as Error);
    };
    const timer = clock.setTimer(
      ms,
      () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      },
      options,
    );
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
