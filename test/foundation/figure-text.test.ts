import { expect, test } from "vitest";
import { counted, inDollars, inTime, roundedFigures } from "../../src/foundation/figure-text.ts";

test.each([
  [0.4567, "0.46 ms"],
  [811.6, "812 ms"],
  [1_234.5, "1.23 s"],
  [59_999, "60 s"],
  [600_000, "10 min"],
])("%d ms is %s", (ms, text) => expect(inTime(ms)).toBe(text));

test.each([
  [0.00123456, "$0.00123"],
  [0, "$0"],
  [12.3456, "$12.35"],
])("%d dollars are %s", (usd, text) => expect(inDollars(usd)).toBe(text));

test("one is one", () => {
  expect([1, 1_234].map((count) => counted(count, "token"))).toEqual(["1 token", "1,234 tokens"]);
  expect(counted(2, "entry", "entries")).toBe("2 entries");
});

test("figures lose the digits that are noise, and nothing else changes", () => {
  const error = new Error("no");
  expect(
    roundedFigures({ ms: 123.456789, at: 1_234_567.89, n: 12_345, list: [0.1 + 0.2], of: { usd: 1e-7 / 3 } }),
  ).toEqual({
    ms: 123.5,
    at: 1_234_568,
    n: 12_345,
    list: [0.3],
    of: { usd: 3.333e-8 },
  });
  expect(roundedFigures({ error, none: null, text: "1.23456" })).toEqual({ error, none: null, text: "1.23456" });
});
