import { expect, test } from "vitest";
import { LmError, type LmFailureCode } from "../../../src/lm/failure.ts";
import { refusalText, watchRefusals } from "../../../src/lm/limits/standing-refusal.ts";

function failure(code: LmFailureCode, status?: number): LmError {
  return new LmError("no", { code, ...(status !== undefined && { status }) });
}

test("a refusal begins once, counts on under its newest code, and is over once", () => {
  const watch = watchRefusals();
  expect(watch.answered()).toBeUndefined();
  expect(watch.failed(failure("auth", 401), 10)).toEqual({ code: "auth", status: 401, since: 10, times: 1 });
  expect(watch.failed(failure("insufficient_quota"), 20)).toBeUndefined();
  expect(watch.standing).toEqual({ code: "insufficient_quota", since: 10, times: 2 });
  expect(watch.answered()).toEqual({ code: "insufficient_quota", since: 10, times: 2 });
  expect(watch.answered()).toBeUndefined();
  expect(watch.failed(failure("permission"), 30)).toEqual({ code: "permission", since: 30, times: 1 });
});

test("what waiting mends, or another call, neither begins one nor ends it", () => {
  const watch = watchRefusals();
  expect(watch.failed(failure("rate_limited", 429), 10)).toBeUndefined();
  expect(watch.standing).toBeUndefined();
  watch.failed(failure("auth"), 20);
  expect(watch.failed(failure("bad_request", 400), 30)).toBeUndefined();
  expect(watch.standing).toEqual({ code: "auth", since: 20, times: 1 });
});

test.each([
  [{ code: "auth", status: 401 } as const, "its key is refused (auth, 401)"],
  [{ code: "permission" } as const, "its key is refused (permission)"],
  [{ code: "insufficient_quota", status: 429 } as const, "its account has run out (insufficient_quota, 429)"],
])("is said in words: %o", (refusal, text) => expect(refusalText(refusal)).toBe(text));
