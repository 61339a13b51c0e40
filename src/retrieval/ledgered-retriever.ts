import type { Clock } from "../foundation/clock.ts";
import { isWait, type Ledger, makeLedger } from "../lm/ledger/ledger.ts";
import { turnOf } from "../lm/ledger/turn.ts";
import { tooLate } from "../lm/limits/admission.ts";
import { addUsage, type LmUsage, NO_USAGE } from "../lm/language-model.ts";
import type { Passage, Retriever, SearchOptions } from "./retriever.ts";

export interface LedgeredRetrieverOptions {
  /** What its client is called. */
  readonly name: string;
  readonly ledger: Ledger;
  readonly clock: Clock;
}

/** A retriever whose searches are written into a ledger and keep within its budgets, where no process does so. */
export function ledgeredRetriever(retriever: Retriever, options: LedgeredRetrieverOptions): Retriever {
  const { name, clock } = options;
  // What its searches take is judged by those before.
  const own = makeLedger();
  const search = async (
    query: string,
    k: number,
    { ledger = options.ledger, onUsage, ...rest }: SearchOptions = {},
  ): Promise<readonly Passage[]> => {
    const { signal } = rest;
    const reserved = ledger.search(own);
    const entry = isWait(reserved) ? await turnOf(reserved, { clock, signal, late: () => tooLate(name) }) : reserved;
    let usage = NO_USAGE;
    let usd: number | undefined = 0;
    const told = (used: LmUsage, cost?: number): void => {
      usage = addUsage(usage, used);
      usd = usd === undefined || cost === undefined ? undefined : usd + cost;
      onUsage?.(used, cost);
    };
    entry.sent();
    try {
      const found = await retriever.search(query, k, { ...rest, onUsage: told });
      entry.settle({ usage, usd });
      return found;
    } catch (thrown) {
      // What it had told until then was paid for.
      entry.fail(thrown, { usage, ...(usd !== undefined && { usd }) });
      throw thrown;
    }
  };
  return Object.freeze({
    search,
    ...(retriever.describe && { describe: () => retriever.describe?.() ?? {} }),
    close: () => retriever.close(),
  });
}
