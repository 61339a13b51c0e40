import type { Budget, Spent } from "../../lm/budget.ts";

export type { Spent } from "../../lm/budget.ts";

export const NOTHING: Spent = Object.freeze({ lmCalls: 0, tokens: 0, usd: 0 });

/** What is known of a job's spending where the next trials are asked for: of what was delivered in order, and nothing of its timing. */
export interface Account {
  /** By all asks that were delivered. */
  readonly spent: Spent;
  /** For those that are under way. */
  readonly reserved: Spent;
  /** By kind, of the delivered asks. */
  readonly kinds: ReadonlyMap<string, KindSpent>;
  /** Most LM calls of one of their trials. */
  readonly most: number;
}

/** What trials of a kind took. */
export interface KindSpent extends Pick<Spent, "tokens" | "usd"> {
  readonly trials: number;
}

export const NEW_ACCOUNT: Account = Object.freeze({ spent: NOTHING, reserved: NOTHING, kinds: new Map(), most: 0 });

/** How many of the trials may be run now, and what for. */
export interface Grant {
  readonly trials: number;
  /** LM calls that each of them may make. */
  readonly calls: number;
  /** For all of them. */
  readonly reserve: Spent;
}

export type Allowance = Grant | "wait" | "cut";

/** What is asked for. */
export interface Wanted {
  /** At least so many LM calls of each: its predictors', or what it has run out of before. */
  readonly calls: number;
  /** In the order in which they are run. */
  readonly parts: readonly TrialPart[];
}

/** Trials of one kind, which are taken to cost alike: they ask the same clients. */
export interface TrialPart {
  readonly kind: string;
  readonly trials: number;
  /** What one of them is taken for, where none of its kind was delivered yet. */
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
 * LM calls are granted trial by trial, and never passed. Tokens and dollars are taken from what trials of the same kind took on
 * average: a call of a dear client is not reserved at the price of a cheap one.
 *
 * @param alone whether nothing that was asked before is under way
 */
export function allowance(
  budget: Budget,
  { spent, reserved, kinds, most }: Account,
  { calls: fewest, parts }: Wanted,
  alone: boolean,
): Allowance {
  const left = (name: keyof Budget): number => (budget[name] ?? Infinity) - spent[name] - reserved[name];
  const each = parts.map(({ kind, trials: count, ...guess }): Cost => {
    const seen = kinds.get(kind);
    return seen === undefined
      ? { count, ...guess }
      : { count, tokens: seen.tokens / seen.trials, usd: seen.usd / seen.trials };
  });
  const trials = parts.reduce((sum, part) => sum + part.trials, 0);
  const least = Math.max(fewest, most, 1);
  const grant = (count: number, calls: number): Grant =>
    Object.freeze({
      trials: count,
      calls,
      reserve: Object.freeze({
        lmCalls: count * calls,
        tokens: costOf(each, count, "tokens"),
        usd: costOf(each, count, "usd"),
      }),
    });
  const fits = Math.min(fit(left("tokens"), each, "tokens"), fit(left("usd"), each, "usd"));
  if (trials * least * GENEROUS <= left("lmCalls") && trials <= fits) return grant(trials, least * GENEROUS);
  if (!alone) return "wait";
  const some = Math.min(trials, Math.max(0, Math.floor(left("lmCalls") / least)), fits);
  if (some < 1) return "cut";
  return grant(some, Math.min(least * GENEROUS, Math.floor(left("lmCalls") / some)));
}

/** What one of so many trials, one after the other, is taken for. */
interface Cost extends Pick<Spent, "tokens" | "usd"> {
  readonly count: number;
}

/** How many of them, from the first, there is room for. */
function fit(left: number, each: readonly Cost[], name: "tokens" | "usd"): number {
  if (left <= 0) return 0;
  let [room, fits] = [left, 0];
  for (const { count, [name]: cost } of each) {
    const some = cost <= 0 ? count : Math.min(count, Math.floor(room / cost));
    fits += some;
    room -= some * cost;
    if (some < count) break;
  }
  return fits;
}

/** Of the first so many. */
function costOf(each: readonly Cost[], count: number, name: "tokens" | "usd"): number {
  let [sum, rest] = [0, count];
  for (const { count: some, [name]: cost } of each) {
    sum += Math.min(some, rest) * cost;
    rest -= Math.min(some, rest);
  }
  return sum;
}

/** With what an ask has spent that was delivered: by kind where its trials are of several, else all of it is of one. */
export function withKinds(
  known: Account["kinds"],
  parts: readonly TrialPart[],
  spent: Spent,
  by: Readonly<Record<string, Spent>> = {},
): Account["kinds"] {
  const counts = new Map<string, number>();
  for (const { kind, trials } of parts) counts.set(kind, (counts.get(kind) ?? 0) + trials);
  const whole = parts.reduce((sum, { trials }) => sum + trials, 0);
  const kinds = new Map(known);
  for (const [kind, count] of counts) {
    const { tokens, usd } = by[kind] ?? { tokens: (spent.tokens * count) / whole, usd: (spent.usd * count) / whole };
    const before = kinds.get(kind) ?? { trials: 0, tokens: 0, usd: 0 };
    kinds.set(kind, { trials: before.trials + count, tokens: before.tokens + tokens, usd: before.usd + usd });
  }
  return kinds;
}

export function plus(one: Spent, other: Spent): Spent {
  return {
    lmCalls: one.lmCalls + other.lmCalls,
    tokens: one.tokens + other.tokens,
    usd: one.usd + other.usd,
  };
}
