import { checkOptions } from "../../foundation/check-options.ts";
import { UsageError, describe } from "../../foundation/errors.ts";
import type { Random } from "../../foundation/random.ts";
import type { LmError, LmFailureCode } from "../failure.ts";

/** When a failed request is made again, as data. Made by {@link backoff}. */
export interface RetryPolicy {
  /** Requests in all, the first one and those that ask again after unreadable output included. */
  readonly maxAttempts: number;
  /** How often an answer that cannot be read is asked for again, for each output that is asked by itself. */
  readonly maxRepairs: number;
  readonly baseMs: number;
  readonly maxMs: number;
  readonly jitter: RetryJitter;
  readonly maxRetryAfterMs: number;
  readonly deadlineMs: number;
}

export type RetryJitter = "full" | "none";

export interface BackoffOptions {
  /** Requests in all for one call, the first one included; default 6. */
  readonly maxAttempts?: number;
  /**
   * How often an answer that cannot be read is asked for again, for each output that is asked by itself; default 2. These
   * requests count among the attempts too. More of them help with small models and flaky servers; 0 is as `onUnparsable:
   * "fail"`.
   */
  readonly maxRepairs?: number;
  /** The longest wait after the first failure; doubled after each further one. Default 250 ms. */
  readonly baseMs?: number;
  /** The longest wait of all that nobody asked for; default 20,000 ms. */
  readonly maxMs?: number;
  /**
   * The longest wait for a provider's `Retry-After`; default 60,000 ms. Where it asks for longer, the request is made again
   * after so long all the same; where it asks for longer than the deadline allows, the call fails at once, or goes to a
   * fallback.
   */
  readonly maxRetryAfterMs?: number;
  /** `"full"` (default) waits a random part of the time, so that many callers do not come back at once. */
  readonly jitter?: RetryJitter;
  /** A request that could not start within this time from the call's start is not made; default 60,000 ms. */
  readonly deadlineMs?: number;
}

const DEFAULTS: RetryPolicy = Object.freeze({
  maxAttempts: 6,
  maxRepairs: 2,
  baseMs: 250,
  maxMs: 20_000,
  jitter: "full",
  maxRetryAfterMs: 60_000,
  deadlineMs: 60_000,
});

/**
 * Exponential backoff with full jitter: before attempt k + 1 it waits a random time below `min(maxMs, baseMs · 2^(k−1))`
 * (Brooker, "Exponential Backoff and Jitter", 2015).
 *
 * @throws UsageError for options that make no sense
 */
export function backoff(options: BackoffOptions = {}): RetryPolicy {
  return readPolicy("backoff", options);
}

/** Policies that were made here: whole, right and frozen. There is a reading for each run. */
const READ = new WeakSet<BackoffOptions>();

/**
 * A policy as somebody gave it who may not have made it with {@link backoff}: what is left out is the default.
 * @throws UsageError for what makes no sense
 */
export function readPolicy(what: string, options: BackoffOptions): RetryPolicy {
  // It is one of them.
  if (READ.has(options)) return options as RetryPolicy;
  checkOptions(what, options, Object.keys(DEFAULTS));
  const policy: RetryPolicy = {
    maxAttempts: options.maxAttempts ?? DEFAULTS.maxAttempts,
    maxRepairs: options.maxRepairs ?? DEFAULTS.maxRepairs,
    baseMs: options.baseMs ?? DEFAULTS.baseMs,
    // Left out, the cap never undercuts a long base.
    maxMs: options.maxMs ?? Math.max(DEFAULTS.maxMs, options.baseMs ?? 0),
    jitter: options.jitter ?? DEFAULTS.jitter,
    maxRetryAfterMs: options.maxRetryAfterMs ?? DEFAULTS.maxRetryAfterMs,
    deadlineMs: options.deadlineMs ?? DEFAULTS.deadlineMs,
  };
  const expect = (right: boolean, key: keyof RetryPolicy, expected: string): void => {
    if (!right) throw new UsageError(`${what}: ${key} must be ${expected}, got ${describe(policy[key])}`);
  };
  expect(Number.isInteger(policy.maxAttempts) && policy.maxAttempts >= 1, "maxAttempts", "a whole number, at least 1");
  expect(Number.isInteger(policy.maxRepairs) && policy.maxRepairs >= 0, "maxRepairs", "a whole number, at least 0");
  expect(Number.isFinite(policy.baseMs) && policy.baseMs >= 0, "baseMs", "milliseconds, at least 0");
  expect(Number.isFinite(policy.maxMs) && policy.maxMs >= policy.baseMs, "maxMs", `at least baseMs (${policy.baseMs})`);
  expect(policy.jitter === "full" || policy.jitter === "none", "jitter", '"full" or "none"');
  expect(
    Number.isFinite(policy.maxRetryAfterMs) && policy.maxRetryAfterMs > 0,
    "maxRetryAfterMs",
    "milliseconds above 0",
  );
  // `Infinity` is a fine deadline: none at all.
  expect(typeof policy.deadlineMs === "number" && policy.deadlineMs > 0, "deadlineMs", "milliseconds above 0");
  READ.add(policy);
  return Object.freeze(policy);
}

/** What is known about a call when one of its requests has failed. */
export interface RetryFacts {
  readonly failure: LmError;
  /** Requests made so far, the failed one included: 1 after the first. */
  readonly attempt: number;
  /** Time since the call began. */
  readonly elapsedMs: number;
  /** Time until the caller's own deadline, which a wait that was asked for must not reach. Default: there is none. */
  readonly leftMs?: number;
  readonly random: Random;
  /** Whether this call has already been retried at once; that is done a single time. Default false. */
  readonly retriedAtOnce?: boolean;
}

export type RetryDecision =
  | {
      readonly retry: true;
      readonly waitMs: number;
      /**
       * `fallback`: at once, at the next client of the list (see `decideFallback`). `not_supported`: at once, since the
       * model asks from now on without what its server has turned down.
       * `reset_before_first_byte`: at once, most likely a kept-alive connection that the server had just closed.
       * `retry_after`: as long as the provider asked, up to `maxRetryAfterMs`. `client_restarting`: a short backoff, since a supervisor
       * brings the client back within milliseconds. `backoff`: everything else.
       */
      readonly why:
        | "fallback"
        | "not_supported"
        | "reset_before_first_byte"
        | "retry_after"
        | "client_restarting"
        | "backoff";
    }
  | {
      readonly retry: false;
      /**
       * `deadline`: the next request could not start in time, so nothing is gained by waiting. `answer_begun`: the
       * failed one's answer has reached the user in part.
       */
      readonly why: "not_retryable" | "attempts_used" | "deadline" | "answer_begun";
    };

type Treatment = "give_up" | "backoff" | "short_backoff" | "at_once_if_reset" | "if_under_way";

/** What is done about each failure, where it is marked retryable at all. */
const TREATMENT: Record<LmFailureCode, Treatment> = {
  auth: "give_up",
  permission: "give_up",
  not_found: "give_up",
  bad_request: "give_up",
  context_too_long: "give_up",
  content_filter: "give_up",
  insufficient_quota: "give_up",
  cut_off: "give_up",
  unparsable_output: "give_up",
  cancelled: "give_up",
  budget_exceeded: "give_up",
  no_such_client: "give_up",
  rate_limited: "backoff",
  timeout: "backoff",
  server: "backoff",
  overloaded: "backoff",
  malformed_response: "backoff",
  circuit_open: "if_under_way",
  busy: "backoff",
  request_crashed: "backoff",
  client_down: "short_backoff",
  connection: "at_once_if_reset",
};

/** A client's restart takes less than a millisecond, a provider's recovery seconds. */
const SHORT_BACKOFF_SHARE = 0.1;

const NOT_SUPPORTED = Object.freeze({ retry: true, waitMs: 0, why: "not_supported" } as const);

/** Whether a call goes on after a failure, and when. Pure but for drawing from `random`, at most once. */
export function decideRetry(policy: RetryPolicy, facts: RetryFacts): RetryDecision {
  const { failure, attempt, elapsedMs, leftMs = Infinity } = facts;
  const treatment = TREATMENT[failure.code];
  // An implementation may mark one failure either way ("do not try this again"); the code alone is the default.
  if (!failure.retryable) return { retry: false, why: "not_retryable" };
  const otherwise = failure.code === "bad_request" && failure.details["unsupported"] !== undefined;
  if (treatment === "give_up" && !otherwise) return { retry: false, why: "not_retryable" };
  // A new call hears at once that the provider is down; one that has asked already waits, with the others, until it is
  // tried again: what opened the circuit may have been a moment's trouble.
  if (treatment === "if_under_way" && attempt <= 1) return { retry: false, why: "not_retryable" };
  if (failure.code === "timeout" && failure.details["phase"] === "permit") return { retry: false, why: "deadline" };
  if (attempt >= policy.maxAttempts) return { retry: false, why: "attempts_used" };
  const planned = otherwise ? NOT_SUPPORTED : plan(policy, treatment, facts);
  // What it says itself counts here, however long that is.
  const asked = planned.why === "retry_after";
  const waitMs = asked ? told(failure) : planned.waitMs;
  if (elapsedMs + waitMs >= policy.deadlineMs || (asked && waitMs >= leftMs)) return { retry: false, why: "deadline" };
  return planned;
}

/** A number below `Infinity`, which a deadline may be. */
function told({ retryAfterMs = 0 }: LmError): number {
  return Math.min(retryAfterMs, Number.MAX_VALUE);
}

function plan(policy: RetryPolicy, treatment: Treatment, facts: RetryFacts): RetryDecision & { readonly retry: true } {
  const { failure, attempt, random } = facts;
  // "In 0 seconds" asks for no wait at all, which is no reason for all callers to come back in the same instant.
  if (failure.retryAfterMs !== undefined && failure.retryAfterMs > 0) {
    // Our own circuit knows when it lets somebody through; a provider's word is heeded within bounds.
    const most = failure.code === "circuit_open" ? Infinity : policy.maxRetryAfterMs;
    return { retry: true, waitMs: Math.min(failure.retryAfterMs, most), why: "retry_after" };
  }
  const resetBeforeFirstByte = treatment === "at_once_if_reset" && failure.details["beforeFirstByte"] === true;
  if (resetBeforeFirstByte && facts.retriedAtOnce !== true) {
    return { retry: true, waitMs: 0, why: "reset_before_first_byte" };
  }
  const short = treatment === "short_backoff";
  const base = short ? policy.baseMs * SHORT_BACKOFF_SHARE : policy.baseMs;
  const ceiling = Math.min(policy.maxMs, base * 2 ** (attempt - 1));
  const waitMs = policy.jitter === "full" ? random.next() * ceiling : ceiling;
  return { retry: true, waitMs: Math.round(waitMs), why: short ? "client_restarting" : "backoff" };
}
