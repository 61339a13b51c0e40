import type { FifoQueue } from "../../foundation/queue.ts";
import { type Budget, budgetExceeded, type Spent } from "../budget.ts";
import { estimateInputTokens } from "../estimate-tokens.ts";
import type { LmError } from "../failure.ts";
import { addUsage, type LmRequest, type LmResponse, type LmUsage, NO_USAGE } from "../language-model.ts";
import type { CostOf } from "../prices.ts";

/** What a call, a program, a client or a whole system has used. */
export interface UsageReport {
  /** Requests made to models that are over: those that failed included, those that were never sent not. */
  readonly requests: number;
  /** Of these, those that failed, and those that were cancelled. */
  readonly failures: number;
  /** Of these, those made beside one that took too long. */
  readonly hedges: number;
  /** Searches made, the failed ones included. Left out: none. */
  readonly searches?: number;
  readonly tokens: LmUsage;
  /** US dollars, as far as prices are known. */
  readonly usd: number;
}

/** What a ledger goes on from: plain data. Here `requests` holds those under way, too: they may be paid for by then. */
export interface LedgerRecord extends UsageReport {
  /** Answers whose dollars are not known for sure: there is no price, or no tokens were told. */
  readonly unpriced: number;
  /** Output tokens of the longest answer so far: what the next one is taken for. */
  readonly longestAnswer: number;
}

/** What one ledger counts. There are two of them for each call that waits, so what such a one has nothing of stands apart. */
export interface Account<Waiter = unknown> {
  /** Undefined: nothing limits what it spends. */
  readonly limit: Limit<Waiter> | undefined;
  /** Sent. */
  requests: number;
  /** Requests that were sent and are not over. */
  underWay: number;
  longestAnswer: number;
  /** Undefined: nothing was added up yet. */
  sums: Sums | undefined;
}

/** What has come of requests, and what there is few of. */
interface Sums {
  failures: number;
  hedges: number;
  searches: number;
  unpriced: number;
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
  cachedInputTokens: number;
  reasoningTokens: number;
  cacheHits: number;
  usd: number;
  /** What the last search took; undefined: there was none. */
  lastSearch: Room | undefined;
}

/** The budget of an account, and what is set aside of it. */
export interface Limit<Waiter = unknown> {
  readonly budget: Budget;
  /** Whose it is, for errors; undefined: the call's. */
  readonly whose: string | undefined;
  /** Answers that told how long they are. */
  answers: number;
  /** How far prompts have been above their estimate: at least 1. */
  inputRatio: number;
  /** Requests that have a place in the budget, sent or not. */
  held: number;
  /** Of these, those that are not sent yet. */
  unsent: number;
  heldTokens: number;
  heldUsd: number;
  /** Those that wait for others to be over; some of them have left. */
  line: FifoQueue<Waiter> | undefined;
  /** Of these, those that have not. */
  waiting: number;
}

/** One that has a budget. */
export interface LimitedAccount<Waiter = unknown> extends Account<Waiter> {
  readonly limit: Limit<Waiter>;
}

export function isLimited<Waiter>(account: Account<Waiter>): account is LimitedAccount<Waiter> {
  return account.limit !== undefined;
}

export function makeAccount<Waiter>(
  budget: Budget | undefined,
  whose: string | undefined,
  spent?: LedgerRecord,
): Account<Waiter> {
  const account: Account<Waiter> = {
    limit: budget === undefined ? undefined : makeLimit<Waiter>(budget, whose, spent),
    requests: spent?.requests ?? 0,
    underWay: 0,
    longestAnswer: spent?.longestAnswer ?? 0,
    sums: undefined,
  };
  if (spent === undefined) return account;
  const { failures, hedges, searches = 0, unpriced, tokens, usd } = spent;
  Object.assign(sumsOf(account), { failures, hedges, searches, unpriced });
  addTo(account, tokens, usd);
  return account;
}

const nothing = (): Sums => ({
  failures: 0,
  hedges: 0,
  searches: 0,
  unpriced: 0,
  inputTokens: 0,
  outputTokens: 0,
  totalTokens: 0,
  cachedInputTokens: 0,
  reasoningTokens: 0,
  cacheHits: 0,
  usd: 0,
  lastSearch: undefined,
});
const NOTHING: Readonly<Sums> = Object.freeze(nothing());

/** To add to. */
export function sumsOf(account: Account): Sums {
  return (account.sums ??= nothing());
}

function makeLimit<Waiter>(budget: Budget, whose: string | undefined, spent: LedgerRecord | undefined): Limit<Waiter> {
  return {
    budget,
    whose,
    answers: spent !== undefined && spent.longestAnswer > 0 ? spent.requests - spent.failures : 0,
    inputRatio: 1,
    held: 0,
    unsent: 0,
    heldTokens: 0,
    heldUsd: 0,
    line: undefined,
    waiting: 0,
  };
}

export function addTo(account: Account, usage: LmUsage, usd: number | undefined): void {
  const sums = sumsOf(account);
  sums.inputTokens += usage.inputTokens;
  sums.outputTokens += usage.outputTokens;
  sums.totalTokens += usage.totalTokens;
  sums.cachedInputTokens += usage.cachedInputTokens ?? 0;
  sums.reasoningTokens += usage.reasoningTokens ?? 0;
  sums.cacheHits += usage.cacheHits ?? 0;
  sums.usd += usd ?? 0;
}

export function reportOf({ requests, underWay, sums = NOTHING }: Account): UsageReport {
  const { failures, hedges, searches, usd } = sums;
  return {
    requests: requests - underWay,
    failures,
    hedges,
    ...(searches > 0 && { searches }),
    // Leaves out what is 0.
    tokens: addUsage(NO_USAGE, sums),
    usd: rounded(usd),
  };
}

export function recordOf(account: Account): LedgerRecord {
  const { requests, longestAnswer, sums = NOTHING } = account;
  return { ...reportOf(account), requests, unpriced: sums.unpriced, longestAnswer };
}

export function spentOf({ requests, underWay, sums = NOTHING }: Account): Spent {
  return { lmCalls: requests - underWay, tokens: sums.totalTokens, usd: rounded(sums.usd) };
}

/** To a billionth of a dollar: sums of tiny prices end in noise. */
function rounded(usd: number): number {
  return Math.round(usd * 1e9) / 1e9;
}

/** What something that is to be done may cost. */
export interface Need {
  /** A request to a model, which counts as one. */
  readonly isRequest: boolean;
  /** By an estimate. */
  readonly inputTokens: number;
  /** For each completion; undefined: nobody knows. */
  readonly maxTokens: number | undefined;
  readonly completions: number;
  readonly price: CostOf | undefined;
}

export function needOf(request: LmRequest, price: CostOf | undefined): Need {
  const { maxTokens, n: completions = 1 } = request;
  return { isRequest: true, inputTokens: estimateInputTokens(request), maxTokens, completions, price };
}

/** Nothing: of a search with no client that counts. */
export const NO_NEED: Need = Object.freeze({
  isRequest: false,
  inputTokens: 0,
  maxTokens: 0,
  completions: 1,
  price: undefined,
});

/** What a search may take: what the last one with the same retriever took. */
export function searchNeed({ sums }: Account): Need {
  const last = sums?.lastSearch;
  if (last === undefined) return NO_NEED;
  return { isRequest: false, inputTokens: last.tokens, maxTokens: 0, completions: 1, price: () => last.usd };
}

/** In an account's budget. */
export interface Room {
  readonly tokens: number;
  readonly usd: number;
}

/** As far as is known, it takes so much: without `maxTokens`, the longest answer so far stands for its answer. */
function likelyRoom({ longestAnswer }: Account, need: Need): Room {
  return roomOf(need, need.inputTokens, need.maxTokens ?? longestAnswer);
}

/** What to set aside while others are under way too: errors of as many estimates would add up. */
export function carefulRoom({ longestAnswer, limit }: LimitedAccount, need: Need): Room {
  const outputTokens = need.maxTokens ?? Math.ceil(longestAnswer * LONGER);
  return roomOf(need, Math.ceil(need.inputTokens * limit.inputRatio), outputTokens);
}

/** The longest answer of many is longer than the longest of a few. */
const LONGER = 1.25;

function roomOf({ completions, price }: Need, inputTokens: number, each: number): Room {
  const outputTokens = each * completions;
  const totalTokens = inputTokens + outputTokens;
  return { tokens: totalTokens, usd: price?.({ inputTokens, outputTokens, totalTokens }) ?? 0 };
}

/** The failure of what passes the budget whatever becomes of all that is under way. */
export function refusal(account: LimitedAccount, need: Need): LmError | undefined {
  const { limit, requests, sums = NOTHING } = account;
  const { budget, whose } = limit;
  const { lmCalls, tokens, usd } = budget;
  const exceeded = (what: keyof Budget, most: number): LmError =>
    budgetExceeded(whose, what, most, { ...spentOf(account), ...(what === "lmCalls" && { lmCalls: requests }) });
  if (lmCalls !== undefined && need.isRequest && requests + 1 > lmCalls) return exceeded("lmCalls", lmCalls);
  if (tokens === undefined && usd === undefined) return undefined;
  const room = likelyRoom(account, need);
  if (tokens !== undefined && takesAny(room.tokens, need) && sums.totalTokens + room.tokens > tokens)
    return exceeded("tokens", tokens);
  if (usd !== undefined && takesAny(room.usd, need) && sums.usd + room.usd > usd) return exceeded("usd", usd);
  return undefined;
}

/** Whether it can be done beside what is under way, so that all together keep within the budget. */
export function fitsBeside(account: LimitedAccount, need: Need): boolean {
  const { sums = NOTHING } = account;
  const { budget, held, answers, unsent, heldTokens, heldUsd } = account.limit;
  if (held === 0) return true;
  const { lmCalls = Infinity, tokens, usd } = budget;
  if (need.isRequest && account.requests + unsent + 1 > lmCalls) return false;
  if (tokens === undefined && usd === undefined) return true;
  // Nobody knows how long the answer will be: as many at once as there are answers to judge by, so that the first goes alone.
  if (need.maxTokens === undefined && held > answers) return false;
  const room = carefulRoom(account, need);
  if (takesAny(room.tokens, need) && sums.totalTokens + heldTokens + room.tokens > (tokens ?? Infinity)) return false;
  return !(takesAny(room.usd, need) && sums.usd + heldUsd + room.usd > (usd ?? Infinity));
}

/** A search that takes nothing is no matter for budgets; a request always is. */
function takesAny(amount: number, { isRequest }: Need): boolean {
  return isRequest || amount > 0;
}

/**
 * What an answer is charged with: what it told; where it told nothing, and was not free as a cache's is, its prompt and the
 * room for it, or else its text by its length.
 */
export function charged(answer: Pick<LmResponse, "usage"> & Partial<LmResponse>, request: LmRequest): LmUsage {
  const { usage, completions = [] } = answer;
  if (usage.totalTokens > 0 || (usage.cacheHits ?? 0) > 0) return usage;
  const inputTokens = estimateInputTokens(request);
  const written = completions.reduce((characters, { text }) => characters + text.length, 0);
  const outputTokens = request.maxTokens ?? Math.ceil(written / 4);
  return { ...usage, inputTokens, outputTokens, totalTokens: inputTokens + outputTokens };
}
