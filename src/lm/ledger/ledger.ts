import { UsageError } from "../../foundation/errors.ts";
import type { Budget, Spent } from "../budget.ts";
import type { LedgerMark, LmUsage } from "../language-model.ts";
import {
  type Account,
  addTo,
  isLimited,
  type LedgerRecord,
  type LimitedAccount,
  makeAccount,
  NO_NEED,
  needOf,
  recordOf,
  reportOf,
  searchNeed,
  spentOf,
  sumsOf,
  type UsageReport,
} from "./account.ts";
import { ended, type EntryRequest, type LedgerEntry, type LedgerWait, OneEntry, OpenEntries } from "./entry.ts";

export interface LedgerOptions {
  /** What may be spent at most. Default: no limit. */
  readonly budget?: Budget | undefined;
  /** Whose it is, for the failure of what passes its budget: `client "main"`. Default: the call's own. */
  readonly whose?: string | undefined;
  /** What was spent before, to go on from. Default: nothing. */
  readonly spent?: LedgerRecord | undefined;
}

export interface ChildLedgerOptions extends LedgerOptions {
  /** Another one above it, which may have some above it in common with the first: those count once. Default: none. */
  readonly also?: Ledger | undefined;
}

/** A request that is to be made. */
export interface LedgerRequest extends EntryRequest {
  /** The ledger of the client, written to as well; it has no parent in common with this one. */
  readonly beside?: Ledger | undefined;
}

export interface ReplayedSpending {
  readonly requests: number;
  readonly searches: number;
  readonly usage: LmUsage;
  /** US dollars. Undefined: not known. */
  readonly usd: number | undefined;
}

/**
 * What requests spend, counted once and written down in each of a chain of ledgers (a part's, its run's, its program's,
 * the system's) at the same moment, and in the client's beside them; each may have a budget. A value machine: it knows no
 * process, no time and no model.
 */
export interface Ledger extends LedgerMark {
  /** A ledger below this one, of something with a life and a budget of its own. */
  open(options?: ChildLedgerOptions): Ledger;
  /** A ledger below this one, of a part of the same life: it tells of that part alone, and is closed with this one. */
  part(): Ledger;
  /**
   * Sets aside, in each budget, what a request may cost: its prompt, and `maxTokens` for its answer, or the longest answer
   * so far; where no answer's length is known the first goes alone. One that fits beside those under way goes at once; one
   * that would fit without them waits for them, first come first served; one that fits in no case is refused.
   * @throws LmError `budget_exceeded`; `cancelled` when the ledger is closed
   * @throws UsageError for a budget in dollars and a model without a price
   */
  reserve(asked: LedgerRequest): LedgerEntry | LedgerWait;
  /** The same for a search with the client of that ledger: no request, but its tokens and dollars count. */
  search(beside?: Ledger): LedgerEntry | LedgerWait;
  /** An answer of a cache, or one shared with an equal call: it costs nothing. */
  hit(): void;
  /** What an earlier life of the same run has spent: it counts in this life's ledgers, its budget included, and in none above. */
  replayed(spent: ReplayedSpending): void;
  /** What was spent on something that is no request of anybody's: a client's own, at its start. */
  add(usage: LmUsage, usd: number | undefined): void;
  /** Requests that were sent, those under way included. */
  readonly sent: number;
  report(): UsageReport;
  record(): LedgerRecord;
  /** Without what is under way. */
  spent(): Spent;
  /** All that is open of it is over, now and from now on: so nothing stays set aside in the ledgers above it. */
  close(): void;
}

/** A ledger with none above it. */
export function makeLedger(options: LedgerOptions = {}): Ledger {
  return new OneLedger(options, NONE, new OpenEntries());
}

/** The ledger that a caller has named, if one was. */
export function ledgerOf(named: LedgerMark | undefined): Ledger | undefined {
  // Every ledger is made here.
  return named as Ledger | undefined;
}

export function isWait(reserved: LedgerEntry | LedgerWait): reserved is LedgerWait {
  return "ready" in reserved;
}

type EntryAccount = Account<OneEntry>;
type LimitedEntryAccount = LimitedAccount<OneEntry>;

const NONE: readonly never[] = [];
const NO_OPTIONS: LedgerOptions = Object.freeze({});

// A class, as `FifoQueue` is one: there is a ledger for each run, with methods that are shared instead of made anew.
class OneLedger implements Ledger {
  readonly kind = "ledger";
  readonly #account: EntryAccount;
  /** Its own and those above it, this one's first. */
  readonly #chain: readonly EntryAccount[];
  /** Of these, those with a budget. */
  readonly #limited: readonly LimitedEntryAccount[];
  readonly #open: OpenEntries;
  /** How many of the chain are of one life. */
  readonly #life: number;

  constructor(
    { budget, whose, spent }: LedgerOptions,
    above: readonly EntryAccount[],
    open: OpenEntries,
    partOf: number = 0,
  ) {
    this.#life = partOf + 1;
    this.#account = makeAccount(budget, whose, spent);
    // Not by spreading, which makes room for sixteen more.
    this.#chain = [this.#account].concat(above);
    this.#limited = this.#chain.some(isLimited) ? this.#chain.filter(isLimited) : NONE;
    this.#open = open;
  }

  open(options: ChildLedgerOptions = NO_OPTIONS): Ledger {
    // Every ledger is made here.
    const also = options.also as OneLedger | undefined;
    const more = also === undefined ? NONE : also.#chain.filter((account) => !this.#chain.includes(account));
    return new OneLedger(options, more.length === 0 ? this.#chain : [...this.#chain, ...more], new OpenEntries());
  }

  part(): Ledger {
    return new OneLedger(NO_OPTIONS, this.#chain, this.#open, this.#life);
  }

  reserve(asked: LedgerRequest): LedgerEntry | LedgerWait {
    if (this.#open.closed) throw ended();
    // As above.
    const beside = asked.beside as OneLedger | undefined;
    const entry = new OneEntry(this.#chain, beside === undefined ? NONE : beside.#chain, asked, this.#open);
    const limited = this.#limits(beside);
    if (limited.length === 0) return entry.begin();
    if (asked.price === undefined) checkPrice(limited, asked.model);
    return entry.beginWithin(limited, needOf(asked.request, asked.price));
  }

  search(ofClient?: Ledger): LedgerEntry | LedgerWait {
    if (this.#open.closed) throw ended();
    // As above.
    const beside = ofClient as OneLedger | undefined;
    const entry = new OneEntry(this.#chain, beside === undefined ? NONE : beside.#chain, undefined, this.#open);
    const limited = this.#limits(beside);
    if (limited.length === 0) return entry.begin();
    return entry.beginWithin(limited, beside === undefined ? NO_NEED : searchNeed(beside.#account));
  }

  #limits(beside: OneLedger | undefined): readonly LimitedEntryAccount[] {
    if (beside === undefined || beside.#limited.length === 0) return this.#limited;
    return this.#limited.length === 0 ? beside.#limited : [...this.#limited, ...beside.#limited];
  }

  hit(): void {
    for (const account of this.#chain) sumsOf(account).cacheHits += 1;
  }

  replayed({ requests, searches, usage, usd }: ReplayedSpending): void {
    for (const account of this.#chain.slice(0, this.#life)) {
      account.requests += requests;
      sumsOf(account).searches += searches;
      if (usd === undefined && usage.totalTokens > 0) sumsOf(account).unpriced += 1;
      addTo(account, usage, usd);
    }
  }

  add(usage: LmUsage, usd: number | undefined): void {
    for (const account of this.#chain) addTo(account, usage, usd);
  }

  get sent(): number {
    return this.#account.requests;
  }

  report(): UsageReport {
    return reportOf(this.#account);
  }

  record(): LedgerRecord {
    return recordOf(this.#account);
  }

  spent(): Spent {
    return spentOf(this.#account);
  }

  close(): void {
    const open = this.#open;
    open.closed = true;
    for (let entry = open.first; entry !== undefined; entry = open.first) entry.end();
  }
}

function checkPrice(limited: readonly LimitedEntryAccount[], model: string): void {
  for (const { limit } of limited) {
    const { budget, whose } = limit;
    if (budget.usd === undefined) continue;
    const what = whose === undefined ? "budget.usd" : `${whose}: budget.usd`;
    throw new UsageError(`${what}: no price is known for the model "${model}"; add it to startSystem({ prices })`);
  }
}
