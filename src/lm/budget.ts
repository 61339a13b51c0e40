import { checkNumber, checkOptions, optionNames } from "../foundation/check-options.ts";
import { LmError } from "./failure.ts";

/** What may be spent at most; what is left out has no limit. */
export interface Budget {
  /** US dollars, by the price table. */
  readonly usd?: number | undefined;
  /** Input and output together. */
  readonly tokens?: number | undefined;
  /** Requests to models, the failed ones included. */
  readonly lmCalls?: number | undefined;
}

/** @throws UsageError for a budget that makes no sense */
export function checkBudget(what: string, budget: Budget): Budget {
  checkOptions(`${what}: budget`, budget, NAMES, "limit");
  for (const [name, value] of Object.entries(budget)) checkNumber(what, `budget.${name}`, value, FROM_0);
  return budget;
}

const NAMES = optionNames<Budget>({ usd: true, tokens: true, lmCalls: true });

const FROM_0 = { expected: "a number, at least 0", holds: (value: number) => value >= 0 };

/** What was spent of a budget. */
export interface Spent {
  readonly lmCalls: number;
  readonly tokens: number;
  /** US dollars, as far as prices are known. */
  readonly usd: number;
}

/** @param whose `client "main"`; undefined: the call's own */
export function budgetExceeded(whose: string | undefined, limit: keyof Budget, budget: number, spent: Spent): LmError {
  const soFar = { lmCalls: `${spent.lmCalls} requests`, tokens: `${spent.tokens} tokens`, usd: `$${spent.usd}` }[limit];
  const which = whose === undefined ? "the budget" : `the budget of ${whose}`;
  return new LmError(`the next request would pass ${which}: ${limit} ${budget}, spent so far: ${soFar}`, {
    code: "budget_exceeded",
    details: { limit, budget, spent: { ...spent }, ...(whose !== undefined && { of: whose }) },
  });
}
