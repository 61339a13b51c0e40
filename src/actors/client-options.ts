import type { Adapter } from "../adapters/adapter.ts";
import { describe, UsageError } from "../foundation/errors.ts";
import type { LmSpec } from "../lm/language-model.ts";
import type { CircuitBreakerOptions } from "./circuit-breaker.ts";
import type { RateLimits } from "./rate-limiter.ts";

/**
 * How much a client asks of its provider. Each of the limits per minute also holds at a sixtieth in any second; a request
 * beyond a limit waits its turn, first in first out, a user's before an optimizer's.
 */
export interface ClientLimits extends RateLimits {
  /** Requests in flight at once. Default: no limit. */
  readonly concurrency?: number;
  /** Default: no limit. */
  readonly requestsPerMinute?: number;
  /**
   * Input and output together. A request is let in by an estimate (a quarter of its characters, and `maxTokens`, else 500)
   * that is set right by the answer. Default: no limit.
   */
  readonly tokensPerMinute?: number;
}

export interface ClientOptions {
  /** What programs call it. */
  readonly name: string;
  /** Opened at each start of the client's process: `openai(…)`, `llama(…)`, `scripted([…])`. */
  readonly lm: LmSpec;
  /** The layout for its model, where a program or a call does not say otherwise. Default: what fits the model. */
  readonly adapter?: Adapter;
  readonly limits?: ClientLimits;
  /**
   * Milliseconds: the longest that the client keeps its calls waiting because of what the provider says (`Retry-After`,
   * `x-ratelimit-reset-…`, in spans or moments). Then one request sees whether that still holds. Default 60,000.
   */
  readonly longestPauseMs?: number;
  /** Keeps runs away from a provider that is down; `false` for none. Default: `{ failures: 5, coolDownMs: 5_000 }`. */
  readonly circuitBreaker?: CircuitBreakerOptions | false;
  /**
   * Names of clients that a run asks instead, in this order, when this one is no use trying again: its circuit is open, it
   * is down for good or overloaded, its quota is used up, or it refuses the key. Default: none.
   */
  readonly fallback?: readonly string[];
  /**
   * Milliseconds after which a second request is made beside one that has no answer yet: the first answer counts, the
   * other request is cancelled. They count from when the first has its permit; the second waits for one as any request
   * does, and is not made where the first is answered before that, or fails. Costs what it costs. Streams are not hedged.
   * Default: never.
   */
  readonly hedgeAfterMs?: number;
  /** How many of its last calls it remembers for `system.inspectHistory`. Default 50. */
  readonly history?: number;
}

/** @throws UsageError for options that make no sense */
export function checkClientOptions(options: ClientOptions): void {
  const { name, lm, limits, circuitBreaker, longestPauseMs, fallback, hedgeAfterMs, history } = options;
  if (typeof name !== "string" || name === "")
    throw new UsageError(`client: name must be a text that is not empty, got ${describe(name)}`);
  const what = `client "${name}"`;
  if (lm?.kind !== "lm" || typeof lm.open !== "function")
    throw new UsageError(`${what}: lm must be a model such as openai("…") or llama(), got ${describe(lm)}`);
  for (const key of Object.keys(limits ?? {}))
    if (!LIMITS.includes(key)) throw new UsageError(`${what}: no limit "${key}"; there are ${LIMITS.join(", ")}`);
  const positive = (key: string, value: number | undefined): void => {
    if (value !== undefined && !(Number.isInteger(value) && value > 0))
      throw new UsageError(`${what}: ${key} must be a whole number above 0, got ${describe(value)}`);
  };
  positive("limits.concurrency", limits?.concurrency);
  positive("limits.requestsPerMinute", limits?.requestsPerMinute);
  positive("limits.tokensPerMinute", limits?.tokensPerMinute);
  positive("longestPauseMs", longestPauseMs);
  if (circuitBreaker !== undefined && circuitBreaker !== false) {
    positive("circuitBreaker.failures", circuitBreaker.failures);
    positive("circuitBreaker.coolDownMs", circuitBreaker.coolDownMs);
  }
  positive("hedgeAfterMs", hedgeAfterMs);
  if (history !== undefined && !(Number.isInteger(history) && history >= 0))
    throw new UsageError(`${what}: history must be a whole number, at least 0, got ${describe(history)}`);
  if (fallback !== undefined && !(Array.isArray(fallback) && fallback.every((each) => typeof each === "string")))
    throw new UsageError(`${what}: fallback must be a list of names of clients, got ${describe(fallback)}`);
  if (fallback?.includes(name)) throw new UsageError(`${what}: it cannot be its own fallback`);
}

const LIMITS: readonly string[] = ["concurrency", "requestsPerMinute", "tokensPerMinute"];
