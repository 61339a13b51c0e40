import { describe, expect, test } from "vitest";
import { UsageError } from "../../../src/foundation/errors.ts";
import { LmError, withDetails } from "../../../src/lm/failure.ts";
import type { LmFailureCode } from "../../../src/lm/failure.ts";
import { backoff } from "../../../src/lm/retry/retry-policy.ts";
import { askWithRetries } from "../../../src/lm/retry/retry.ts";
import type { AskOptions, RetryEvent } from "../../../src/lm/retry/retry.ts";
import { scripted } from "../../../src/testing/scripted.ts";
import { testClock } from "../../../src/testing/test-clock.ts";

const request = { messages: [{ role: "user", content: "hi" }] } as const;
const fail = (code: LmFailureCode, more: object = {}): LmError => new LmError(`it was ${code}`, { code, ...more });

function options(more: Omit<Partial<AskOptions>, "clock"> = {}) {
  const clock = testClock();
  return {
    clock,
    policy: backoff({ baseMs: 100, jitter: "none" }),
    attempts: { made: 0 },
    random: { next: () => 0.5 },
    ...more,
  };
}

describe("askWithRetries", () => {
  test("answers from the first request that succeeds, having waited between them", async () => {
    const lm = scripted([fail("server"), fail("overloaded"), "hello"]);
    const events: RetryEvent[] = [];
    const all = options({ onDecision: (event) => events.push(event) });
    const answer = askWithRetries(lm, request, all);
    await all.clock.advance(99);
    expect(lm.requests).toHaveLength(1);
    await all.clock.advance(1);
    expect(lm.requests).toHaveLength(2);
    await all.clock.advance(200);
    expect((await answer).completions[0]?.text).toBe("hello");
    expect(all.attempts.made).toBe(3);
    expect(events.map(({ attempt, failure, decision }) => [attempt, failure.code, decision])).toEqual([
      [1, "server", { retry: true, waitMs: 100, why: "backoff" }],
      [2, "overloaded", { retry: true, waitMs: 200, why: "backoff" }],
    ]);
    expect(all.clock.pending).toBe(0);
  });

  test("a call that always fails makes exactly maxAttempts requests and ends in the last failure", async () => {
    const lm = scripted(() =>
      fail("rate_limited", { retryAfterMs: 1_000, status: 429, provider: "p", requestId: "r" }),
    );
    const all = options();
    const answer = askWithRetries(lm, request, all).catch((error: unknown) => error);
    for (let wait = 0; wait < 5; wait += 1) await all.clock.advance(1_000);
    const error = await answer;
    expect(error).toBeInstanceOf(LmError);
    expect(error).toMatchObject({
      message: "it was rate_limited",
      code: "rate_limited",
      status: 429,
      provider: "p",
      requestId: "r",
      retryAfterMs: 1_000,
    });
    expect((error as LmError).details["attempts"]).toBe(6);
    const waited = { code: "rate_limited", status: 429, requestId: "r", ms: 0, waitMs: 1_000 };
    const { waitMs: _, ...last } = waited;
    expect((error as LmError).details["tries"]).toEqual([waited, waited, waited, waited, waited, last]);
    expect(lm.requests).toHaveLength(6);
    expect(all.clock.now()).toBe(5_000);
  });

  test("a failure that no waiting mends is asked once", async () => {
    const lm = scripted([fail("auth")]);
    await expect(askWithRetries(lm, request, options())).rejects.toMatchObject({
      code: "auth",
      details: { attempts: 1 },
    });
  });

  test("resets before any byte: the second request at once, the third after a wait", async () => {
    const lm = scripted(() => fail("connection", { details: { beforeFirstByte: true } }));
    const all = options({ policy: backoff({ baseMs: 100, jitter: "none", maxAttempts: 3 }) });
    const answer = askWithRetries(lm, request, all).catch((error: unknown) => error);
    await all.clock.settle();
    expect(lm.requests).toHaveLength(2);
    await all.clock.advance(200);
    expect(lm.requests).toHaveLength(3);
    expect(((await answer) as LmError).details).toMatchObject({ attempts: 3, beforeFirstByte: true });
  });

  test("shares its counter with whoever asks again", async () => {
    const all = options({ policy: backoff({ maxAttempts: 3, baseMs: 0 }) });
    await askWithRetries(scripted([fail("server"), "first"]), request, all);
    expect(all.attempts.made).toBe(2);
    await expect(askWithRetries(scripted([fail("server")]), request, all)).rejects.toMatchObject({
      details: { attempts: 3 },
    });
    await expect(askWithRetries(scripted(["never asked"]), request, all)).rejects.toBeInstanceOf(UsageError);
  });

  test("whoever waits for less than the next request's turn hears of the failure now, or of the fallback's answer", async () => {
    const busy = () => scripted(() => fail("rate_limited", { retryAfterMs: 5_000 }));
    const answer = askWithRetries(busy(), request, options({ endsAt: 5_000 })).catch((error: unknown) => error);
    expect(await answer).toMatchObject({ code: "rate_limited", details: { attempts: 1 } });
    const fallbacks = [{ name: "other", lm: scripted(["hello"]) }];
    expect(await askWithRetries(busy(), request, options({ endsAt: 5_000, fallbacks }))).toMatchObject({
      client: "other",
    });
  });

  test("a wait that is asked for lasts no longer than the policy allows", async () => {
    const lm = scripted([fail("overloaded", { retryAfterMs: 365 * 86_400_000 }), "hello"]);
    const all = options({ policy: backoff({ deadlineMs: Infinity, maxRetryAfterMs: 10_000 }) });
    const answer = askWithRetries(lm, request, all);
    await all.clock.advance(10_000);
    expect((await answer).completions[0]?.text).toBe("hello");
  });

  test("the deadline counts from the call's start", async () => {
    const lm = scripted([fail("server")]);
    const all = options({ startedAt: 0, policy: backoff({ deadlineMs: 1_000 }) });
    await all.clock.advance(1_000);
    await expect(askWithRetries(lm, request, all)).rejects.toMatchObject({ code: "server" });
  });

  test("an abort during the wait ends it at once, as cancelled, and leaves no timer", async () => {
    const stop = new AbortController();
    const lm = scripted([fail("server"), "never asked"]);
    const all = options({ signal: stop.signal });
    const answer = askWithRetries(lm, request, all).catch((error: unknown) => error);
    await all.clock.advance(50);
    stop.abort(new Error("the caller is gone"));
    expect(await answer).toMatchObject({
      code: "cancelled",
      message: "the call was cancelled: the caller is gone",
      details: { attempts: 1, tries: [{ code: "server", ms: 0, waitMs: 100 }] },
    });
    expect(lm.requests).toHaveLength(1);
    expect(all.clock.pending).toBe(0);
  });

  test("a life's signal is asked for when there is a wait to end, and not before", async () => {
    const stop = new AbortController();
    let asked = 0;
    const life = {
      get signal() {
        asked += 1;
        return stop.signal;
      },
    };
    await askWithRetries(scripted(["hello"]), request, options({ life }));
    expect(asked).toBe(0);
    const all = options({ life, run: "run-1", path: "self" });
    const answer = askWithRetries(scripted([fail("server"), "never asked"]), request, all).catch(
      (error: unknown) => error,
    );
    await all.clock.advance(50);
    expect(asked).toBe(1);
    stop.abort(new Error("the run is over"));
    expect(await answer).toMatchObject({ code: "cancelled", details: { attempts: 1, run: "run-1", path: "self" } });
    expect(all.clock.pending).toBe(0);
  });

  test("an abort before the first request makes none", async () => {
    const lm = scripted(["never asked"]);
    await expect(askWithRetries(lm, request, options({ signal: AbortSignal.abort() }))).rejects.toMatchObject({
      code: "cancelled",
      message: "the call was cancelled",
    });
    expect(lm.requests).toHaveLength(0);
  });

  test("what is no LmError passes through untouched", async () => {
    const bug = new TypeError("x is not a function");
    await expect(askWithRetries(scripted([bug]), request, options())).rejects.toBe(bug);
  });
});

test("a fallback that knows no tools is passed over where there are some", async () => {
  const first = scripted([fail("overloaded"), fail("overloaded")]);
  const without = scripted(["by the one without tools"]);
  const withTools = scripted(["by the one with tools"], { capabilities: { tools: true } });
  const fallbacks = [
    { name: "without", lm: without },
    { name: "with", lm: withTools },
  ];
  const asked = { ...request, tools: [{ name: "look", parameters: { type: "object" } }] };
  expect((await askWithRetries(first, asked, options({ fallbacks }))).client).toBe("with");
  expect((await askWithRetries(first, request, options({ fallbacks }))).client).toBe("without");
});

test("an error that says it all already is not copied", () => {
  const error = fail("server", { details: { run: "run-1", attempts: 2 } });
  expect(withDetails(error, { run: "run-1" })).toBe(error);
  expect(withDetails(error, { run: "run-2" })).toMatchObject({ details: { run: "run-2", attempts: 2 } });
  expect(error.details).toEqual({ run: "run-1", attempts: 2 });
});
