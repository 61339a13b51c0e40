import type { Budget } from "../index.ts";

/** Limits of what a command may spend, as options have them. */
export interface BudgetWish {
  readonly maxCalls?: number;
  readonly maxTokens?: number;
  readonly maxUsd?: number;
}

/** Undefined: none was given. */
export function budgetOf({ maxCalls, maxTokens, maxUsd }: BudgetWish): Budget | undefined {
  const limits = { lmCalls: maxCalls, tokens: maxTokens, usd: maxUsd };
  const given = Object.entries(limits).filter(([, limit]) => limit !== undefined);
  return given.length === 0 ? undefined : Object.fromEntries(given);
}
