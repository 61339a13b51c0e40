import { expect, test } from "vitest";
import { readDurationMs, readRateLimit } from "../../src/lm/rate-limit.ts";

const read = (headers: Readonly<Record<string, string>>) => readRateLimit(new Headers(headers));

test("both windows, as OpenAI sends them", () => {
  const headers = {
    "x-ratelimit-limit-requests": "60",
    "x-ratelimit-remaining-requests": "59",
    "x-ratelimit-reset-requests": "1s",
    "x-ratelimit-limit-tokens": "150000",
    "x-ratelimit-remaining-tokens": "149984",
    "x-ratelimit-reset-tokens": "6m0s",
  };
  expect(read(headers)).toEqual({
    requests: { limit: 60, remaining: 59, resetMs: 1_000 },
    tokens: { limit: 150_000, remaining: 149_984, resetMs: 360_000 },
  });
});

test("what is missing or unreadable is left out", () => {
  expect(read({})).toBeUndefined();
  expect(read({ "x-ratelimit-limit-requests": "many", "x-ratelimit-remaining-tokens": "-1" })).toBeUndefined();
  expect(read({ "x-ratelimit-remaining-tokens": "0" })).toEqual({ tokens: { remaining: 0 } });
});

test.each<[string | null, number | undefined]>([
  ["17ms", 17],
  ["1.5s", 1_500],
  ["1h2m3s", 3_723_000],
  ["6m0s", 360_000],
  ["59.96s", 59_960],
  ["2", 2_000],
  [" 1s ", 1_000],
  ["soon", undefined],
  ["1s later", undefined],
  ["", undefined],
  [null, undefined],
])("a reset of %j is %s ms", (text, ms) => {
  expect(readDurationMs(text)).toBe(ms);
});
