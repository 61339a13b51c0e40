import { describe, UsageError } from "../foundation/errors.ts";
import { LmError } from "../lm/failure.ts";
import { isRecord, kindOf } from "../lm/read-json.ts";
import { type CostOf, pricesOf, type PricingOptions } from "../lm/prices.ts";
import { toldUsage } from "../lm/told-usage.ts";
import type { Passage, Retriever, SearchOptions } from "./retriever.ts";

export interface OpenedRetriever {
  /** Each of its searches is checked and priced. */
  readonly retriever: Retriever;
  /** Of the tokens of the model that it asks. Undefined: it asks none, or no price is known. */
  readonly price: CostOf | undefined;
}

/**
 * A retriever as it is put to use, whoever's code it is: see {@link checkedRetriever} and `pricesOf`.
 * @throws UsageError for what is no retriever
 */
export async function openedRetriever(
  what: string,
  retriever: Retriever,
  pricing: PricingOptions,
): Promise<OpenedRetriever> {
  checkRetriever(what, retriever);
  const { asks } = retriever;
  const isKnown = isRecord(asks) && typeof asks["provider"] === "string" && typeof asks["model"] === "string";
  const price = asks !== undefined && isKnown ? (await pricesOf(asks, pricing))() : undefined;
  return Object.freeze({ retriever: checkedRetriever(what, retriever, price), price });
}

/**
 * The retriever, each of whose searches is looked at where it comes in, in the process of whoever searches: what is no
 * list of passages is an `LmError` of code `malformed_response`, not retryable, since the retriever's code would find
 * the same again; passages beyond `k` are left out, and a usage that makes no sense counts as none.
 *
 * @param what whose it is, for the error: `client "kb"`
 * @throws UsageError for what is no retriever, naming what is missing
 */
export function checkedRetriever(what: string, retriever: Retriever, price?: CostOf): Retriever {
  checkRetriever(what, retriever);
  return Object.freeze({
    async search(query: string, k: number, { onUsage, ...options }: SearchOptions = {}): Promise<readonly Passage[]> {
      const tell = (given: unknown): void => {
        const usage = toldUsage(given);
        onUsage?.(usage, usage.totalTokens === 0 ? 0 : price?.(usage));
      };
      const told = onUsage && { onUsage: tell };
      return checkedPassages(what, await retriever.search(query, k, { ...options, ...told }), k);
    },
    ...(retriever.describe && { describe: () => retriever.describe?.() ?? {} }),
    // Closed from where nobody can catch anything.
    close: async () => retriever.close(),
  });
}

function checkRetriever(what: string, given: unknown): void {
  if (!isRecord(given)) throw new UsageError(`${what}: expected an open retriever, got ${describe(given)}`);
  const missing = ["search", "close"].filter((key) => typeof given[key] !== "function");
  if (missing.length > 0)
    throw new UsageError(`${what}: what was opened is no retriever: it has no ${missing.join(", ")} (see Retriever)`);
}

function checkedPassages(what: string, found: unknown, k: number): readonly Passage[] {
  if (!Array.isArray(found)) throw wrongAnswer(what, "a list of passages", found);
  for (const passage of found as readonly unknown[]) {
    if (!isRecord(passage)) throw wrongAnswer(what, "an object for each passage", passage);
    const { text, score, source } = passage;
    if (typeof text !== "string") throw wrongAnswer(what, "a text in a passage's text", text);
    if (!Number.isFinite(score)) throw wrongAnswer(what, "a number in a passage's score", score);
    if (typeof source !== "string") throw wrongAnswer(what, "a text in a passage's source", source);
  }
  return found.length > k ? found.slice(0, k) : found;
}

/** Says of what came only the kind: passages are the user's contents. */
export function wrongAnswer(what: string, expected: string, got: unknown): LmError {
  return new LmError(`${what}: expected ${expected}, got ${kindOf(got)}`, {
    code: "malformed_response",
    retryable: false,
  });
}
