import { describe, expect, test } from "vitest";
import { UsageError } from "../../src/foundation/errors.ts";
import { type Budget, checkBudget, makePurse } from "../../src/lm/budget.ts";
import { LmError } from "../../src/lm/failure.ts";
import type { LmRequest, LmUsage } from "../../src/lm/language-model.ts";

/** 100 tokens by its length. */
const request: LmRequest = { messages: [{ role: "user", content: "x".repeat(400) }] };
const price = { inputPerMillion: 1, outputPerMillion: 10 };

function usage(inputTokens: number, outputTokens: number): LmUsage {
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens };
}

/** How many requests pass before one is refused, each costing 100 tokens in and 50 out. */
function passing(budget: Budget, asked: LmRequest = request): number {
  const purse = makePurse(budget);
  for (let made = 0; made < 100; made += 1) {
    try {
      purse.begin(asked, "m", price)(usage(100, 50));
    } catch (thrown) {
      if (thrown instanceof LmError && thrown.code === "budget_exceeded") return made;
      throw thrown;
    }
  }
  return Infinity;
}

describe("the request that would pass the budget is refused", () => {
  test.each<[string, Budget, number]>([
    ["no limit", {}, Infinity],
    ["requests", { lmCalls: 3 }, 3],
    ["none at all", { lmCalls: 0 }, 0],
    // 150 each.
    ["tokens", { tokens: 450 }, 3],
    ["tokens, one short", { tokens: 449 }, 2],
    ["a prompt that is too long by itself", { tokens: 99 }, 0],
    // 0.0006 each.
    ["dollars", { usd: 0.0019 }, 3],
    ["the narrowest of several", { lmCalls: 5, tokens: 10_000, usd: 0.0013 }, 2],
  ])("%s", (_what, budget, requests) => {
    expect(passing(budget)).toBe(requests);
  });

  test("with maxTokens its answer's room counts before it is made", () => {
    expect(passing({ tokens: 300 }, { ...request, maxTokens: 200 })).toBe(1);
    expect(passing({ tokens: 299 }, { ...request, maxTokens: 200 })).toBe(0);
    expect(passing({ tokens: 499 }, { ...request, maxTokens: 200, n: 2 })).toBe(0);
  });

  test("what is under way counts as estimated, and then as it came out", () => {
    const purse = makePurse({ tokens: 250 });
    const first = purse.begin(request, "m", price);
    const second = purse.begin(request, "m", price);
    expect(() => purse.begin(request, "m", price)).toThrow("the next request would pass the budget: tokens 250");
    // A request that failed costs nothing that is known.
    first();
    second(usage(90, 10));
    second(usage(90, 10));
    expect(purse.spent).toEqual({ lmCalls: 2, usage: usage(90, 10), usd: expect.closeTo(0.00019) as number });
    purse.begin(request, "m", price);
  });

  test("the error says how much of what", () => {
    const purse = makePurse({ lmCalls: 1 });
    purse.begin(request, "m", price)(usage(100, 50));
    expect(() => purse.begin(request, "m", price)).toThrow(
      expect.objectContaining({
        code: "budget_exceeded",
        retryable: false,
        message: "the next request would pass the budget: lmCalls 1, spent so far: 1 requests",
        details: {
          limit: "lmCalls",
          budget: 1,
          spent: { lmCalls: 1, tokens: 150, usd: expect.closeTo(0.0006) as number },
        },
      }),
    );
  });

  test("dollars need a price", () => {
    expect(() => makePurse({ usd: 1 }).begin(request, "mystery", undefined)).toThrow(
      new UsageError('budget.usd: no price is known for the model "mystery"; add it to startSystem({ prices })'),
    );
    makePurse({ tokens: 1_000 }).begin(request, "mystery", undefined);
  });
});

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

test("an answer that tells no tokens costs its prompt and the room for it, unless the cache gave it", () => {
  const purse = makePurse();
  purse.begin({ ...request, maxTokens: 50 }, "m", price)(usage(0, 0));
  expect(purse.spent).toMatchObject({ usage: usage(100, 50), usd: 0.0006 });
  purse.begin(request, "m", price)({ ...usage(0, 0), cacheHits: 1 });
  purse.begin(request, "m", price)();
  expect(purse.spent).toMatchObject({ lmCalls: 3, usage: { totalTokens: 150 } });
});

test("what there was no need to make is in no count, and its room is free again", () => {
  const told: unknown[] = [];
  const purse = makePurse({ lmCalls: 1, tokens: 150 }, (spending) => told.push(spending.lmCalls));
  purse.begin(request, "m", price)("not_made");
  expect([purse.begun, purse.spent.lmCalls, told]).toEqual([0, 0, []]);
  purse.begin(request, "m", price)(usage(100, 50));
  expect([purse.begun, purse.spent.lmCalls, told]).toEqual([1, 1, [1]]);
});
