import { expect, test } from "vitest";
import { readRetryAfterMs } from "../../../src/lm/retry/retry-after.ts";

const NOON = Date.parse("2026-11-24T12:00:00Z");

test.each<[Record<string, string>, number | undefined]>([
  [{}, undefined],
  [{ "retry-after": "2" }, 2_000],
  [{ "retry-after": "0.5" }, 500],
  [{ "retry-after": "0" }, 0],
  [{ "retry-after": " 7 " }, 7_000],
  [{ "retry-after": "Tue, 24 Nov 2026 12:00:10 GMT" }, 10_000],
  [{ "retry-after": "Tue, 24 Nov 2026 11:59:50 GMT" }, 0],
  [{ "retry-after": "Tuesday, 24-Nov-26 12:00:10 GMT" }, 10_000],
  [{ "retry-after": "2026-11-24T12:00:10Z" }, 10_000],
  // What is too large for a span is a moment since 1970: in seconds, milliseconds, nanoseconds.
  [{ "retry-after": String(NOON / 1_000 + 2) }, 2_000],
  [{ "retry-after": String(NOON + 2_000) }, 2_000],
  [{ "retry-after": `${NOON + 2_000}000000` }, 2_000],
  [{ "retry-after": String(NOON / 1_000 - 2) }, 0],
  [{ "retry-after-ms": String(NOON + 2_000) }, 2_000],
  [{ "retry-after-ms": String(NOON / 1_000 + 2) }, 2_000],
  // A year is a span; whoever waits knows better.
  [{ "retry-after": "31536000" }, 31_536_000_000],
  [{ "retry-after": "Wed, 21 Oct 2099 07:28:00 GMT" }, Date.parse("2099-10-21T07:28:00Z") - NOON],
  [{ "retry-after": "9".repeat(400) }, undefined],
  [{ "retry-after-ms": "1500" }, 1_500],
  [{ "retry-after-ms": "1500", "retry-after": "60" }, 1_500],
  [{ "retry-after-ms": "soon", "retry-after": "1" }, 1_000],
  [{ "retry-after": "-5" }, undefined],
  [{ "retry-after": "soon" }, undefined],
  [{ "retry-after": "Infinity" }, undefined],
  [{ "retry-after": "" }, undefined],
])("%j is %s ms", (headers, expected) => {
  expect(readRetryAfterMs(new Headers(headers), NOON)).toBe(expected);
});
