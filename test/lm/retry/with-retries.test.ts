import { expect, test } from "vitest";
import { LmError, type LmErrorOptions, type LmFailureCode } from "../../../src/lm/failure.ts";
import { backoff } from "../../../src/lm/retry/retry-policy.ts";
import { retried, type RetriesOptions, withRetries } from "../../../src/lm/retry/with-retries.ts";
import { testClock } from "../../../src/testing/test-clock.ts";

const fail = (code: LmFailureCode, more: Partial<LmErrorOptions> = {}): LmError =>
  new LmError(`it was ${code}`, { code, ...more });

/** Attempts that fail so, one after the other, and then succeed. */
function failing(...failures: unknown[]): () => Promise<string> {
  return () => (failures.length > 0 ? Promise.reject(failures.shift()) : Promise.resolve("done"));
}

function options(more: Partial<RetriesOptions> = {}) {
  const clock = testClock();
  return { ...more, clock, policy: backoff({ baseMs: 100, jitter: "none" as const }), random: { next: () => 0.5 } };
}

test("gives what the first attempt that succeeds gave, with the count, and tells each decision before it waits", async () => {
  const told: unknown[] = [];
  const all = options({ onDecision: (failed, decision) => told.push([failed.attempt, failed.failure.code, decision]) });
  const done = withRetries(failing(fail("server"), fail("busy")), all);
  await all.clock.advance(300);
  expect(await done).toEqual({ value: "done", attempts: 3 });
  expect(told).toEqual([
    [1, "server", { retry: true, waitMs: 100, why: "backoff" }],
    [2, "busy", { retry: true, waitMs: 200, why: "backoff" }],
  ]);
});

test("those who ask have the last word about a failure, and add to what the error says", async () => {
  const all = options({
    attempts: { made: 2, answered: 1 },
    decide: ({ failure }, decided) =>
      failure.code === "server"
        ? { retry: false, why: "answer_begun" }
        : { ...decided, retry: true, waitMs: 0, why: "fallback" },
    details: () => ({ tries: "three" }),
  });
  await expect(withRetries(failing(fail("auth"), fail("server")), all)).rejects.toMatchObject({
    code: "server",
    details: { attempts: 5, tries: "three" },
  });
});

test("a reset is made good at once a single time, and once more after a move to another client", async () => {
  const reset = (): LmError => fail("connection", { details: { beforeFirstByte: true } });
  const whys: string[] = [];
  const all = options({
    decide: ({ failure }, decided) => (failure.code === "auth" ? { retry: true, waitMs: 0, why: "fallback" } : decided),
    onDecision: (_failed, { why }) => whys.push(why),
  });
  const done = withRetries(failing(reset(), fail("auth"), reset(), reset()), all);
  await all.clock.advance(10_000);
  expect((await done).attempts).toBe(5);
  expect(whys).toEqual(["reset_before_first_byte", "fallback", "reset_before_first_byte", "backoff"]);
});

test("whatever an attempt throws that was told to stop, it was cancelled; a failure keeps its name", async () => {
  const aborted = (thrown: unknown): Promise<unknown> => {
    const stop = new AbortController();
    const attempt = (): Promise<never> => {
      stop.abort(new Error("no more"));
      return Promise.reject(thrown);
    };
    return withRetries(attempt, options({ signal: stop.signal }));
  };
  const cancelled = { code: "cancelled", message: "the call was cancelled: no more", details: { attempts: 1 } };
  await expect(aborted(new RangeError("odd"))).rejects.toMatchObject(cancelled);
  await expect(aborted(fail("auth"))).rejects.toMatchObject({ code: "auth" });
  // Its wait is what ends.
  await expect(aborted(fail("server"))).rejects.toMatchObject(cancelled);
});

test("what is no LmError passes through untouched while nobody has told it to stop", async () => {
  const bug = new TypeError("x is not a function");
  await expect(withRetries(failing(bug), options())).rejects.toBe(bug);
});

test("what an attempt gave may still be found wanting: then it has failed, and is made again", async () => {
  const clock = testClock();
  const gave: string[] = [];
  const failed: unknown[] = [];
  const answers = ["blank", "whole"];
  const answer = retried({
    ...options(),
    clock,
    attempts: { made: 0 },
    attempt: () => Promise.resolve(answers.shift() ?? ""),
    accepted(value) {
      gave.push(value);
      if (value === "blank") throw fail("malformed_response");
      return value.toUpperCase();
    },
    failed: (thrown) => failed.push(thrown),
  });
  await clock.advance(100);
  expect(await answer).toBe("WHOLE");
  expect(gave).toEqual(["blank", "whole"]);
  // The attempts themselves have not.
  expect(failed).toEqual([]);
});

test("the waits of one call draw on one stream of randomness, however often that is asked for", async () => {
  const clock = testClock();
  const waits: number[] = [];
  const draws = [0.1, 0.9];
  const answer = retried({
    ...options({ onDecision: (_failed, decision) => decision.retry && waits.push(decision.waitMs) }),
    clock,
    policy: backoff({ baseMs: 100, jitter: "full" }),
    // A stream of that name begins anew each time.
    get random() {
      const [...left] = draws;
      return { next: () => left.shift() ?? 0.5 };
    },
    attempts: { made: 0 },
    attempt: failing(fail("server"), fail("server")),
  });
  await clock.advance(1_000);
  expect(await answer).toBe("done");
  expect(waits).toEqual([10, 180]);
});
