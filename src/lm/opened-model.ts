import { checkedLm, checkModel } from "./check-answer.ts";
import type { LanguageModel } from "./language-model.ts";
import { type CostOf, pricesOf, type PricingOptions } from "./prices.ts";

export interface OpenedModel {
  /** Each of its answers is checked and priced. */
  readonly lm: LanguageModel;
  /** Of an answer by the model's own name: what a request may cost, before it is made. Undefined: not known. */
  readonly price: CostOf | undefined;
}

/**
 * A model as it is put to use, whoever's code it is: see `checkedLm` and `pricesOf`.
 *
 * @param what whose it is, for errors: `client "main"`
 * @throws UsageError for what is no model
 */
export async function openedModel(what: string, lm: LanguageModel, pricing: PricingOptions): Promise<OpenedModel> {
  checkModel(what, lm);
  const prices = await pricesOf(lm, pricing);
  return Object.freeze({ lm: checkedLm(what, lm, prices), price: prices() });
}
