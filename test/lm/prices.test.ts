import { expect, test } from "vitest";
import { costOf, LIST_PRICES, priceOf } from "../../src/lm/prices.ts";

const table = { ...LIST_PRICES, mine: { inputPerMillion: 1, outputPerMillion: 2 } };

test.each([
  [["gpt-5-mini"], LIST_PRICES["gpt-5-mini"]],
  [["gpt-5-mini-2025-08-07"], LIST_PRICES["gpt-5-mini"]],
  [["gpt-5-mini-turbo"], undefined],
  [["unknown", "mine"], table.mine],
  [["toString"], undefined],
  [[], undefined],
])("the price of %j", (models, price) => {
  expect(priceOf(table, ...models)).toBe(price);
});

test("cached input has its own price, where it has one", () => {
  const usage = { inputTokens: 1_000_000, outputTokens: 100_000, totalTokens: 1_100_000, cachedInputTokens: 400_000 };
  expect(costOf(usage, { inputPerMillion: 1, outputPerMillion: 10, cachedInputPerMillion: 0.1 })).toBeCloseTo(1.64);
  expect(costOf(usage, { inputPerMillion: 1, outputPerMillion: 10 })).toBeCloseTo(2);
});
