import { makeAccount, type Account } from "./account.ts";
import { type CircuitBreaker, makeCircuitBreaker } from "./circuit-breaker.ts";
import { type CallHistory, DEFAULT_HISTORY, makeHistory } from "./client-history.ts";
import type { ClientOptions } from "./client-options.ts";
import { makeRateLimiter, type RateLimiter } from "./rate-limiter.ts";

/**
 * What a client knows about its provider, and what it has used: kept beside its process, as an ETS table is in Erlang. A
 * crash of the client gives back no rate, closes no circuit and forgets no cost, since none of these is the process's own.
 */
export interface ClientMemory {
  readonly limiter: RateLimiter;
  readonly breaker: CircuitBreaker;
  readonly history: CallHistory;
  readonly account: Account;
}

export function makeClientMemory({ limits, circuitBreaker, history = DEFAULT_HISTORY }: ClientOptions): ClientMemory {
  return Object.freeze({
    limiter: makeRateLimiter(limits ?? {}),
    breaker: makeCircuitBreaker(circuitBreaker),
    history: makeHistory(history),
    account: makeAccount(),
  });
}
