import { describe, expect, test } from "vitest";
import { UsageError } from "../../../src/foundation/errors.ts";
import { LM_FAILURES, LmError } from "../../../src/lm/failure.ts";
import type { LmErrorOptions, LmFailureCode } from "../../../src/lm/failure.ts";
import { backoff, decideRetry, readPolicy } from "../../../src/lm/retry/retry-policy.ts";
import type { BackoffOptions, RetryDecision, RetryFacts } from "../../../src/lm/retry/retry-policy.ts";

const half = { next: () => 0.5 };
const policy = backoff({ baseMs: 100, maxMs: 1_000, deadlineMs: 10_000 });

function decide(failure: LmErrorOptions, facts: Partial<RetryFacts> = {}): RetryDecision {
  return decideRetry(policy, { failure: new LmError("x", failure), attempt: 1, elapsedMs: 0, random: half, ...facts });
}

describe("backoff", () => {
  test("has the documented defaults and is frozen", () => {
    const policy = backoff();
    expect(policy).toEqual({
      maxAttempts: 6,
      maxRepairs: 2,
      baseMs: 250,
      maxMs: 20_000,
      jitter: "full",
      maxRetryAfterMs: 60_000,
      deadlineMs: 60_000,
    });
    expect(Object.isFrozen(policy)).toBe(true);
  });

  test("one that was made here is read as it is", () => {
    expect(readPolicy("retry", policy)).toBe(policy);
    expect(readPolicy("retry", { ...policy })).toEqual(policy);
  });

  test("takes no deadline, and a base above the default cap", () => {
    expect(backoff({ deadlineMs: Infinity, baseMs: 30_000 })).toMatchObject({ deadlineMs: Infinity, maxMs: 30_000 });
  });

  test.each<[BackoffOptions, string]>([
    [{ maxAttempts: 0 }, "backoff: maxAttempts must be a whole number, at least 1, got 0"],
    [{ maxRepairs: -1 }, "backoff: maxRepairs must be a whole number, at least 0, got -1"],
    [{ maxAttempts: 1.5 }, "backoff: maxAttempts must be a whole number, at least 1, got 1.5"],
    [{ baseMs: -1 }, "backoff: baseMs must be milliseconds, at least 0, got -1"],
    [{ baseMs: NaN }, "backoff: baseMs must be milliseconds, at least 0, got NaN"],
    [{ baseMs: 500, maxMs: 100 }, "backoff: maxMs must be at least baseMs (500), got 100"],
    [{ maxRetryAfterMs: Infinity }, "backoff: maxRetryAfterMs must be milliseconds above 0, got Infinity"],
    [{ deadlineMs: 0 }, "backoff: deadlineMs must be milliseconds above 0, got 0"],
    [{ jitter: "some" } as unknown as BackoffOptions, 'backoff: jitter must be "full" or "none", got "some"'],
    [
      { retries: 3 } as BackoffOptions,
      'backoff: no option "retries"; there are maxAttempts, maxRepairs, baseMs, maxMs, jitter, maxRetryAfterMs, deadlineMs',
    ],
  ])("%j is refused", (options, message) => {
    expect(() => backoff(options)).toThrow(new UsageError(message));
  });
});

describe("what is done about each failure", () => {
  const afterOne: Record<LmFailureCode, RetryDecision> = {
    auth: { retry: false, why: "not_retryable" },
    permission: { retry: false, why: "not_retryable" },
    not_found: { retry: false, why: "not_retryable" },
    bad_request: { retry: false, why: "not_retryable" },
    context_too_long: { retry: false, why: "not_retryable" },
    content_filter: { retry: false, why: "not_retryable" },
    insufficient_quota: { retry: false, why: "not_retryable" },
    cut_off: { retry: false, why: "not_retryable" },
    unparsable_output: { retry: false, why: "not_retryable" },
    cancelled: { retry: false, why: "not_retryable" },
    budget_exceeded: { retry: false, why: "not_retryable" },
    no_such_client: { retry: false, why: "not_retryable" },
    rate_limited: { retry: true, waitMs: 50, why: "backoff" },
    timeout: { retry: true, waitMs: 50, why: "backoff" },
    connection: { retry: true, waitMs: 50, why: "backoff" },
    server: { retry: true, waitMs: 50, why: "backoff" },
    overloaded: { retry: true, waitMs: 50, why: "backoff" },
    malformed_response: { retry: true, waitMs: 50, why: "backoff" },
    circuit_open: { retry: false, why: "not_retryable" },
    busy: { retry: true, waitMs: 50, why: "backoff" },
    request_crashed: { retry: true, waitMs: 50, why: "backoff" },
    client_down: { retry: true, waitMs: 5, why: "client_restarting" },
  };

  test.each(Object.entries(afterOne))("%s", (code, decision) => {
    expect(decide({ code: code as LmFailureCode })).toEqual(decision);
  });

  test("a call that is under way waits until the circuit is tried again", () => {
    const open: LmErrorOptions = { code: "circuit_open", retryAfterMs: 700 };
    expect(decide(open, { attempt: 2 })).toEqual({ retry: true, waitMs: 700, why: "retry_after" });
  });

  test("a call whose turn comes after its deadline is over", () => {
    expect(decide({ code: "timeout", details: { phase: "permit" } })).toEqual({ retry: false, why: "deadline" });
  });

  test("covers every code", () => {
    expect(Object.keys(afterOne).sort()).toEqual(Object.keys(LM_FAILURES).sort());
  });

  test("a failure that says it is not retryable is not retried, whatever its code", () => {
    expect(decide({ code: "server", retryable: false })).toEqual({ retry: false, why: "not_retryable" });
  });

  test("a code that is given up stays so when one failure claims to be retryable", () => {
    expect(decide({ code: "auth", retryable: true })).toEqual({ retry: false, why: "not_retryable" });
  });
});

describe("a request that holds what the server does not take", () => {
  const unsupported: LmErrorOptions = { code: "bad_request", retryable: true, details: { unsupported: "json_schema" } };

  test("is made again at once: it is written without it", () => {
    expect(decide(unsupported)).toEqual({ retry: true, waitMs: 0, why: "not_supported" });
    expect(decide(unsupported, { attempt: 2, retriedAtOnce: true })).toMatchObject({ why: "not_supported" });
  });

  test("counts as an attempt, and is not made after the deadline", () => {
    expect(decide(unsupported, { attempt: 6 })).toEqual({ retry: false, why: "attempts_used" });
    expect(decide(unsupported, { elapsedMs: 10_000 })).toEqual({ retry: false, why: "deadline" });
  });

  test("is given up where its model leaves nothing out", () => {
    expect(decide({ ...unsupported, retryable: false })).toEqual({ retry: false, why: "not_retryable" });
    expect(decide({ code: "bad_request", retryable: true })).toEqual({ retry: false, why: "not_retryable" });
  });
});

describe("a connection that was reset", () => {
  const reset: LmErrorOptions = { code: "connection", details: { beforeFirstByte: true } };

  test("before any byte came is retried at once", () => {
    expect(decide(reset)).toEqual({ retry: true, waitMs: 0, why: "reset_before_first_byte" });
  });

  test("is retried at once a single time only", () => {
    expect(decide(reset, { attempt: 2, retriedAtOnce: true })).toEqual({ retry: true, waitMs: 100, why: "backoff" });
  });

  test("in the middle of an answer waits", () => {
    expect(decide({ ...reset, details: { beforeFirstByte: false } })).toMatchObject({ waitMs: 50, why: "backoff" });
  });

  test("counts as an attempt", () => {
    expect(decide(reset, { attempt: 6 })).toEqual({ retry: false, why: "attempts_used" });
  });
});

describe("the wait", () => {
  const wait = (attempt: number, next: number, jitter: "full" | "none" = "full"): number => {
    const failure = new LmError("x", { code: "server" });
    const random = { next: () => next };
    const policy = backoff({ baseMs: 100, maxMs: 1_000, maxAttempts: 99, jitter });
    const decision = decideRetry(policy, { failure, attempt, elapsedMs: 0, random });
    return decision.retry ? decision.waitMs : NaN;
  };

  test("doubles up to the cap", () => {
    expect([1, 2, 3, 4, 5, 60].map((attempt) => wait(attempt, 0, "none"))).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  });

  test("with full jitter is anything below that", () => {
    expect([0, 0.25, 0.999].map((next) => wait(2, next))).toEqual([0, 50, 200]);
  });

  test("is as long as the provider said: not jittered, not capped", () => {
    const decision = decide({ code: "rate_limited", retryAfterMs: 7_654 }, { random: { next: () => 0 } });
    expect(decision).toEqual({ retry: true, waitMs: 7_654, why: "retry_after" });
  });

  test.each([365 * 86_400_000, Infinity])(
    "of %d ms fails at once, and with time enough is asked again all the same",
    (ms) => {
      const patient = backoff({ deadlineMs: Infinity, maxRetryAfterMs: 5_000 });
      const facts = { failure: new LmError("x", { code: "overloaded", retryAfterMs: ms }), attempt: 1, elapsedMs: 0 };
      expect(decideRetry(patient, { ...facts, random: half })).toEqual({
        retry: true,
        waitMs: 5_000,
        why: "retry_after",
      });
      expect(decideRetry(policy, { ...facts, random: half })).toEqual({ retry: false, why: "deadline" });
      // However long a year is, a caller who waits for less hears of it now.
      const left = { ...facts, random: half, leftMs: 86_400_000 };
      expect(decideRetry(backoff({ deadlineMs: Infinity, maxRetryAfterMs: 9e7 }), left)).toMatchObject({
        retry: false,
      });
    },
  );

  test("no wait that was asked for is begun that lasts as long as the caller waits", () => {
    expect(decide({ code: "rate_limited", retryAfterMs: 3_000 }, { leftMs: 3_001 })).toMatchObject({ waitMs: 3_000 });
    expect(decide({ code: "server" }, { leftMs: 50 })).toMatchObject({ retry: true, waitMs: 50 });
    expect(decide({ code: "rate_limited", retryAfterMs: 3_000 }, { leftMs: 2_000 })).toEqual({
      retry: false,
      why: "deadline",
    });
  });

  test("our own circuit's word has no bound but the deadline", () => {
    const policy = backoff({ maxRetryAfterMs: 1_000 });
    const failure = new LmError("x", { code: "circuit_open", retryAfterMs: 7_000 });
    const decision = decideRetry(policy, { failure, attempt: 2, elapsedMs: 0, random: half });
    expect(decision).toEqual({ retry: true, waitMs: 7_000, why: "retry_after" });
  });

  test("is an ordinary backoff when the provider says zero", () => {
    expect(decide({ code: "rate_limited", retryAfterMs: 0 })).toEqual({ retry: true, waitMs: 50, why: "backoff" });
  });
});

describe("limits", () => {
  test("the last attempt is not followed by another", () => {
    expect(decide({ code: "server" }, { attempt: 5 })).toMatchObject({ retry: true });
    expect(decide({ code: "server" }, { attempt: 6 })).toEqual({ retry: false, why: "attempts_used" });
  });

  test("a request that could not start before the deadline is given up at once", () => {
    expect(decide({ code: "server" }, { elapsedMs: 9_949 })).toMatchObject({ retry: true });
    expect(decide({ code: "server" }, { elapsedMs: 9_950 })).toEqual({ retry: false, why: "deadline" });
    expect(decide({ code: "rate_limited", retryAfterMs: 10_000 })).toEqual({ retry: false, why: "deadline" });
  });
});
