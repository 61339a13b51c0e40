import { expect, test } from "vitest";
import { LM_FAILURES, LmError, type LmErrorOptions, type LmFailureCode } from "../../../src/lm/failure.ts";
import { decideFallback } from "../../../src/lm/retry/fallback-policy.ts";
import { type RetryDecision } from "../../../src/lm/retry/retry-policy.ts";

const RETRY: RetryDecision = { retry: true, waitMs: 100, why: "backoff" };
const OVER: RetryDecision = { retry: false, why: "not_retryable" };
const LATE: RetryDecision = { retry: false, why: "deadline" };

const moves = (failure: LmErrorOptions, decision: RetryDecision, inARow = 1): boolean =>
  decideFallback({ failure: new LmError("x", failure), decision, inARow });

test("at once where trying here again is no use", () => {
  const codes = Object.keys(LM_FAILURES) as LmFailureCode[];
  const at_once = ["auth", "permission", "insufficient_quota", "overloaded", "circuit_open"];
  expect(codes.filter((code) => moves({ code }, RETRY))).toEqual(at_once);
  expect(codes.filter((code) => moves({ code }, OVER))).toEqual(at_once);
});

test("when the wait for a limit would take until the deadline", () => {
  expect(moves({ code: "rate_limited" }, LATE)).toBe(true);
  expect(moves({ code: "timeout", details: { phase: "permit" } }, LATE)).toBe(true);
  expect(moves({ code: "timeout", details: { phase: "total" } }, LATE)).toBe(false);
});

test("when a client is down and stays so", () => {
  expect([1, 2].map((inARow) => moves({ code: "client_down" }, RETRY, inARow))).toEqual([false, true]);
});

test("never when all attempts are used", () => {
  expect(moves({ code: "overloaded" }, { retry: false, why: "attempts_used" })).toBe(false);
});
