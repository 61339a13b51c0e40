import type { Budget, Spent } from "../../lm/budget.ts";

export type { Spent } from "../../lm/budget.ts";

export const NOTHING: Spent = Object.freeze({ lmCalls: 0, tokens: 0, usd: 0 });

/** What is known of a job's spending where the next trials are asked for: of what was delivered in order, and nothing of its timing. */
export interface Account {
  /** By all asks that were delivered. */
  readonly spent: Spent;
  /** For those that are under way. */
  readonly reserved: Spent;
  /** Trials of the delivered asks. */
  readonly trials: number;
  /** Most LM calls of one of them. */
  readonly most: number;
}

export const NEW_ACCOUNT: Account = Object.freeze({ spent: NOTHING, reserved: NOTHING, trials: 0, most: 0 });

/** How many of the trials may be run now, and what for. */
export interface Grant {
  readonly trials: number;
  /** LM calls that each of them may make. */
  readonly calls: number;
  /** For all of them. */
  readonly reserve: Spent;
}

export type Allowance = Grant | "wait" | "cut";

/** What one trial is taken for: LM calls at least, and tokens and dollars by what others took. */
export interface TrialGuess {
  /** At least so many LM calls: its predictors', or what it has run out of before. */
  readonly calls: number;
  /** Where no trial was delivered yet. */
  readonly tokens: number;
  readonly usd: number;
}

/** Room for retries and for loops that nobody could foresee, while there is plenty. */
const GENEROUS = 3;

/**
 * Whether a budget allows so many further trials: all of them, generously; else, once nothing else is under way, as many as
 * are sure to fit; else none, and the job is cut off there. A function of what was asked and delivered in order, so the
 * cut falls at the same place whatever the timing.
 *
 * LM calls are granted trial by trial, and never passed. Tokens and dollars are taken from what trials took on average.
 *
 * @param alone whether nothing that was asked before is under way
 */
export function allowance(
  budget: Budget,
  { spent, reserved, trials: seen, most }: Account,
  guess: TrialGuess,
  trials: number,
  alone: boolean,
): Allowance {
  const left = (name: keyof Budget): number => (budget[name] ?? Infinity) - spent[name] - reserved[name];
  const mean = (name: "tokens" | "usd"): number => (seen === 0 ? guess[name] : spent[name] / seen);
  const least = Math.max(guess.calls, most, 1);
  const [tokens, usd] = [mean("tokens"), mean("usd")];
  const grant = (count: number, calls: number): Grant =>
    Object.freeze({
      trials: count,
      calls,
      reserve: Object.freeze({ lmCalls: count * calls, tokens: count * tokens, usd: count * usd }),
    });
  const fits = Math.min(fit(left("tokens"), tokens), fit(left("usd"), usd));
  if (trials * least * GENEROUS <= left("lmCalls") && trials <= fits) return grant(trials, least * GENEROUS);
  if (!alone) return "wait";
  const some = Math.min(trials, fit(left("lmCalls"), least), fits);
  if (some < 1) return "cut";
  return grant(some, Math.min(least * GENEROUS, Math.floor(left("lmCalls") / some)));
}

/** How many that cost so much there is room for. */
function fit(left: number, each: number): number {
  if (left <= 0) return 0;
  return each <= 0 ? Infinity : Math.floor(left / each);
}

export function plus(one: Spent, other: Spent): Spent {
  return {
    lmCalls: one.lmCalls + other.lmCalls,
    tokens: one.tokens + other.tokens,
    usd: one.usd + other.usd,
  };
}
