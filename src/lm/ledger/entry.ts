import { FifoQueue } from "../../foundation/queue.ts";
import { cancelledError, LmError } from "../failure.ts";
import type { LmRequest, LmResponse } from "../language-model.ts";
import type { CostOf } from "../prices.ts";
import { costOfFailure, type FailedCost } from "../told-usage.ts";
import {
  type Account,
  addTo,
  carefulRoom,
  charged,
  fitsBeside,
  isLimited,
  type LimitedAccount,
  type Need,
  refusal,
  sumsOf,
} from "./account.ts";

/** What an entry is told of the request that it stands for. */
export interface EntryRequest {
  readonly request: LmRequest;
  /** The name of the model, for errors. */
  readonly model: string;
  /** Of its answers. Undefined: not known. */
  readonly price: CostOf | undefined;
  /** Whether it is made beside one that takes too long. Default false. */
  readonly hedge?: boolean | undefined;
}

/** What is told of an answer. */
export type LedgerAnswer = Pick<LmResponse, "usage"> & Partial<LmResponse>;

/** One request or search, in every ledger that it belongs to. */
export interface LedgerEntry {
  /** It has left: from now on it counts. One that never has counts nowhere. */
  sent(): void;
  /** It is over: with its answer, or without (it was cancelled, it was never sent). Only the first time counts. */
  settle(answer?: LedgerAnswer): void;
  /** It is over: it failed, and took what its failure tells, or so much; nothing where nobody knows. */
  fail(failure: unknown, took?: FailedCost): void;
}

/** A request that does not fit beside those that are under way. */
export interface LedgerWait {
  /** Its entry, once there is room. @throws LmError (rejects) `budget_exceeded`, or what it was left with */
  readonly ready: Promise<LedgerEntry>;
  /** Whoever waits gives up: `ready` rejects so, also when its entry is there but was not taken yet. */
  leave(reason: LmError): void;
}

/** The entries of one life, linked to one another: most lives have one at a time. */
export class OpenEntries {
  first: OneEntry | undefined = undefined;
  closed = false;
}

type EntryAccount = Account<OneEntry>;
type LimitedEntryAccount = LimitedAccount<OneEntry>;

/** What is set aside for an entry in one account. */
interface Hold {
  readonly account: LimitedEntryAccount;
  readonly tokens: number;
  readonly usd: number;
}

/** The accounts whose budget applies to an entry, and what it may take of them. */
interface Limits {
  readonly accounts: readonly LimitedEntryAccount[];
  readonly need: Need;
  readonly holds: Hold[];
  waiting: Waiting | undefined;
}

interface Waiting {
  /** In whose line it stands. */
  at: LimitedEntryAccount;
  resolve(entry: OneEntry): void;
  reject(failure: LmError): void;
}

const NONE: readonly EntryAccount[] = [];

// A class, as `FifoQueue` is one: there is an entry for each request, with methods that are shared instead of made anew.
export class OneEntry implements LedgerEntry {
  /** Undefined: a search. */
  readonly #asked: EntryRequest | undefined;
  readonly #chain: readonly EntryAccount[];
  readonly #beside: readonly EntryAccount[];
  readonly #open: OpenEntries;
  #state: "new" | "open" | "sent" | "over" = "new";
  #limits: Limits | undefined = undefined;
  #next: OneEntry | undefined = undefined;
  #previous: OneEntry | undefined = undefined;

  constructor(
    chain: readonly EntryAccount[],
    beside: readonly EntryAccount[] = NONE,
    asked: EntryRequest | undefined,
    open: OpenEntries,
  ) {
    this.#chain = chain;
    this.#beside = beside;
    this.#asked = asked;
    this.#open = open;
  }

  /** Nothing limits it. */
  begin(): this {
    const { first } = this.#open;
    this.#state = "open";
    this.#next = first;
    if (first !== undefined) first.#previous = this;
    this.#open.first = this;
    return this;
  }

  /** @throws LmError `budget_exceeded` */
  beginWithin(accounts: readonly LimitedEntryAccount[], need: Need): LedgerEntry | LedgerWait {
    this.#limits = { accounts, need, holds: [], waiting: undefined };
    const found = this.#verdict(this.#limits);
    if (found instanceof LmError) throw found;
    this.begin();
    if (found !== undefined) return this.#waitAt(found, this.#limits);
    this.#hold(this.#limits);
    return this;
  }

  /**
   * What becomes of it now: a failure, an account that it has to wait for, or nothing that keeps it.
   * @param head the account at the head of whose line it stands
   */
  #verdict({ accounts, need }: Limits, head?: LimitedEntryAccount): LmError | LimitedEntryAccount | undefined {
    for (const account of accounts) {
      const refused = refusal(account, need);
      if (refused !== undefined) return refused;
    }
    return accounts.find((account) => (account.limit.waiting > 0 && account !== head) || !fitsBeside(account, need));
  }

  #hold({ accounts, need, holds }: Limits): void {
    for (const account of accounts) {
      const { tokens, usd } = carefulRoom(account, need);
      const { limit } = account;
      limit.held += 1;
      if (need.isRequest) limit.unsent += 1;
      limit.heldTokens += tokens;
      limit.heldUsd += usd;
      holds.push({ account, tokens, usd });
    }
  }

  #waitAt(at: LimitedEntryAccount, limits: Limits): LedgerWait {
    const { promise, resolve, reject } = Promise.withResolvers<OneEntry>();
    limits.waiting = { at, resolve, reject };
    this.#standIn(at);
    let left: LmError | undefined;
    let taken = false;
    const ready = promise.then((entry) => {
      // Its turn came, and then its ledger's end, or its own.
      if (this.#state === "over") throw left ?? ended();
      taken = true;
      return entry;
    });
    // Whoever waited may be gone for good.
    ready.catch(NOTHING);
    const leave = (reason: LmError): void => {
      if (taken || this.#state === "over") return;
      left = reason;
      this.end(undefined, reason);
    };
    return { ready, leave };
  }

  #standIn({ limit }: LimitedEntryAccount): void {
    limit.line ??= new FifoQueue();
    limit.line.push(this);
    limit.waiting += 1;
  }

  sent(): void {
    if (this.#state !== "open") return;
    this.#state = "sent";
    for (const account of this.#chain) this.#countSent(account);
    for (const account of this.#beside) this.#countSent(account);
    if (this.#limits?.need.isRequest !== true) return;
    const { holds } = this.#limits;
    for (const { account } of holds) account.limit.unsent -= 1;
    // Whoever waited for it not to be made, waits for nothing now.
    for (const { account } of holds) if (account.limit.budget.lmCalls !== undefined) advance(account);
  }

  #countSent(account: EntryAccount): void {
    if (this.#asked === undefined) sumsOf(account).searches += 1;
    else {
      account.requests += 1;
      account.underWay += 1;
      if (this.#asked.hedge === true) sumsOf(account).hedges += 1;
    }
  }

  settle(answer?: LedgerAnswer): void {
    if (answer !== undefined) this.sent();
    this.end(answer);
  }

  fail(failure: unknown, took: FailedCost | undefined = costOfFailure(failure)): void {
    this.end(took, undefined, true);
  }

  /** @param reason why it waits no longer, if it does; default: its run has ended */
  end(answer?: LedgerAnswer, reason?: LmError, failed = answer === undefined): void {
    if (this.#state === "over") return;
    const wasSent = this.#state === "sent";
    if (wasSent) this.#countEnd(answer, failed);
    this.#state = "over";
    this.#unlink();
    if (this.#limits === undefined) return;
    const { holds, waiting, need } = this.#limits;
    if (holds.length === 0 && waiting !== undefined) {
      waiting.at.limit.waiting -= 1;
      waiting.reject(reason ?? ended());
      return advance(waiting.at);
    }
    for (const { account, tokens, usd } of holds) {
      const { limit } = account;
      limit.held -= 1;
      if (!wasSent && need.isRequest) limit.unsent -= 1;
      // Sums of many small numbers drift.
      limit.heldTokens = limit.held === 0 ? 0 : limit.heldTokens - tokens;
      limit.heldUsd = limit.held === 0 ? 0 : limit.heldUsd - usd;
    }
    for (const { account } of holds) advance(account);
  }

  #countEnd(answer: LedgerAnswer | undefined, failed: boolean): void {
    const asked = this.#asked;
    if (answer === undefined) {
      for (const account of this.#chain) countFailure(account, asked);
      for (const account of this.#beside) countFailure(account, asked);
      return;
    }
    // One that was cut off, refused or of no use, and paid for: what it told is as true as of any other.
    const usage = asked === undefined ? answer.usage : charged(answer, asked.request);
    const usd = answer.usd ?? asked?.price?.(usage);
    const isKnown = answer.usd !== undefined || usage.totalTokens === 0;
    const search = asked === undefined ? { tokens: usage.totalTokens, usd: usd ?? 0 } : undefined;
    const length = Math.ceil(usage.outputTokens / (asked?.request.n ?? 1));
    for (const accounts of [this.#chain, this.#beside])
      for (const account of accounts) {
        addTo(account, usage, usd);
        if (failed) sumsOf(account).failures += 1;
        if (!isKnown) sumsOf(account).unpriced += 1;
        if (search !== undefined) {
          // One that failed may have taken something, and is no sign that others take nothing.
          if (!failed || search.tokens > 0) sumsOf(account).lastSearch = search;
        } else {
          account.underWay -= 1;
          if (isLimited(account)) account.limit.answers += 1;
        }
        if (length > account.longestAnswer) account.longestAnswer = length;
      }
    if (this.#limits === undefined) return;
    const { need, accounts } = this.#limits;
    if (!need.isRequest || need.inputTokens === 0) return;
    const ratio = usage.inputTokens / need.inputTokens;
    for (const { limit } of accounts) limit.inputRatio = Math.max(limit.inputRatio, ratio);
  }

  /** @returns whether the next one in that line may have its turn */
  takeTurn(head: LimitedEntryAccount): boolean {
    const limits = this.#limits;
    const waiting = limits?.waiting;
    // It has left, or stands in another line.
    if (this.#state === "over" || limits === undefined || waiting?.at !== head) return true;
    const found = this.#verdict(limits, head);
    if (found === head) {
      head.limit.line?.unshift(this);
      return false;
    }
    head.limit.waiting -= 1;
    if (found === undefined) {
      this.#hold(limits);
      waiting.resolve(this);
    } else if (found instanceof LmError) {
      this.#state = "over";
      this.#unlink();
      waiting.reject(found);
    } else {
      waiting.at = found;
      this.#standIn(found);
    }
    return true;
  }

  #unlink(): void {
    if (this.#previous !== undefined) this.#previous.#next = this.#next;
    else if (this.#open.first === this) this.#open.first = this.#next;
    if (this.#next !== undefined) this.#next.#previous = this.#previous;
    this.#previous = this.#next = undefined;
  }
}

function countFailure(account: EntryAccount, asked: EntryRequest | undefined): void {
  sumsOf(account).failures += 1;
  if (asked !== undefined) account.underWay -= 1;
}

/** Gives those in line their turns, the first first, until one of them has to go on waiting. */
function advance(account: LimitedEntryAccount): void {
  while (account.limit.waiting > 0) {
    const next = account.limit.line?.shift();
    if (next === undefined || !next.takeTurn(account)) return;
  }
}

/** The failure of what is asked of a ledger, or waits in it, when its run is over. */
export function ended(): LmError {
  return cancelledError(new Error("the run has ended"));
}

const NOTHING = (): void => {};
