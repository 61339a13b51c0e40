import type { Clock } from "../foundation/clock.ts";
import { asError } from "../foundation/errors.ts";

export interface HedgeOptions {
  readonly afterMs: number;
  readonly clock: Clock;
  /** Aborting it aborts what is under way. */
  readonly signal?: AbortSignal;
  /** The second one is about to begin. */
  readonly onHedge?: () => void;
}

/**
 * Does the work a second time when it has not ended after so long; the first that succeeds counts, and the other one's
 * signal is aborted (Dean and Barroso, "The Tail at Scale", 2013). A failure before then is a failure; afterwards it is one
 * only when both have failed.
 */
export function hedged<T>(work: (signal: AbortSignal) => Promise<T>, options: HedgeOptions): Promise<T> {
  const { afterMs, clock, signal, onHedge } = options;
  return new Promise((resolve, reject) => {
    const underWay = new Set<AbortController>();
    const over = (reason?: unknown): void => {
      clock.clearTimer(timer);
      signal?.removeEventListener("abort", onAbort);
      for (const controller of underWay) controller.abort(reason);
    };
    const onAbort = (): void => {
      clock.clearTimer(timer);
      for (const controller of underWay) controller.abort(signal?.reason);
    };
    const begin = (): void => {
      const controller = new AbortController();
      underWay.add(controller);
      work(controller.signal).then(
        (value) => {
          underWay.delete(controller);
          over(new Error("another request was faster"));
          resolve(value);
        },
        (thrown: unknown) => {
          underWay.delete(controller);
          if (underWay.size > 0) return;
          over();
          reject(asError(thrown));
        },
      );
    };
    const timer = clock.setTimer(afterMs, () => {
      onHedge?.();
      begin();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
    begin();
    if (signal?.aborted) onAbort();
  });
}
