// Time for players: virtual, where nothing is waited for that does not happen by itself, or real.
import { systemClock, sleep, type Clock } from "../../src/foundation/clock.ts";
import type { Runtime } from "../../src/runtime/actor.ts";
import { testClock } from "../../src/testing/test-clock.ts";

export interface PlayerTime {
  readonly clock: Clock;
  wait(ms: number): Promise<void>;
  /** Lets time pass until the promise is settled. */
  until<T>(runtime: Runtime, promise: Promise<T>): Promise<T>;
  /** Until every living actor is idle with an empty mailbox. */
  quiet(runtime: Runtime): Promise<void>;
}

export function virtualTime(): PlayerTime {
  const clock = testClock();
  return {
    clock,
    wait: (ms) => clock.advance(ms),
    async until(runtime, promise) {
      let settled = false;
      const done = (): void => void (settled = true);
      promise.then(done, done);
      for (;;) {
        await clock.settle();
        if (settled) return promise;
        if (runtime.activity().scheduled > 0) continue;
        if (!(await clock.advanceToNext())) throw new Error("stuck: nothing runs, and no timer is set");
      }
    },
    async quiet(runtime) {
      for (;;) {
        await clock.settle();
        const { scheduled, busy } = runtime.activity();
        if (scheduled > 0) continue;
        if (busy === 0) return;
        if (!(await clock.advanceToNext())) throw new Error(`stuck: ${busy} actors wait, and no timer is set`);
      }
    },
  };
}

/** A driver has no way to see the end of what it did but to look again and again, as the oracle's harness did. */
export function realTime(): PlayerTime {
  return {
    clock: systemClock,
    wait: (ms) => sleep(systemClock, ms),
    until: (_runtime, promise) => promise,
    async quiet(runtime) {
      for (let calm = 0; calm < 3;) {
        await sleep(systemClock, 1);
        const { scheduled, busy } = runtime.activity();
        calm = scheduled === 0 && busy === 0 ? calm + 1 : 0;
      }
    },
  };
}
