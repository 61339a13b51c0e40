import type { LmUsage } from "./language-model.ts";

/** US dollars for a million tokens. */
export interface Price {
  readonly inputPerMillion: number;
  readonly outputPerMillion: number;
  /** For input tokens that the provider had cached. Default: as other input. */
  readonly cachedInputPerMillion?: number;
}

/** By the model's name; one with a date at its end (`gpt-5-mini-2025-08-07`) is found under its name without. */
export type PriceTable = Readonly<Record<string, Price>>;

function price(inputPerMillion: number, outputPerMillion: number, cachedInputPerMillion: number): Price {
  return Object.freeze({ inputPerMillion, outputPerMillion, cachedInputPerMillion });
}

/**
 * OpenAI's list prices (standard tier), as several public price tables agreed on them on 25 November 2026; cached input at a
 * tenth (GPT-5), a quarter (GPT-4.1) and a half (GPT-4o) of other input. OpenAI's own page could not be read then. Prices
 * change, and models come: give your own in `startSystem({ prices })`.
 */
export const LIST_PRICES: PriceTable = Object.freeze({
  "gpt-5": price(1.25, 10, 0.125),
  "gpt-5-mini": price(0.25, 2, 0.025),
  "gpt-5-nano": price(0.05, 0.4, 0.005),
  "gpt-4.1": price(2, 8, 0.5),
  "gpt-4.1-mini": price(0.4, 1.6, 0.1),
  "gpt-4.1-nano": price(0.1, 0.4, 0.025),
  "gpt-4o": price(2.5, 10, 1.25),
  "gpt-4o-mini": price(0.15, 0.6, 0.075),
});

/** The price of the first of these names that has one. */
export function priceOf(table: PriceTable, ...models: readonly string[]): Price | undefined {
  for (const model of models) {
    for (const name of [model, model.replace(/-\d{4}-\d{2}-\d{2}$/, "")])
      if (Object.hasOwn(table, name)) return table[name];
  }
  return undefined;
}

/** US dollars. */
export function costOf({ inputTokens, outputTokens, cachedInputTokens = 0 }: LmUsage, price: Price): number {
  const { inputPerMillion, outputPerMillion, cachedInputPerMillion = inputPerMillion } = price;
  const fresh = inputTokens - cachedInputTokens;
  return (
    (fresh * inputPerMillion + cachedInputTokens * cachedInputPerMillion + outputTokens * outputPerMillion) / 1_000_000
  );
}
