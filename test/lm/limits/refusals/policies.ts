// What a client may make of refusals: ours, and what else was thought of.
import type { Sent } from "../../../../src/lm/limits/evidence.ts";
import { makePace, type Pace } from "../../../../src/lm/limits/pace.ts";
import { makeSlowStart } from "./slow-start.ts";

export const POLICIES = {
  /** What clients do. */
  ours: () => makePace({ longestPauseMs: 60_000 }),
  /** Each call for itself, by its own waits. */
  "each call": () => plain({}),
  /** A wait that is asked of one holds for all, and then the start is slow: what clients did before. */
  "pause all": pauseAll,
  /** A refusal halves the rate, once for those under way together; what comes through adds to it. Nothing probes. */
  AIMD: aimd,
} satisfies Readonly<Record<string, () => Pace>>;

export type PolicyName = keyof typeof POLICIES;

function plain(parts: Partial<Pick<Pace, "startsAt" | "started" | "answered" | "refused">>): Pace {
  return {
    startsAt: (now) => now,
    hopeAt: (now) => now,
    started: (now) => sentAt(now, 0),
    answered: () => {},
    refused: () => undefined,
    lost: () => {},
    forgetInFlight: () => {},
    shown: () => ({}),
    ...parts,
  };
}

function sentAt(now: number, order: number): Sent {
  return { order, at: now, passed: false, over: false };
}

function pauseAll(): Pace {
  const slow = makeSlowStart();
  let until = 0;
  return plain({
    startsAt: (now) => Math.max(now, until, slow.startsAt(now)),
    started(now) {
      slow.started(now);
      return sentAt(now, 0);
    },
    answered: (_sent, now) => slow.answered(now),
    refused(_sent, ms = 0, now) {
      if (ms === 0) return undefined;
      until = Math.max(until, now + ms);
      slow.refused(until, now);
      return undefined;
    },
  });
}

function aimd(): Pace {
  /** Starts a millisecond. */
  let rate = 1;
  let [order, mark, nextAt] = [0, 0, 0];
  return plain({
    startsAt: (now) => Math.max(now, nextAt),
    started(now) {
      nextAt = Math.max(nextAt, now - 20) + 1 / rate;
      return sentAt(now, (order += 1));
    },
    // Ten a second more for each second's worth of what comes through.
    answered: () => void (rate += 0.01 / (1_000 * rate)),
    refused(sent) {
      if (sent.order <= mark) return undefined;
      rate = Math.max(1 / 1_000, rate / 2);
      mark = order;
      return undefined;
    },
  });
}
