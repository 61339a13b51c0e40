import type { Clock } from "../foundation/clock.ts";
import type { PlannedFault } from "./fault-plan.ts";

/** What a server has seen so far. */
export interface ServedCounts {
  /** All that came, whatever became of them. */
  readonly requests: number;
  /** Ended in a whole HTTP answer of whatever status. */
  readonly answered: number;
  /** The client hung up first. */
  readonly aborted: number;
  /** The server broke off, or stalled. */
  readonly faulted: number;
  /** Most that were in flight at once. */
  readonly mostInFlight: number;
  /** Most that came within one second of the server's clock. */
  readonly mostInOneSecond: number;
  /** What the plan of `faults` did. */
  readonly faults: Readonly<Partial<Record<PlannedFault, number>>>;
}

export interface Tally {
  came(): void;
  ended(outcome: "pending" | "answered" | "aborted" | "faulted"): void;
  befell(fault: PlannedFault): void;
  inFlight(): number;
  counts(): ServedCounts;
}

export function makeTally(clock: Clock): Tally {
  const ends = { answered: 0, aborted: 0, faulted: 0 };
  const faults = new Map<PlannedFault, number>();
  /** When the requests of the last second came, oldest first from `oldest` on. */
  let recent: number[] = [];
  let oldest = 0;
  let requests = 0;
  let inFlight = 0;
  let mostInFlight = 0;
  let mostInOneSecond = 0;
  return {
    came() {
      requests += 1;
      inFlight += 1;
      mostInFlight = Math.max(mostInFlight, inFlight);
      const now = clock.now();
      recent.push(now);
      while ((recent[oldest] ?? now) <= now - 1_000) oldest += 1;
      mostInOneSecond = Math.max(mostInOneSecond, recent.length - oldest);
      // Now and then, so that each request costs the same however many there were.
      if (oldest > 10_000) {
        recent = recent.slice(oldest);
        oldest = 0;
      }
    },
    ended(outcome) {
      inFlight -= 1;
      if (outcome !== "pending") ends[outcome] += 1;
    },
    befell: (fault) => void faults.set(fault, (faults.get(fault) ?? 0) + 1),
    inFlight: () => inFlight,
    counts: () =>
      Object.freeze({ requests, ...ends, mostInFlight, mostInOneSecond, faults: Object.fromEntries(faults) }),
  };
}
