import { expect, test } from "vitest";
import { readRetryAfterMs } from "../../src/lm/retry-after.ts";

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
