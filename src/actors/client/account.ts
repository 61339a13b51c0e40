import { addSpending, NOTHING_SPENT, type Spending } from "../../lm/budget.ts";
import { addUsage, type LmUsage, NO_USAGE } from "../../lm/language-model.ts";

/** What a client, a program or a whole system has used since it started. */
export interface UsageReport {
  /** Requests made, those that failed included. */
  readonly requests: number;
  /** Of these, those that failed, and those that were cancelled. */
  readonly failures: number;
  /** Of these, those made beside one that took too long. */
  readonly hedges: number;
  readonly tokens: LmUsage;
  /** US dollars, as far as prices are known. */
  readonly usd: number;
}

/** Adds up; outlives the processes that write to it. */
export interface Account {
  add(spending: Spending, failed: boolean): void;
  hedged(): void;
  report(): UsageReport;
}

export function makeAccount(): Account {
  let spent: Spending = NOTHING_SPENT;
  let failures = 0;
  let hedges = 0;
  return Object.freeze({
    add(spending: Spending, failed: boolean): void {
      spent = addSpending(spent, spending);
      if (failed) failures += spending.lmCalls;
    },
    hedged(): void {
      hedges += 1;
    },
    report: () => ({ requests: spent.lmCalls, failures, hedges, tokens: spent.usage, usd: round(spent.usd) }),
  });
}

export function sumReports(reports: readonly UsageReport[]): UsageReport {
  return reports.reduce(
    (a, b) => ({
      requests: a.requests + b.requests,
      failures: a.failures + b.failures,
      hedges: a.hedges + b.hedges,
      tokens: addUsage(a.tokens, b.tokens),
      usd: round(a.usd + b.usd),
    }),
    { requests: 0, failures: 0, hedges: 0, tokens: NO_USAGE, usd: 0 },
  );
}

/** To a billionth of a dollar: sums of tiny prices end in noise. */
function round(usd: number): number {
  return Math.round(usd * 1e9) / 1e9;
}
