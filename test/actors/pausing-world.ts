// Calls through a client's admission to a made-up provider, in time that is only counted: what a rule for the time after
// a pause costs, and what it spares the provider.
import { type Admission, makeAdmission, type Verdict } from "../../src/actors/admission.ts";
import { makeCircuitBreaker } from "../../src/actors/circuit-breaker.ts";
import { makeRateLimiter, type RateLimiter } from "../../src/actors/rate-limiter.ts";
import { type Random, seededRandom } from "../../src/foundation/random.ts";
import { LmError } from "../../src/lm/failure.ts";
import { backoff, decideRetry } from "../../src/lm/retry-policy.ts";

/** Whether a request that comes now, beside so many others, is refused. */
export type Provider = (at: {
  readonly now: number;
  readonly inFlight: number;
  readonly random: Random;
}) => LmError | undefined;

export interface Played {
  /** From the first call to the last answer, in ms. */
  readonly wallMs: number;
  readonly requestsPerCall: number;
  readonly failed: number;
  /** When each request started. */
  readonly starts: readonly number[];
  readonly refused: number;
}

export interface Load {
  readonly calls: number;
  /** Callers that make one call after another. */
  readonly callers: number;
  readonly concurrency: number;
  readonly latencyMs: number;
  readonly provider: Provider;
  readonly seed?: number;
  readonly limiter?: RateLimiter;
}

interface Call {
  readonly startedAt: number;
  attempts: number;
}

export function play({ calls, callers, concurrency, latencyMs, provider, ...rest }: Load): Played {
  const random = seededRandom(rest.seed ?? 1);
  const policy = backoff({ deadlineMs: Infinity });
  const admission: Admission<Call, Call> = makeAdmission({
    client: "main",
    concurrency,
    limiter: rest.limiter ?? makeRateLimiter({}),
    breaker: makeCircuitBreaker(false),
  });
  const events: { readonly at: number; readonly happens: () => void }[] = [];
  /** In order, the first one last. */
  const later = (at: number, happens: () => void): void => {
    let [low, high] = [0, events.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((events[middle]?.at ?? 0) > at) low = middle + 1;
      else high = middle;
    }
    events.splice(low, 0, { at, happens });
  };
  const starts: number[] = [];
  let [now, begun, failed, refused, inFlight, wokenAt] = [0, 0, 0, 0, 0, Infinity];

  const take = (verdict: Verdict<Call> | undefined): void => {
    if (verdict?.kind === "granted") request(verdict.waiter);
  };
  const look = (): void => {
    for (const verdict of admission.due(now)) take(verdict);
    const at = admission.nextAt(now);
    if (at === undefined || at >= wokenAt) return;
    wokenAt = at;
    later(at, () => {
      wokenAt = Infinity;
      look();
    });
  };
  const ask = (call: Call): void => {
    take(admission.ask(call, call, {}, now));
    look();
  };
  const request = (call: Call): void => {
    starts.push(now);
    call.attempts += 1;
    const failure = provider({ now, inFlight, random });
    if (failure !== undefined) refused += 1;
    inFlight += 1;
    later(now + latencyMs * (0.9 + 0.2 * random.next()), () => {
      inFlight -= 1;
      admission.ended(call, failure === undefined ? { tokens: 0 } : { failure }, now);
      look();
      if (failure === undefined) return next();
      const facts = { failure, attempt: call.attempts, elapsedMs: now - call.startedAt, random };
      const decision = decideRetry(policy, facts);
      if (decision.retry) return later(now + decision.waitMs, () => ask(call));
      failed += 1;
      next();
    });
  };
  const next = (): void => {
    if (begun >= calls) return;
    begun += 1;
    ask({ startedAt: now, attempts: 0 });
  };

  for (let caller = 0; caller < callers; caller += 1) later(0, next);
  for (let event = events.pop(); event !== undefined; event = events.pop()) {
    now = Math.max(now, event.at);
    event.happens();
  }
  return { wallMs: now, requestsPerCall: starts.length / calls, failed, starts, refused };
}

function refusal(code: "rate_limited" | "overloaded", retryAfterMs?: number): LmError {
  return new LmError("slow down", { code, ...(retryAfterMs !== undefined && { retryAfterMs }) });
}

/** Refuses some at random. */
export function scattered(share: number, retryAfterMs: number): Provider {
  return ({ random }) => (random.next() < share ? refusal("rate_limited", retryAfterMs) : undefined);
}

/** So many a second, as a bucket that fills evenly and holds as many as `burst`; says when the next one fits. */
export function bucket(perSecond: number, burst: number): Provider {
  let [left, at] = [burst, 0];
  return ({ now }) => {
    left = Math.min(burst, left + ((now - at) * perSecond) / 1_000);
    at = now;
    if (left < 1) return refusal("rate_limited", Math.ceil(((1 - left) * 1_000) / perSecond));
    left -= 1;
    return undefined;
  };
}

/** So many in each second of the clock; says when the next one begins. */
export function fixedWindow(perSecond: number): Provider {
  let [second, count] = [-1, 0];
  return ({ now }) => {
    const current = Math.floor(now / 1_000);
    if (current !== second) [second, count] = [current, 0];
    count += 1;
    return count > perSecond ? refusal("rate_limited", Math.ceil((second + 1) * 1_000 - now)) : undefined;
  };
}

/** Well for a second, down for 30, and then for a second well with 10 in flight at most. */
export function downFor30s(): Provider {
  const [downAt, upAt] = [1_000, 31_000];
  return ({ now, inFlight }) => {
    if (now < downAt) return undefined;
    if (now < upAt) return refusal("overloaded", upAt - now);
    return now < upAt + 1_000 && inFlight >= 10 ? refusal("overloaded") : undefined;
  };
}
