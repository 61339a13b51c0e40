import { type Ledger, makeLedger } from "../../lm/ledger/ledger.ts";
import { type CircuitBreaker, makeCircuitBreaker } from "../../lm/limits/circuit-breaker.ts";
import { type CallHistory, DEFAULT_HISTORY, makeHistory } from "./client-history.ts";
import type { ClientOptions } from "./client-options.ts";
import { makePace, type Pace } from "../../lm/limits/pace.ts";
import { type RefusalWatch, watchRefusals } from "../../lm/limits/standing-refusal.ts";
import type { LmMessage } from "../../lm/message.ts";
import type { ActorRef } from "../../runtime/actor-ref.ts";
import type { OpenRequest } from "./request-events.ts";
import { DEFAULT_LONGEST_PAUSE_MS, makeRateLimiter, type RateLimiter } from "../../lm/limits/rate-limiter.ts";

/** A request that has asked for a permit, and has it or waits for it. */
export interface OpenCall extends OpenRequest {
  /** Only where contents may be kept. */
  readonly messages: readonly LmMessage[] | undefined;
}

/**
 * What a client knows about its provider, and what it has used: kept beside its process, as an ETS table is in Erlang. A
 * crash of the client gives back no rate, closes no circuit and forgets no cost, since none of these is the process's own.
 */
export interface ProviderState {
  readonly limiter: RateLimiter;
  readonly pace: Pace;
  readonly breaker: CircuitBreaker;
  readonly refusals: RefusalWatch;
  readonly history: CallHistory;
  readonly ledger: Ledger;
  /** By their processes: what is left in it when a client's process begins has ended with the one before. */
  readonly calls: Map<ActorRef, OpenCall>;
}

export function makeProviderState(options: ClientOptions): ProviderState {
  const { limits, circuitBreaker, longestPauseMs = DEFAULT_LONGEST_PAUSE_MS, history = DEFAULT_HISTORY } = options;
  const { name, budget } = options;
  return Object.freeze({
    limiter: makeRateLimiter(limits ?? {}, longestPauseMs),
    pace: makePace({ longestPauseMs }),
    breaker: makeCircuitBreaker(circuitBreaker),
    refusals: watchRefusals(),
    history: makeHistory(history),
    ledger: makeLedger({ budget, whose: `client "${name}"` }),
    calls: new Map(),
  });
}
