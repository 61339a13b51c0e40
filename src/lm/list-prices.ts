import type { LmUsage } from "./language-model.ts";

/** US dollars that an answer of this usage costs, at this moment (milliseconds since 1970). */
export type ListPrice = (usage: LmUsage, at: number) => number;

/** The kept table of list prices, once it is loaded. */
export interface PriceList {
  /** The provider of an address (`https://api.groq.com/openai/v1`) or of a name (`anthropic.messages`), where the table has it. */
  provider(known: { readonly url: string } | { readonly name: string }): string | undefined;
  /** What a model costs with a provider of the table. */
  price(provider: string, model: string): ListPrice | undefined;
}

type Table = typeof import("@pydantic/genai-prices");

let loading: Promise<PriceList> | undefined;

/**
 * The table of `@pydantic/genai-prices`, the only place that knows the package. It is as it was published: nothing is
 * fetched (the package fetches nothing unless `updatePrices` is given something that does). It takes some 30 ms to load,
 * so it is loaded by the first model that needs it.
 */
export function loadPriceList(): Promise<PriceList> {
  loading ??= import("@pydantic/genai-prices").then(priceList);
  return loading;
}

function priceList({ calcPrice, findProvider }: Table): PriceList {
  return Object.freeze({
    provider: (known: { readonly url: string } | { readonly name: string }) =>
      findProvider("url" in known ? { providerApiUrl: known.url } : { providerId: known.name })?.id,
    price(provider: string, model: string): ListPrice | undefined {
      const found = calcPrice({}, model, { providerId: provider });
      if (found === null) return undefined;
      const { input_mtok: input, output_mtok: output = 0, cache_read_mtok: cached = input } = found.model_price;
      // Embeddings have no output, and no price for it. What is priced by something else than tokens is not known here.
      if (input === undefined) return undefined;
      const isPlain = !Array.isArray(found.model.prices) && OTHERS.every((key) => found.model_price[key] === undefined);
      if (isPlain && typeof input === "number" && typeof output === "number" && typeof cached === "number")
        return ({ inputTokens, outputTokens, cachedInputTokens = 0 }) => {
          const old = Math.min(cachedInputTokens, inputTokens);
          return ((inputTokens - old) * input + old * cached + outputTokens * output) / 1e6;
        };
      // By the prompt's length, by the hour or the day, or with a price for each request: as the package says.
      return (usage, at) =>
        calcPrice(counts(usage), model, { providerId: provider, timestamp: new Date(at) })?.total_price ?? 0;
    },
  });
}

/** Besides the prices of input, cached input and output, what an answer's price may depend on. */
const OTHERS = ["output_reasoning_mtok", "requests_kcount"] as const;

/** Parts are never more than the whole: the package throws at such counts. */
function counts({ inputTokens, outputTokens, cachedInputTokens = 0, reasoningTokens = 0 }: LmUsage) {
  return {
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    cache_read_tokens: Math.min(cachedInputTokens, inputTokens),
    output_reasoning_tokens: Math.min(reasoningTokens, outputTokens),
  };
}
