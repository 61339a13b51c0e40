import { FifoQueue } from "../../foundation/queue.ts";

/**
 * Equal calls that are under way: one of them, the leader, asks; the others wait for what it gets. A plain value machine:
 * the cache actor drives it.
 */
export interface Flights<Waiter> {
  /** Keys that somebody asks for at the moment. */
  readonly count: number;
  /** The number of the leader, or undefined where nobody leads: `lead` then. */
  leaderOf(key: string): number | undefined;
  /** The caller leads from now on, and is told its number. */
  lead(key: string): number;
  wait(key: string, waiter: Waiter): void;
  /** There is an answer: the flight is over, and these have waited for it. */
  land(key: string): Waiter[];
  /**
   * The leader of this number asks no more: the first that still waits leads next, unless what befell the leader would
   * befall the others too. Then all that wait hear of it, and the flight is over. Says nothing about a number that leads
   * no more.
   */
  giveUp(key: string, leader: number, why: GaveUp): Handover<Waiter>;
}

/**
 * - `left`: it was about the leader alone; it was cancelled, or died.
 * - `may_pass`: the request failed, and may fare better when made again. After {@link MAX_HANDOVERS} of these the others
 *   hear of it.
 * - `final`: the request is refused, whoever makes it.
 */
export type GaveUp = "left" | "may_pass" | "final";

export interface Handover<Waiter> {
  readonly next?: { readonly waiter: Waiter; readonly leader: number };
  readonly told: readonly Waiter[];
}

/**
 * How often a failure is met with the next one's try, before all that wait hear of it. Each of them then does what
 * its own retry policy says, and the first to ask again leads the others: when a provider is down, fifty equal calls fail
 * about as soon as one does, and not one after the other.
 */
export const MAX_HANDOVERS = 3;

const NOTHING: Handover<never> = Object.freeze({ told: [] });

export function makeFlights<Waiter>(stillWaits: (waiter: Waiter) => boolean): Flights<Waiter> {
  interface Flight {
    leader: number;
    failures: number;
    readonly line: FifoQueue<Waiter>;
  }
  const flights = new Map<string, Flight>();
  let leaders = 0;

  const drain = (line: FifoQueue<Waiter>): Waiter[] => {
    const all: Waiter[] = [];
    for (let waiter = line.shift(); waiter !== undefined; waiter = line.shift())
      if (stillWaits(waiter)) all.push(waiter);
    return all;
  };

  return {
    get count() {
      return flights.size;
    },
    leaderOf: (key) => flights.get(key)?.leader,
    lead(key) {
      leaders += 1;
      flights.set(key, { leader: leaders, failures: 0, line: new FifoQueue() });
      return leaders;
    },
    wait: (key, waiter) => flights.get(key)?.line.push(waiter),
    land(key) {
      const flight = flights.get(key);
      flights.delete(key);
      return flight === undefined ? [] : drain(flight.line);
    },
    giveUp(key, leader, why) {
      const flight = flights.get(key);
      if (flight === undefined || flight.leader !== leader) return NOTHING;
      if (why === "may_pass") flight.failures += 1;
      if (why !== "final" && flight.failures <= MAX_HANDOVERS) {
        for (let waiter = flight.line.shift(); waiter !== undefined; waiter = flight.line.shift()) {
          // Who gave up waiting is still in the line.
          if (!stillWaits(waiter)) continue;
          leaders += 1;
          flight.leader = leaders;
          return { next: { waiter, leader: leaders }, told: [] };
        }
      }
      flights.delete(key);
      return { told: drain(flight.line) };
    },
  };
}
