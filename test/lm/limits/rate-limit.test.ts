import { expect, test } from "vitest";
import { readRateLimit, readResetMs } from "../../../src/lm/limits/rate-limit.ts";

const NOON = Date.parse("2026-11-24T12:00:00Z");
const read = (headers: Readonly<Record<string, string>>) => readRateLimit(new Headers(headers), NOON);

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
  // What is too large for a span is a moment since 1970: in seconds, milliseconds, microseconds.
  [String(NOON / 1_000 + 2), 2_000],
  [String(NOON + 2_500), 2_500],
  [`${NOON + 2_500}000`, 2_500],
  [String(NOON / 1_000 - 5), 0],
  ["2026-11-24T12:00:02Z", 2_000],
  ["2026-11-24T14:00:02.5+02:00", 2_500],
  ["Tue, 24 Nov 2026 12:00:02 GMT", 2_000],
  ["31536000", 31_536_000_000],
  ["9".repeat(400), undefined],
  ["2026", 2_026_000],
  ["soon", undefined],
  ["1s later", undefined],
  ["", undefined],
  [null, undefined],
])("a reset of %j is %s ms", (text, ms) => {
  expect(readResetMs(text, NOON)).toBe(ms);
});
