import type { LmError, LmFailureCode } from "../failure.ts";

export interface CircuitBreakerOptions {
  /**
   * Runs in a row whose requests failed with a server's or a connection's fault, none succeeding in between, until it
   * opens; default 5. A run counts once, however often it tries: one doomed call opens nothing. Where more than four times
   * as many requests are in flight, it takes a quarter of them: their ends may be heard of in clumps.
   */
  readonly failures?: number | undefined;
  /** Milliseconds that it stays open before one request may probe; default 5,000. */
  readonly coolDownMs?: number | undefined;
}

/** `closed`: requests pass. `open`: none does. `half_open`: one may pass, or is out, to see whether the server is back. */
export type CircuitState = "closed" | "open" | "half_open";

/** What becomes of a request that wants to start. */
export type CircuitVerdict = "pass" | "probe" | "wait" | "refuse";

/** Decides by what it is told and by `now` (milliseconds); no clock, no timer. */
export interface CircuitBreaker {
  state(now: number): CircuitState;
  /** `wait`: a probe is out, whose end decides. The caller that lets a `probe` pass says so by {@link CircuitBreaker.probed}. */
  verdict(now: number): CircuitVerdict;
  /** While it is open: milliseconds until it lets a probe through. */
  opensInMs(now: number): number;
  probed(): void;
  /** A request has ended, beside so many that are in flight. Gives the new state if that changed it. */
  ended(
    how: ProviderHealth,
    run: string | undefined,
    probe: boolean,
    now: number,
    inFlight?: number,
  ): CircuitState | undefined;
  /** The probe is lost with the process that let it pass. */
  forgetProbe(): void;
}

/** What a request's end says about its provider: nothing, where the caller ended it or it never got there. */
export type ProviderHealth = "well" | "ill" | "unknown";

export const DEFAULT_FAILURES = 5;
export const DEFAULT_COOL_DOWN_MS = 5_000;
/**
 * Of a hundred requests that end at about the same time, those that failed may be heard of first, since a failure has
 * nothing to read: five in a row are then no sign that the provider is down, and calls that come fail at once until the next
 * success is heard of.
 */
const SHARE_IN_FLIGHT = 0.25;

export function makeCircuitBreaker(options: CircuitBreakerOptions | false = {}): CircuitBreaker {
  const { failures = DEFAULT_FAILURES, coolDownMs = DEFAULT_COOL_DOWN_MS } = options === false ? {} : options;
  const threshold = options === false ? Infinity : failures;
  /** The runs that failed since the last success; those without a name count each time. */
  const failed = new Set<string>();
  let nameless = 0;
  let openUntil: number | undefined;
  let probeOut = false;

  const open = (now: number): CircuitState => {
    openUntil = now + coolDownMs;
    return "open";
  };
  const state = (now: number): CircuitState => {
    if (openUntil === undefined) return "closed";
    return now < openUntil ? "open" : "half_open";
  };

  return Object.freeze({
    state,
    verdict(now: number): CircuitVerdict {
      switch (state(now)) {
        case "closed":
          return "pass";
        case "open":
          return "refuse";
        case "half_open":
          return probeOut ? "wait" : "probe";
      }
    },
    opensInMs: (now: number) => Math.max(0, (openUntil ?? now) - now),
    probed(): void {
      probeOut = true;
    },
    ended(
      how: ProviderHealth,
      run: string | undefined,
      probe: boolean,
      now: number,
      inFlight = 0,
    ): CircuitState | undefined {
      if (probe) probeOut = false;
      switch (how) {
        case "unknown":
          return undefined;
        case "well": {
          failed.clear();
          nameless = 0;
          const was = openUntil;
          openUntil = undefined;
          return was === undefined ? undefined : "closed";
        }
        case "ill":
          if (run === undefined) nameless += 1;
          else failed.add(run);
          if (probe) return open(now);
          // Those that were under way when it opened say nothing new.
          if (openUntil !== undefined) return undefined;
          return failed.size + nameless >= Math.max(threshold, inFlight * SHARE_IN_FLIGHT) ? open(now) : undefined;
      }
    },
    forgetProbe(): void {
      probeOut = false;
    },
  });
}

/** An answer, even a refusal, shows that the server is there. */
const HEALTH: Record<LmFailureCode, ProviderHealth> = {
  server: "ill",
  connection: "ill",
  auth: "well",
  permission: "well",
  not_found: "well",
  bad_request: "well",
  context_too_long: "well",
  content_filter: "well",
  rate_limited: "well",
  insufficient_quota: "well",
  overloaded: "well",
  malformed_response: "well",
  cut_off: "well",
  unparsable_output: "well",
  timeout: "unknown",
  cancelled: "unknown",
  budget_exceeded: "unknown",
  client_down: "unknown",
  circuit_open: "unknown",
  no_such_client: "unknown",
  busy: "unknown",
  request_crashed: "unknown",
};

export function healthOf(failure: LmError): ProviderHealth {
  // A server that takes no connection is as good as none; one that thinks for too long is not.
  if (failure.code === "timeout") return failure.details["phase"] === "connect" ? "ill" : "unknown";
  return HEALTH[failure.code];
}
