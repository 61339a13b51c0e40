import { expect, test } from "vitest";
import { UsageError } from "../../src/foundation/errors.ts";
import { type Budget, budgetExceeded, checkBudget } from "../../src/lm/budget.ts";

test.each([
  [{ dollars: 1 }, 'forward: budget: no limit "dollars"; there are usd, tokens, lmCalls'],
  [5, "forward: budget: expected an object of options, got 5"],
  [{ usd: NaN }, "forward: budget.usd must be a number, at least 0, got NaN"],
  [{ usd: -1 }, "forward: budget.usd must be a number, at least 0, got -1"],
  [{ tokens: "many" }, 'forward: budget.tokens must be a number, at least 0, got "many"'],
])("%j is no budget", (budget, message) => {
  // Users without types write these.
  expect(() => checkBudget("forward", budget as Budget)).toThrow(new UsageError(message));
});

test("the failure says how much of what, and whose it was", () => {
  const spent = { lmCalls: 1, tokens: 150, usd: 0.0006 };
  expect(budgetExceeded(undefined, "lmCalls", 1, spent)).toMatchObject({
    code: "budget_exceeded",
    retryable: false,
    message: "the next request would pass the budget: lmCalls 1, spent so far: 1 requests",
    details: { limit: "lmCalls", budget: 1, spent },
  });
  expect(budgetExceeded('client "main"', "usd", 0.001, spent)).toMatchObject({
    message: 'the next request would pass the budget of client "main": usd 0.001, spent so far: $0.0006',
    details: { of: 'client "main"' },
  });
});
