/**
 * How fast requests start again after a pause: as fast as answers came before it, and twice as fast in each step of time
 * after that. So what waited in line does not come down on the provider all at once, and little is lost where it asked for
 * a short pause only. Decides and counts; no clock, no timer.
 */
export interface SlowStart {
  /** A request was answered. */
  answered(at: number): void;
  /** A request was refused: nothing starts until then, or until what was said before if that is later. */
  refused(until: number, now: number): void;
  started(now: number): void;
  /** When the next one may start: `now` or earlier if at once. */
  startsAt(now: number): number;
}

/**
 * Without any answer before the pause, 1 request starts at once, a second one within this many milliseconds, 4 in all
 * within twice as many, and so on (TCP's slow start).
 */
export const STEP_MS = 100;
/** After so many doublings it is over. */
const STEPS = 10;

/** Answers count for about so long in the rate at which they came. */
const RATE_MS = 250;
/** So much of a pause makes half of the rate stale (as an idle time does to TCP's window, RFC 2861). */
const STALE_MS = 1_000;

/**
 * A provider that refuses few is not at its limit, and chance should not slow everybody down: with a share of refusals
 * below this one, requests start as many times faster as it is below (after DCTCP, RFC 8257, where a flow slows down by
 * the share of it that met congestion).
 */
const FEW = 0.2;
/** The share of refusals is an average of about so many requests. */
const REQUESTS = 128;

interface Ramp {
  readonly since: number;
  readonly pausedAt: number;
  /** Answers in a step before the pause. */
  readonly inStep: number;
  /** How many start within the first step, besides the one that starts at once. */
  readonly first: number;
  starts: number;
}

export function makeSlowStart(): SlowStart {
  /** Answers, each fading with its age: over {@link RATE_MS}, their rate. */
  let answers = 0;
  let answersAt = 0;
  let refusals = 0;
  let ramp: Ramp | undefined;

  const fadedTo = (now: number): number => answers * Math.exp(Math.min(0, answersAt - now) / RATE_MS);

  return Object.freeze({
    answered(at: number): void {
      answers = fadedTo(at) + 1;
      answersAt = Math.max(answersAt, at);
      refusals -= refusals / REQUESTS;
    },
    refused(until: number, now: number): void {
      refusals += (1 - refusals) / REQUESTS;
      const under = ramp !== undefined && now < ramp.since ? ramp : undefined;
      const { pausedAt, inStep } = under ?? { pausedAt: now, inStep: (fadedTo(now) / RATE_MS) * STEP_MS };
      const since = Math.max(until, under?.since ?? until);
      const fresh = inStep * 2 ** ((pausedAt - since) / STALE_MS);
      ramp = { since, pausedAt, inStep, first: Math.max(1, fresh * Math.max(1, FEW / refusals)), starts: 0 };
    },
    started(now: number): void {
      if (ramp === undefined) return;
      ramp.starts += 1;
      if (now - ramp.since >= STEP_MS * STEPS) ramp = undefined;
    },
    startsAt: (now: number) =>
      ramp === undefined ? now : ramp.since + STEP_MS * Math.log2(1 + ramp.starts / ramp.first),
  });
}
