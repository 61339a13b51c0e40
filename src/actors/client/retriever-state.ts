import type { Ledger } from "../../lm/ledger/ledger.ts";
import type { RefusalWatch } from "../../lm/limits/standing-refusal.ts";
import type { WatchedSearches } from "./request-events.ts";

/** What a retriever's client knows that is not its process's own: kept beside it, as `ProviderState` is. */
export interface RetrieverState {
  /** What it has used. */
  readonly ledger: Ledger;
  /** Of whoever makes its vectors. */
  readonly refusals: RefusalWatch;
  readonly watched: WatchedSearches;
}
