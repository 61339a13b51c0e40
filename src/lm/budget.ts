import { checkNumber, checkOptions, optionNames } from "../foundation/check-options.ts";
import { UsageError } from "../foundation/errors.ts";
import { estimateInputTokens } from "./estimate-tokens.ts";
import { LmError } from "./failure.ts";
import { addUsage, type LmRequest, type LmUsage, NO_USAGE } from "./language-model.ts";
import { costOf, type Price } from "./prices.ts";

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

/** What was spent. */
export interface Spending {
  readonly lmCalls: number;
  readonly usage: LmUsage;
  /** US dollars, as far as prices are known. */
  readonly usd: number;
}

/** One request that is under way: what is set aside for it. */
interface Reserved {
  readonly tokens: number;
  readonly usd: number;
}

/**
 * Counts what requests spend, and refuses those that would pass the budget. Several requests may be under way at once:
 * what each is estimated to cost is set aside until it is known.
 */
export interface Purse {
  /** Requests begun, those under way included. */
  readonly begun: number;
  /** By those that are over. */
  readonly spent: Spending;
  /**
   * To be called before a request. A request is taken to cost its prompt and `maxTokens`; without `maxTokens`, the
   * longest answer so far stands for its answer, so only the request after the one that passed the budget is refused.
   *
   * @param price of the model that is asked; undefined where it is not known
   * @returns what settles it: without usage where none is known; `not_made` for one that there was no need to make
   * @throws LmError `budget_exceeded`
   * @throws UsageError when the budget is in dollars and the model has no price
   */
  begin(request: LmRequest, model: string, price: Price | undefined): (usage?: LmUsage | "not_made") => void;
}

export const NOTHING_SPENT: Spending = Object.freeze({ lmCalls: 0, usage: NO_USAGE, usd: 0 });

export function addSpending(a: Spending, b: Spending): Spending {
  return { lmCalls: a.lmCalls + b.lmCalls, usage: addUsage(a.usage, b.usage), usd: a.usd + b.usd };
}

/** @param onSpent told what each request came to, as it is settled */
export function makePurse(budget: Budget = {}, onSpent?: (spending: Spending) => void): Purse {
  let spent: Spending = NOTHING_SPENT;
  let begun = 0;
  let longestAnswer = 0;
  const reserved = { tokens: 0, usd: 0 };

  const estimate = (request: LmRequest, price: Price | undefined): Reserved => {
    const inputTokens = estimateInputTokens(request);
    const outputTokens = (request.maxTokens ?? longestAnswer) * (request.n ?? 1);
    const totalTokens = inputTokens + outputTokens;
    return {
      tokens: totalTokens,
      usd: price === undefined ? 0 : costOf({ inputTokens, outputTokens, totalTokens }, price),
    };
  };

  return Object.freeze({
    get begun() {
      return begun;
    },
    get spent() {
      return spent;
    },
    begin(request: LmRequest, model: string, price: Price | undefined) {
      if (budget.usd !== undefined && price === undefined)
        throw new UsageError(
          `budget.usd: no price is known for the model "${model}"; add it to startSystem({ prices })`,
        );
      const cost = estimate(request, price);
      const wanted = {
        lmCalls: begun + 1,
        tokens: spent.usage.totalTokens + reserved.tokens + cost.tokens,
        usd: spent.usd + reserved.usd + cost.usd,
      };
      for (const key of ["lmCalls", "tokens", "usd"] as const) {
        const limit = budget[key];
        if (limit !== undefined && wanted[key] > limit) throw exceeded(key, limit, spent);
      }
      begun += 1;
      reserved.tokens += cost.tokens;
      reserved.usd += cost.usd;
      let settled = false;
      return (answered?: LmUsage | "not_made"): void => {
        if (settled) return;
        settled = true;
        reserved.tokens -= cost.tokens;
        reserved.usd -= cost.usd;
        if (answered === "not_made") {
          begun -= 1;
          return;
        }
        const usage = answered === undefined ? NO_USAGE : told(answered, request);
        longestAnswer = Math.max(longestAnswer, Math.ceil(usage.outputTokens / (request.n ?? 1)));
        const spending = { lmCalls: 1, usage, usd: price === undefined ? 0 : costOf(usage, price) };
        spent = addSpending(spent, spending);
        onSpent?.(spending);
      };
    },
  });
}

/** An answer that tells no tokens was not free, unless it came from the cache: its prompt at least is known. */
function told(usage: LmUsage, request: LmRequest): LmUsage {
  if (usage.totalTokens > 0 || (usage.cacheHits ?? 0) > 0) return usage;
  const inputTokens = estimateInputTokens(request);
  const outputTokens = request.maxTokens ?? 0;
  return { ...usage, inputTokens, outputTokens, totalTokens: inputTokens + outputTokens };
}

function exceeded(key: keyof Budget, limit: number, spent: Spending): LmError {
  const { lmCalls, usage, usd } = spent;
  const sofar = { lmCalls: `${lmCalls} requests`, tokens: `${usage.totalTokens} tokens`, usd: `$${usd}` }[key];
  return new LmError(`the next request would pass the budget: ${key} ${limit}, spent so far: ${sofar}`, {
    code: "budget_exceeded",
    details: { limit: key, budget: limit, spent: { lmCalls, tokens: usage.totalTokens, usd } },
  });
}
