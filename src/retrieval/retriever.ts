import type { LmUsage, RequestAbout } from "../lm/language-model.ts";
import type { Ledger } from "../lm/ledger/ledger.ts";

/** One piece of text that a search found. */
export interface Passage {
  readonly text: string;
  /** How well it fits the query: above all those after it, or equal. What the number means is the retriever's own. */
  readonly score: number;
  /** Where it is from: a file, a title, a place in a list. */
  readonly source: string;
}

/**
 * The port to whatever finds passages: an index in this process, a vector database, a search service. Like a language
 * model it never tries again by itself; whoever asked does. `test/conformance/retriever.ts` is its contract.
 */
export interface Retriever {
  /** The model that it asks, so that its tokens have a price. Left out: none, or one whose price nobody can know. */
  readonly asks?: AskedModel;
  /**
   * The passages that fit best, best first, `k` at most; none where nothing fits.
   *
   * Rejects with the signal's reason once that has aborted, and with UsageError after `close`. What goes wrong in a
   * service behind it is an `LmError`, whose code says whether to try again.
   */
  search(query: string, k: number, options?: SearchOptions): Promise<readonly Passage[]>;
  /** What can be said of it for people, at no cost. Left out: nothing. */
  describe?(): RetrieverFacts;
  /** Frees what it holds. May be called again. */
  close(): Promise<void>;
}

export interface AskedModel {
  readonly provider: string;
  readonly model: string;
}

/** What the tree shows of a retriever. */
export interface RetrieverFacts {
  /** Passages that it searches. */
  readonly passages?: number;
  /** The model that it asks. */
  readonly model?: string;
  /** What it has used of that model since it was opened. */
  readonly tokens?: LmUsage;
}

export interface SearchOptions {
  /** Who asks, for those who watch. Left out: nobody says. */
  readonly about?: RequestAbout;
  readonly signal?: AbortSignal;
  /**
   * Told of the tokens that the search has used, where it asks a model; whoever searches through a client, or bare through
   * `forward`, also of the US dollars, where a price is known.
   */
  readonly onUsage?: (usage: LmUsage, usd?: number) => void;
  /** Of the part of a program that searches: what it takes is written there. Default: its run's. No retriever is told. */
  readonly ledger?: Ledger;
}

/** How to open a retriever: a frozen value that holds nothing open itself. */
export interface RetrieverSpec {
  readonly kind: "retriever";
  /** What it is, for people: `"text index"`. */
  readonly name: string;
  /** Reads, connects, builds. Called at each start of the client that has it. */
  open(options?: RetrieverOpenOptions): Promise<Retriever>;
}

export interface RetrieverOpenOptions {
  /** Aborted when whoever opens it is gone. */
  readonly signal?: AbortSignal;
}
