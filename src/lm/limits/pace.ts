import { makeEvidence, type Sent } from "./evidence.ts";

/**
 * How fast a client's requests start, by what became of those before. A refusal (429, 503, 529) holds back the call that
 * got it, and nobody else, until there is evidence that the provider's limit is shared:
 *
 * - More than one in seven of the requests begun since the last change refused: they start as fast as they came through,
 *   and then faster with each that comes through, carefully about where it was too fast before. (AIMD's idea, with DCTCP's
 *   measure, RFC 8257: as much slower as are refused.)
 * - None of many came through: a wall. Nothing starts but one request at a time, which probes. When one comes through,
 *   requests start as fast as eight in the time that it took, and double in about each such time (TCP's slow start).
 * - Nothing has been heard yet: a crowd starts in ever larger parts, so that a wall does not cost all of it.
 *
 * Decides and counts; no clock, no timer. `now` is milliseconds and never goes back.
 */
export interface Pace {
  /** When the next request may start, nothing else starting before: `now` if at once. */
  startsAt(now: number): number;
  /** The earliest time at which the provider takes requests again, as it says itself: `now` unless there is a wall. */
  hopeAt(now: number): number;
  started(now: number): Sent;
  /** It was answered by anything but a refusal. */
  answered(sent: Sent, now: number): void;
  /** It was refused. Gives for how long nothing starts, where a wall begins with it. */
  refused(sent: Sent, retryAfterMs: number | undefined, now: number): number | undefined;
  /** Nobody knows what the provider would have said. */
  lost(sent: Sent, now: number): void;
  /** The process that let them start is gone, and they with it. */
  forgetInFlight(): void;
  shown(now: number): ShownPace;
}

/** Empty where requests start as they come. */
export interface ShownPace {
  /** There is a wall: milliseconds until the next request probes. */
  readonly pausedForMs?: number;
  /** Many are refused: requests start so many a second. */
  readonly slowedToPerSecond?: number;
}

/** A smaller share of refusals is chance. */
const FEW = 0.1;
/** Of few requests so many refusals more are chance too. */
const CHANCE = 3;
/** It is chance as well where slowing down so often did not help... */
const IN_VAIN = 5;
/** ...for it helps when, of so many requests, less than this share is refused, or so much less than before. */
const RELIEF = 24;
const RELIEF_SHARE = 0.05;
const HELPED = 0.6;
/** Then so many times the share is borne, up to a highest one. */
const BORNE = 1.5;
const MOST_BORNE = 0.75;
/** So many refused in a row, or this share of those under way where that is more, since refusals come in clumps: a wall. */
const WALL_AFTER = 8;
const WALL_SHARE = 0.1;

/** Probes keep apart by this share of the time for which the wall has stood: it is over for so long at most. */
const PROBE_SHARE = 0.1;
/** And by this share of what the provider says. */
const TOLD_SHARE = 0.25;
const SHORTEST_PROBE_MS = 50;
const LONGEST_PROBE_MS = 5_000;

/** Requests that start in the time that the probe took, when a wall has opened. */
const FIRST = 8;
/** Slowed down, they start a little slower than they came through. */
const BELOW = 0.9;
/** Never slower than one a second... */
const SLOWEST = 1 / 1_000;
/** ...and faster than this is not slowed down. */
const FREE = 10;
/** Near to where it was too fast, it takes at least so many that came through to become e times as fast. */
const CAREFUL = 256;
/** A timer may be late: what could not start by so much may start at once. */
const SLACK_MS = 20;

/** Of a crowd of which nothing has been heard yet, so many start at once, and twice as many in each further step. */
export const CROWD = 100;
export const CROWD_STEP_MS = 75;
/** After so many steps a quick server would have been heard: from then on they are so much shorter. */
const SLOW_STEPS = 2;
const QUICK_STEP = 0.12;
/** Time in which the event loop stood still does not count, since nothing could be heard then. */
const STILL_MS = 4;

interface Wall {
  readonly since: number;
  /** The order of the first request that ran into it: what was begun before tells nothing of it. */
  readonly from: number;
  probe: Sent | undefined;
  probeAt: number;
  toldMs: number;
  /** When the provider says that it is over. */
  toldUntil: number;
}

export function makePace({ longestPauseMs }: { readonly longestPauseMs: number }): Pace {
  const evidence = makeEvidence();
  /** Starts a millisecond. */
  let rate = Infinity;
  /** What was too fast, the last time. */
  let tooFast = Infinity;
  let nextAt = -Infinity;
  /** The share of refusals that slows nothing down. */
  let borne = FEW;
  /** How often it was slowed down without any relief. */
  let inVain = 0;
  /** The share that was refused when that began. */
  let before = 0;
  let relieved = true;
  let wall: Wall | undefined;
  /** The wall that was opened last, while no more is known than that its probe came through. */
  let opened: (Wall & { readonly by: Sent }) | undefined;
  /** Starts since something was answered, and the time in which that could have been heard. */
  let crowd: { starts: number; listenedMs: number; at: number } | undefined;

  const probeGapMs = ({ since, toldMs }: Wall, now: number): number => {
    const gap = Math.max((now - since) * PROBE_SHARE, toldMs * TOLD_SHARE);
    return Math.min(Math.max(gap, SHORTEST_PROBE_MS), LONGEST_PROBE_MS, longestPauseMs);
  };
  const tell = (to: Wall, retryAfterMs: number | undefined, now: number): void => {
    to.toldMs = retryAfterMs !== undefined && retryAfterMs > 0 ? retryAfterMs : 0;
    to.toldUntil = now + to.toldMs;
    to.probe = undefined;
    to.probeAt = now + probeGapMs(to, now);
  };
  const raise = (since: number, retryAfterMs: number | undefined, now: number): number => {
    wall = { since, from: evidence.firstInRow, probe: undefined, probeAt: now, toldMs: 0, toldUntil: now };
    tell(wall, retryAfterMs, now);
    opened = undefined;
    evidence.newRound();
    evidence.newRow();
    return wall.probeAt - now;
  };
  const faster = (careful: boolean): void => {
    relieve();
    if (rate === Infinity) return;
    const near = rate > tooFast / 2 && rate < tooFast * 1.5;
    if (careful && !near) return;
    // No more than by a quarter in the time that the answers take.
    rate *= 1 + (near ? 1 / Math.max(CAREFUL, 4 * evidence.inFlight) : 1 / Math.max(FIRST, evidence.inFlight));
    if (rate > FREE) rate = Infinity;
  };
  /** Something that was begun under the wall came through: answered, or at least out for longer than a refusal takes. */
  const open = (from: Wall, by: Sent, answered: boolean, now: number): void => {
    rate = Math.max(SLOWEST, FIRST / Math.max(1, now - by.at));
    tooFast = Infinity;
    nextAt = now;
    opened = answered ? undefined : { ...from, by };
    wall = undefined;
    evidence.newRound();
    evidence.newRow();
  };
  const slower = (share: number, now: number): void => {
    const helped = relieved || share < before * HELPED;
    inVain = helped ? 1 : inVain + 1;
    if (helped) before = share;
    relieved = false;
    if (inVain >= IN_VAIN) {
      // A limit that is shared would have been kept by now.
      borne = Math.min(MOST_BORNE, share * BORNE);
      inVain = 0;
      rate = Infinity;
    } else {
      tooFast = Math.min(rate, evidence.perSecond(now) / 1_000);
      rate = Math.max(SLOWEST, tooFast * (1 - share) * BELOW);
      nextAt = now;
    }
    evidence.newRound();
  };
  /** How the round goes, after each request that came through. */
  const relieve = (): void => {
    const { refused, passed } = evidence;
    if (passed < RELIEF) return;
    if (refused < passed * RELIEF_SHARE) relieved = true;
    if (refused < (borne / BORNE / 2) * passed) borne = FEW;
  };
  /** How much longer the next of a crowd waits. */
  const crowdedMs = (now: number): number => {
    if (crowd === undefined) return 0;
    crowd.listenedMs += Math.min(STILL_MS, now - crowd.at);
    crowd.at = now;
    const doublings = Math.log2((crowd.starts + 1) / CROWD);
    const steps = Math.min(doublings, SLOW_STEPS) + Math.max(0, doublings - SLOW_STEPS) * QUICK_STEP;
    return steps * CROWD_STEP_MS - crowd.listenedMs;
  };
  const look = (now: number): void => {
    for (let sent = evidence.outlasted(now); sent !== undefined; sent = evidence.outlasted(now)) {
      if (wall === undefined) faster(true);
      else if (sent.order > wall.from) open(wall, sent, false, now);
    }
  };

  return Object.freeze({
    startsAt(now: number): number {
      look(now);
      if (wall !== undefined)
        return Math.max(now, wall.probe === undefined ? wall.probeAt : wall.probe.at + evidence.patienceMs);
      return Math.max(now, now + crowdedMs(now), rate === Infinity ? now : nextAt);
    },
    hopeAt: (now: number) => (wall === undefined ? now : Math.max(now, wall.toldUntil)),
    started(now: number): Sent {
      if (crowd === undefined || evidence.inFlight === 0) crowd = { starts: 0, listenedMs: 0, at: now };
      crowd.starts += 1;
      const sent = evidence.begun(now);
      if (wall !== undefined) wall.probe = sent;
      else if (rate !== Infinity) nextAt = Math.max(nextAt, now - SLACK_MS) + 1 / rate;
      return sent;
    },
    answered(sent: Sent, now: number): void {
      crowd = undefined;
      if (opened !== undefined && sent.order > opened.from) opened = undefined;
      const news = evidence.answered(sent);
      if (wall === undefined) faster(false);
      else if (news && sent.order > wall.from) open(wall, sent, true, now);
    },
    refused(sent: Sent, retryAfterMs: number | undefined, now: number): number | undefined {
      look(now);
      const inRound = evidence.refusal(sent, now);
      if (sent === opened?.by) {
        // It had only taken longer to be refused.
        return void raise(opened.since, retryAfterMs, now);
      }
      if (wall !== undefined) return void (sent === wall.probe && tell(wall, retryAfterMs, now));
      const { refused, passed, inARow, inFlight } = evidence;
      if (inARow >= Math.max(WALL_AFTER, inFlight * WALL_SHARE)) return raise(now, retryAfterMs, now);
      const all = refused + passed;
      if (inRound && passed >= 1 && refused > borne * all + CHANCE) slower(refused / all, now);
      return undefined;
    },
    lost(sent: Sent, now: number): void {
      evidence.lost(sent);
      if (wall === undefined || sent !== wall.probe) return;
      wall.probe = undefined;
      wall.probeAt = now + probeGapMs(wall, now);
    },
    forgetInFlight(): void {
      evidence.forgetInFlight();
      crowd = undefined;
      if (wall !== undefined) wall.probe = undefined;
    },
    shown(now: number): ShownPace {
      look(now);
      if (wall !== undefined) return { pausedForMs: Math.max(0, Math.ceil(wall.probeAt - now)) };
      return rate === Infinity ? {} : { slowedToPerSecond: Math.ceil(rate * 1_000) };
    },
  });
}
