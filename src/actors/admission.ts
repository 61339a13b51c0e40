import { LmError } from "../lm/failure.ts";
import type { LmRateLimit } from "../lm/rate-limit.ts";
import { type CircuitBreaker, type CircuitState, healthOf, type ProviderHealth } from "./circuit-breaker.ts";
import { makePermits, type PlaceInLine, type Priority } from "./permits.ts";
import type { RateLimiter } from "./rate-limiter.ts";
import type { Started } from "./sliding-window.ts";

/** What somebody asks a permit for. */
export interface Ask {
  /** Default `"user"`. */
  readonly priority?: Priority;
  /** Estimated. Default 0. */
  readonly tokens?: number;
  /** By the system's clock: a request that cannot start by then is refused at once. Default: never too late. */
  readonly startBy?: number;
  readonly run?: string;
}

/** A request that was let in. */
export interface Admitted {
  readonly admittedAt: number;
  readonly started: Started;
  readonly probe: boolean;
  readonly run: string | undefined;
}

/** One in the line. */
export interface Place<Holder, Waiter> extends PlaceInLine<Holder> {
  readonly waiter: Waiter;
  readonly startBy: number;
  readonly run: string | undefined;
}

/** How a request ended. */
export interface Ending {
  /** Left out: it was answered, or (`cancelled`) nobody knows. */
  readonly failure?: LmError;
  readonly cancelled?: boolean;
  /** What it cost, where the answer said. */
  readonly tokens?: number;
  readonly rateLimit?: LmRateLimit | undefined;
}

/** What came of an ending, for those who watch the client. */
export interface Consequence {
  readonly circuit?: CircuitState;
  /** Milliseconds for which nothing more starts. */
  readonly pausedForMs?: number;
}

export type Verdict<Waiter> =
  | { readonly kind: "granted"; readonly waiter: Waiter }
  | { readonly kind: "refused"; readonly waiter: Waiter; readonly error: LmError };

/**
 * Who may make a request, and when: the client's permits, its rates and its circuit breaker in one decision. A plain
 * value machine: the client's actor tells it what happens, and does what it says.
 */
export interface Admission<Holder, Waiter> {
  readonly inUse: number;
  readonly waiting: number;
  /** Lets in, refuses, or puts in line (undefined: the verdict comes later, from `due`). */
  ask(holder: Holder, waiter: Waiter, ask: Ask, now: number): Verdict<Waiter> | undefined;
  /** A request has ended, or left the line. */
  ended(holder: Holder, ending: Ending, now: number): Consequence | undefined;
  /** The verdicts that have fallen due: to be asked for after each of the above, and at `nextAt`. */
  due(now: number): readonly Verdict<Waiter>[];
  /** When the first in line may start, where only time is in its way. */
  nextAt(now: number): number | undefined;
}

export interface AdmissionOptions {
  readonly client: string;
  readonly concurrency: number;
  readonly limiter: RateLimiter;
  readonly breaker: CircuitBreaker;
}

export function makeAdmission<Holder, Waiter>(options: AdmissionOptions): Admission<Holder, Waiter> {
  const { client, limiter, breaker } = options;
  const permits = makePermits<Holder, Admitted, Place<Holder, Waiter>>(options.concurrency);
  let tokensInFlight = 0;
  /** Something happened that may have made starts impossible for those in line. */
  let changed = false;

  const admit = (holder: Holder, tokens: number, run: string | undefined, probe: boolean, now: number): void => {
    if (probe) breaker.probed();
    tokensInFlight += tokens;
    permits.hold(holder, { admittedAt: now, started: limiter.start(tokens, now), probe, run });
  };
  const refused = (waiter: Waiter, error: LmError): Verdict<Waiter> => ({ kind: "refused", waiter, error });

  /** Those in line that can never start any more. */
  const hopeless = (now: number): Verdict<Waiter>[] => {
    const verdicts: Verdict<Waiter>[] = [];
    const ahead = { requests: 0, tokens: 0 };
    const open = breaker.verdict(now) === "refuse";
    for (const place of permits.line()) {
      const late = !open && limiter.startsBehind(ahead, place.tokens, now) > place.startBy;
      if (open || late) {
        permits.leave(place);
        verdicts.push(refused(place.waiter, open ? circuitOpen(client, breaker.opensInMs(now)) : tooLate(client)));
      } else {
        ahead.requests += 1;
        ahead.tokens += place.tokens;
      }
    }
    return verdicts;
  };

  return Object.freeze({
    get inUse() {
      return permits.inUse;
    },
    get waiting() {
      return permits.waiting;
    },
    ask(holder: Holder, waiter: Waiter, ask: Ask, now: number): Verdict<Waiter> | undefined {
      const { priority = "user", tokens = 0, startBy = Infinity, run } = ask;
      const verdict = breaker.verdict(now);
      if (verdict === "refuse") return refused(waiter, circuitOpen(client, breaker.opensInMs(now)));
      const ahead = { requests: permits.waitingBefore(priority), tokens: permits.tokensBefore(priority) };
      if (ahead.requests === 0 && permits.hasRoom && verdict !== "wait" && limiter.startsAt(tokens, now) <= now) {
        admit(holder, tokens, run, verdict === "probe", now);
        return { kind: "granted", waiter };
      }
      if (limiter.startsBehind(ahead, tokens, now) > startBy || startBy <= now) return refused(waiter, tooLate(client));
      permits.enqueue({ holder, waiter, priority, tokens, startBy, run });
      return undefined;
    },
    ended(holder: Holder, ending: Ending, now: number): Consequence | undefined {
      const held = permits.release(holder);
      if (held === undefined) return undefined;
      tokensInFlight -= held.started.tokens;
      const { failure, tokens } = ending;
      if (tokens !== undefined) limiter.settle(held.started, tokens, now - held.admittedAt);
      const rateLimit = ending.rateLimit ?? failure?.rateLimit;
      if (rateLimit !== undefined) limiter.correct(rateLimit, { requests: permits.inUse, tokens: tokensInFlight }, now);
      const circuit = breaker.ended(healthAfter(ending), held.run, held.probe, now, permits.inUse);
      const pausedForMs = failure === undefined ? 0 : pauseAfter(failure);
      const paused = pausedForMs > 0 && limiter.pause(pausedForMs, now);
      if (circuit === "open" || pausedForMs > 0) changed = true;
      if (circuit === undefined && !paused) return undefined;
      return { ...(circuit !== undefined && { circuit }), ...(paused && { pausedForMs }) };
    },
    due(now: number): readonly Verdict<Waiter>[] {
      if (permits.waiting === 0) return NONE;
      const verdicts = changed ? hopeless(now) : [];
      changed = false;
      for (let place = permits.first(); place !== undefined && permits.hasRoom; place = permits.first()) {
        const verdict = breaker.verdict(now);
        if (verdict === "wait" || verdict === "refuse" || limiter.startsAt(place.tokens, now) > now) break;
        permits.leave(place);
        admit(place.holder, place.tokens, place.run, verdict === "probe", now);
        verdicts.push({ kind: "granted", waiter: place.waiter });
      }
      return verdicts;
    },
    nextAt(now: number): number | undefined {
      const place = permits.first();
      if (place === undefined || !permits.hasRoom) return undefined;
      if (breaker.verdict(now) === "wait") return undefined;
      return limiter.startsAt(place.tokens, now);
    },
  });
}

const NONE: readonly never[] = Object.freeze([]);

function healthAfter({ failure, cancelled }: Ending): ProviderHealth {
  if (failure !== undefined) return healthOf(failure);
  return cancelled === true ? "unknown" : "well";
}

/** A provider that names a time means everybody who uses this key, not just the request that it told. */
function pauseAfter({ code, retryAfterMs = 0 }: LmError): number {
  return code === "rate_limited" || code === "overloaded" || code === "server" ? retryAfterMs : 0;
}

function circuitOpen(client: string, opensInMs: number): LmError {
  const message = `client "${client}": its circuit is open after too many failures; it is tried again in ${Math.ceil(opensInMs)} ms`;
  return new LmError(message, { code: "circuit_open", retryAfterMs: opensInMs, details: { client } });
}

export function tooLate(client: string): LmError {
  const message = `client "${client}": no permit for a request could be had before the call's deadline`;
  return new LmError(message, { code: "timeout", details: { phase: "permit", client } });
}
