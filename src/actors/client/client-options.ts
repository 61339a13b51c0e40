import type { Adapter } from "../../adapters/adapter.ts";
import { checkNumber, checkOptions, optionNames, WHOLE_ABOVE_0, WHOLE_FROM_0 } from "../../foundation/check-options.ts";
import { describe, UsageError } from "../../foundation/errors.ts";
import { type Budget, checkBudget } from "../../lm/budget.ts";
import type { LmSpec } from "../../lm/language-model.ts";
import type { CircuitBreakerOptions } from "../../lm/limits/circuit-breaker.ts";
import type { RateLimits } from "../../lm/limits/rate-limiter.ts";

/**
 * How much a client asks of its provider. Each of the limits per minute also holds at a sixtieth in any second; a request
 * beyond a limit waits its turn, first in first out, a user's before an optimizer's.
 */
export interface ClientLimits extends RateLimits {
  /** Requests in flight at once. Default: no limit. */
  readonly concurrency?: number | undefined;
  /** Default: no limit. */
  readonly requestsPerMinute?: number | undefined;
  /**
   * Input and output together. A request is let in by an estimate (a quarter of its characters, and `maxTokens`, else 500)
   * that is set right by the answer. Default: no limit.
   */
  readonly tokensPerMinute?: number | undefined;
}

export interface ClientOptions {
  /** What programs call it. */
  readonly name: string;
  /** Opened at each start of the client's process: `openai(…)`, `llama(…)`, `scripted([…])`. */
  readonly lm: LmSpec;
  /** The layout for its model, where a program or a call does not say otherwise. Default: what fits the model. */
  readonly adapter?: Adapter | undefined;
  readonly limits?: ClientLimits | undefined;
  /**
   * Milliseconds: the longest that the client keeps its calls waiting because of what the provider says (`Retry-After`,
   * `x-ratelimit-reset-…`, in spans or moments). Then one request sees whether that still holds. Default 60,000.
   */
  readonly longestPauseMs?: number | undefined;
  /** Keeps runs away from a provider that is down; `false` for none. Default: `{ failures: 5, coolDownMs: 5_000 }`. */
  readonly circuitBreaker?: CircuitBreakerOptions | false | undefined;
  /**
   * Names of clients that a run asks instead, in this order, when this one is no use trying again: its circuit is open, it
   * is down for good or overloaded, its quota is used up, or it refuses the key. Default: none.
   */
  readonly fallback?: readonly string[] | undefined;
  /**
   * Milliseconds that a request waits in this client's line, after which its run asks the next of `fallback` instead; it
   * does not wait at all where it is known that it would have to for longer. Default: until the call's deadline.
   */
  readonly fallbackAfterMs?: number | undefined;
  /**
   * Milliseconds after which a second request is made beside one that has no answer yet: the first answer counts, the
   * other request is cancelled. They count from when the first has its permit; the second waits for one as any request
   * does, and is not made where the first is answered before that, or fails. Costs what it costs. Streams are not hedged.
   * Default: never.
   */
  readonly hedgeAfterMs?: number | undefined;
  /**
   * What all its requests together may spend, through restarts, until the system ends: those that would pass it fail as
   * `budget_exceeded`. Default: no limit.
   */
  readonly budget?: Budget | undefined;
  /** How many of its last calls it remembers for `system.inspectHistory`. Default 50. */
  readonly history?: number | undefined;
}

/** @throws UsageError for options that make no sense */
export function checkClientOptions(options: ClientOptions): void {
  const what = clientCalled(options);
  checkOptions(what, options, OPTIONS);
  const { name, lm, limits, circuitBreaker, longestPauseMs, fallback, hedgeAfterMs, history } = options;
  if (lm?.kind !== "lm" || typeof lm.open !== "function")
    throw new UsageError(`${what}: lm must be a model such as openai("…") or llama(), got ${describe(lm)}`);
  checkLimits(what, limits, LIMITS);
  if (options.budget !== undefined) checkBudget(what, options.budget);
  checkNumber(what, "longestPauseMs", longestPauseMs, WHOLE_ABOVE_0);
  if (circuitBreaker !== undefined && circuitBreaker !== false) {
    checkOptions(`${what}: circuitBreaker`, circuitBreaker, BREAKER);
    checkNumber(what, "circuitBreaker.failures", circuitBreaker.failures, WHOLE_ABOVE_0);
    checkNumber(what, "circuitBreaker.coolDownMs", circuitBreaker.coolDownMs, WHOLE_ABOVE_0);
  }
  checkNumber(what, "fallbackAfterMs", options.fallbackAfterMs, WHOLE_ABOVE_0);
  if (options.fallbackAfterMs !== undefined && (fallback ?? []).length === 0)
    throw new UsageError(`${what}: fallbackAfterMs is of use only with a fallback`);
  checkNumber(what, "hedgeAfterMs", hedgeAfterMs, WHOLE_ABOVE_0);
  checkNumber(what, "history", history, WHOLE_FROM_0);
  if (fallback !== undefined && !(Array.isArray(fallback) && fallback.every((each) => typeof each === "string")))
    throw new UsageError(`${what}: fallback must be a list of names of clients, got ${describe(fallback)}`);
  if (fallback?.includes(name)) throw new UsageError(`${what}: it cannot be its own fallback`);
}

/**
 * What messages about a client call it.
 * @throws UsageError for options that are no object, or have no name
 */
export function clientCalled(options: { readonly name: string }): string {
  if (typeof options !== "object" || options === null)
    throw new UsageError(`client: expected an object of options, got ${describe(options)}`);
  const { name } = options;
  if (typeof name === "string" && name !== "") return `client "${name}"`;
  throw new UsageError(`client: name must be a text that is not empty, got ${describe(name)}`);
}

/** @throws UsageError for a limit that is none of these, or no whole number above 0 */
export function checkLimits(what: string, limits: object | undefined, known: readonly string[]): void {
  if (limits === undefined) return;
  checkOptions(`${what}: limits`, limits, known, "limit");
  for (const [name, value] of Object.entries(limits)) checkNumber(what, `limits.${name}`, value, WHOLE_ABOVE_0);
}

const OPTIONS = optionNames<ClientOptions>({
  name: true,
  lm: true,
  adapter: true,
  limits: true,
  longestPauseMs: true,
  circuitBreaker: true,
  fallback: true,
  fallbackAfterMs: true,
  hedgeAfterMs: true,
  budget: true,
  history: true,
});

const LIMITS = optionNames<ClientLimits>({ concurrency: true, requestsPerMinute: true, tokensPerMinute: true });

const BREAKER = optionNames<CircuitBreakerOptions>({ failures: true, coolDownMs: true });
