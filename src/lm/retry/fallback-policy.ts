import type { LmError, LmFailureCode } from "../failure.ts";
import type { RetryDecision } from "./retry-policy.ts";

/** When a call goes to the next client of its list: never, at once, or when trying here again is over or has been tried. */
type Move = "never" | "at_once" | "when_given_up" | "after_one_retry";

/** For each failure. What is wrong with the request itself is wrong everywhere. */
const MOVES: Record<LmFailureCode, Move> = {
  auth: "at_once",
  permission: "at_once",
  insufficient_quota: "at_once",
  overloaded: "at_once",
  circuit_open: "at_once",
  // A supervisor brings it back within milliseconds, unless it is down for good.
  client_down: "after_one_retry",
  // Its wait, or our own line, would take until the deadline.
  rate_limited: "when_given_up",
  timeout: "when_given_up",
  not_found: "never",
  bad_request: "never",
  context_too_long: "never",
  content_filter: "never",
  cut_off: "never",
  unparsable_output: "never",
  cancelled: "never",
  budget_exceeded: "never",
  no_such_client: "never",
  server: "never",
  connection: "never",
  malformed_response: "never",
  busy: "never",
  request_crashed: "never",
};

export interface FallbackFacts {
  readonly failure: LmError;
  /** How often in a row this client has failed with this code, this time included. */
  readonly inARow: number;
  /** What would be done without a fallback. */
  readonly decision: RetryDecision;
}

/** Whether a call that failed at one client goes to the next one, where there is one. Pure. */
export function decideFallback({ failure, inARow, decision }: FallbackFacts): boolean {
  // Another client's request is an attempt like any other.
  if (!decision.retry && decision.why === "attempts_used") return false;
  switch (MOVES[failure.code]) {
    case "never":
      return false;
    case "at_once":
      return true;
    case "after_one_retry":
      return inARow > 1;
    case "when_given_up":
      return !decision.retry && decision.why === "deadline" && leavesTime(failure);
  }
}

/** A request that used up the call's whole time leaves none for another. */
function leavesTime({ code, details }: LmError): boolean {
  return code !== "timeout" || details["phase"] === "permit";
}
