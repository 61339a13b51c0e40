import { LmError } from "../failure.ts";
import type { LmRateLimit } from "./rate-limit.ts";
import { type CircuitBreaker, type CircuitState, healthOf, type ProviderHealth } from "./circuit-breaker.ts";
import type { Sent } from "./evidence.ts";
import type { Pace } from "./pace.ts";
import { COMMON_SHARE, makePermits, type PlaceInLine, type Priority } from "./permits.ts";
import type { Ahead, RateLimiter } from "./rate-limiter.ts";
import type { Started } from "./sliding-window.ts";

/** On whose behalf somebody asks, as far as it decides whose turn it is: a run's terms are that. */
export interface Asker {
  readonly run: string;
  readonly priority: Priority;
  /** Whose turn it takes among those of its priority. Undefined: one that all have in common. */
  readonly share: string | undefined;
}

/** What somebody asks a permit for. */
export interface Ask {
  readonly terms: Asker;
  /** Estimated, of the prompt and the answer's room. Default 0. */
  readonly tokens?: number;
  /** Of these, the prompt's. Default 0. */
  readonly promptTokens?: number;
  /** By the system's clock: a request that cannot start by then is refused at once. Default: never too late. */
  readonly startBy?: number;
}

/** A request that was let in. */
export interface Admitted {
  readonly started: Started;
  readonly sent: Sent;
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
  /** What it cost, where it was answered, or a failed answer told it; 0 where the answer did not say. */
  readonly tokens?: number;
  readonly rateLimit?: LmRateLimit | undefined;
}

/** What came of an ending, for those who watch the client. */
export interface Consequence {
  readonly circuit?: CircuitState;
  /** Nothing passes any more: milliseconds until a request probes. */
  readonly pausedForMs?: number;
}

export type Verdict<Waiter> =
  | { readonly kind: "granted"; readonly waiter: Waiter }
  | { readonly kind: "refused"; readonly waiter: Waiter; readonly error: LmError };

/**
 * Who may make a request, and when: the client's permits, its rates, its pace after refusals and its circuit breaker in one
 * decision. A plain value machine: the client's actor tells it what happens, and does what it says.
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
  readonly pace: Pace;
  readonly breaker: CircuitBreaker;
  /** What the model's window holds, where it is known. */
  readonly contextTokens?: number | undefined;
}

export function makeAdmission<Holder, Waiter>(options: AdmissionOptions): Admission<Holder, Waiter> {
  const { client, limiter, pace, breaker } = options;
  const permits = makePermits<Holder, Admitted, Place<Holder, Waiter>>(options.concurrency);
  let tokensInFlight = 0;
  /** Something happened that may have made starts impossible for those in line. */
  let changed = false;
  let lookedAt = -Infinity;

  const admit = (holder: Holder, tokens: number, run: string | undefined, probe: boolean, now: number): void => {
    if (probe) breaker.probed();
    tokensInFlight += tokens;
    permits.hold(holder, { started: limiter.start(tokens, now), sent: pace.started(now), probe, run });
  };
  const startsAt = (tokens: number, now: number): number => Math.max(limiter.startsAt(tokens, now), pace.startsAt(now));
  const startsBehind = (ahead: Ahead, tokens: number, now: number): number =>
    Math.max(limiter.startsBehind(ahead, tokens, now), pace.hopeAt(now));
  const refused = (waiter: Waiter, error: LmError): Verdict<Waiter> => ({ kind: "refused", waiter, error });

  /** What no waiting can make room for. */
  const tooLong = (promptTokens: number): LmError | undefined => {
    const { mostTokens } = limiter;
    const { contextTokens = Infinity } = options;
    if (promptTokens <= Math.min(mostTokens, contextTokens * WINDOWS)) return undefined;
    return promptTokens > mostTokens
      ? tooLongFor(client, "its limit of tokens a minute", { promptTokens, tokensPerMinute: mostTokens })
      : tooLongFor(client, "its model's window", { promptTokens, contextTokens });
  };

  /** Those in line that can never start any more. */
  const hopeless = (now: number): Verdict<Waiter>[] => {
    changed = false;
    lookedAt = now;
    const open = breaker.verdict(now) === "refuse";
    const gone = permits.sift((place, ahead) => !open && startsBehind(ahead, place.tokens, now) <= place.startBy);
    return gone.map((place) => {
      permits.leave(place);
      return refused(place.waiter, open ? circuitOpen(client, breaker.opensInMs(now)) : tooLate(client));
    });
  };

  return Object.freeze({
    get inUse() {
      return permits.inUse;
    },
    get waiting() {
      return permits.waiting;
    },
    ask(holder: Holder, waiter: Waiter, ask: Ask, now: number): Verdict<Waiter> | undefined {
      const { terms, tokens = 0, promptTokens = 0, startBy = Infinity } = ask;
      const { run, priority, share = COMMON_SHARE } = terms;
      const misfit = tooLong(promptTokens);
      if (misfit !== undefined) return refused(waiter, misfit);
      const verdict = breaker.verdict(now);
      if (verdict === "refuse") return refused(waiter, circuitOpen(client, breaker.opensInMs(now)));
      const ahead = permits.ahead(priority, share);
      const place = { holder, waiter, priority, share, tokens, startBy, run };
      if (ahead.requests === 0 && permits.hasRoom && verdict !== "wait" && startsAt(tokens, now) <= now) {
        // Before others, whose turn then comes the sooner.
        if (permits.waiting > 0) {
          permits.enqueue(place);
          permits.take(place);
        }
        admit(holder, tokens, run, verdict === "probe", now);
        return { kind: "granted", waiter };
      }
      if (startsBehind(ahead, tokens, now) > startBy || startBy <= now) return refused(waiter, tooLate(client));
      permits.enqueue(place);
      return undefined;
    },
    ended(holder: Holder, ending: Ending, now: number): Consequence | undefined {
      const held = permits.release(holder);
      if (held === undefined) return undefined;
      tokensInFlight -= held.started.tokens;
      const { failure, tokens } = ending;
      const { started, sent } = held;
      if (tokens === undefined) limiter.giveBack(started);
      // An answer that does not say what it cost is taken to have cost what was thought.
      else limiter.settle(started, tokens || started.tokens, now - started.at);
      const inFlight = { requests: permits.inUse, tokens: tokensInFlight };
      if (limiter.correct(ending.rateLimit ?? failure?.rateLimit, inFlight, now)) changed = true;
      const health = healthAfter(ending);
      const circuit = breaker.ended(health, held.run, held.probe, now, permits.inUse);
      let pausedForMs: number | undefined;
      if (failure !== undefined && isRefusal(failure)) {
        pausedForMs = pace.refused(sent, failure.retryAfterMs, now);
        changed = true;
      } else if (health === "well") pace.answered(sent, now);
      else pace.lost(sent, now);
      if (circuit === "open") {
        changed = true;
        // Nobody in line has anything to wait for.
        lookedAt = -Infinity;
      }
      if (circuit === undefined && pausedForMs === undefined) return undefined;
      return { ...(circuit !== undefined && { circuit }), ...(pausedForMs !== undefined && { pausedForMs }) };
    },
    due(now: number): readonly Verdict<Waiter>[] {
      if (permits.waiting === 0) return NONE;
      const verdicts = changed && now >= lookedAt + LOOK_MS ? hopeless(now) : [];
      for (let place = permits.first(); place !== undefined && permits.hasRoom; place = permits.first()) {
        const verdict = breaker.verdict(now);
        if (verdict === "wait" || verdict === "refuse" || startsAt(place.tokens, now) > now) break;
        permits.take(place);
        admit(place.holder, place.tokens, place.run, verdict === "probe", now);
        verdicts.push({ kind: "granted", waiter: place.waiter });
      }
      return verdicts;
    },
    nextAt(now: number): number | undefined {
      const place = permits.first();
      if (place === undefined) return undefined;
      const look = changed ? lookedAt + LOOK_MS : Infinity;
      const start =
        permits.hasRoom && breaker.verdict(now) !== "wait" ? Math.min(look, startsAt(place.tokens, now)) : look;
      return start === Infinity ? undefined : start;
    },
  });
}

/** The whole line is looked through no more often than this. */
const LOOK_MS = 100;
/** Estimates are rough: what is so many times as long as the model's window is certain not to fit. */
const WINDOWS = 2;

const NONE: readonly never[] = Object.freeze([]);

function healthAfter({ failure, cancelled }: Ending): ProviderHealth {
  if (failure !== undefined) return healthOf(failure);
  return cancelled === true ? "unknown" : "well";
}

/** "Not now", and not "not this". */
function isRefusal({ code, retryable, retryAfterMs = 0 }: LmError): boolean {
  return retryable && (code === "rate_limited" || code === "overloaded" || (code === "server" && retryAfterMs > 0));
}

function circuitOpen(client: string, opensInMs: number): LmError {
  const message = `client "${client}": its circuit is open after too many failures; it is tried again in ${Math.ceil(opensInMs)} ms`;
  return new LmError(message, { code: "circuit_open", retryAfterMs: opensInMs, details: { client } });
}

function tooLongFor(client: string, what: string, facts: Readonly<Record<string, number>>): LmError {
  const message = `client "${client}": the prompt has about ${facts["promptTokens"]} tokens, which do not fit ${what}: shorten the inputs`;
  return new LmError(message, { code: "context_too_long", details: { client, ...facts } });
}

export function tooLate(client: string): LmError {
  const message = `client "${client}": no permit for a request could be had before the call's deadline`;
  return new LmError(message, { code: "timeout", details: { phase: "permit", client } });
}
