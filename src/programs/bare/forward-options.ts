import type { Clock } from "../../foundation/clock.ts";
import type { Random } from "../../foundation/random.ts";
import type { LanguageModel, LmSpec } from "../../lm/language-model.ts";
import type { PriceTable } from "../../lm/prices.ts";
import type { Retriever, RetrieverSpec } from "../../retrieval/retriever.ts";
import type { RunLog } from "../call-context.ts";
import type { RunOptions } from "../run-terms.ts";

export interface ForwardOptions extends RunOptions {
  /**
   * Models and retrievers by client name. A spec is opened when the program first asks for it, and closed after the call.
   */
  readonly clients: Readonly<Record<string, LanguageModel | LmSpec | Retriever | RetrieverSpec>>;
  /** Default: real time. */
  readonly clock?: Clock | undefined;
  /** Default: real randomness. */
  readonly random?: Random | undefined;
  /** Default: none. */
  readonly log?: RunLog | undefined;
  /** Dollars for a million tokens, by model: they go before the list prices. For `$meta.usd`, and for budgets. */
  readonly prices?: PriceTable | undefined;
}

/** What bare runs stand on, one or many. */
export type BareGrounds = Pick<ForwardOptions, "clients" | "clock" | "random" | "log" | "prices">;
