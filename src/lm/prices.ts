import { checkNumber, checkOptions, optionNames } from "../foundation/check-options.ts";
import { describe, UsageError } from "../foundation/errors.ts";
import { LmError, withDetails } from "./failure.ts";
import type { LanguageModel, LmResponse, LmUsage } from "./language-model.ts";
import { costOfFailure } from "./told-usage.ts";
import { loadPriceList, type ListPrice, type PriceList } from "./list-prices.ts";

/** US dollars for a million tokens. */
export interface Price {
  readonly inputPerMillion: number;
  readonly outputPerMillion: number;
  /** For input tokens that the provider had cached. Default: as other input. */
  readonly cachedInputPerMillion?: number;
}

/** By the model's name; one with a date at its end (`gpt-5-mini-2025-08-07`) is found under its name without. */
export type PriceTable = Readonly<Record<string, Price>>;

const PRICE = optionNames<Price>({ inputPerMillion: true, outputPerMillion: true, cachedInputPerMillion: true });

const DOLLARS = { expected: "dollars from 0", holds: (dollars: number) => dollars >= 0 && dollars < Infinity };

/**
 * A table as it was given; none is an empty one.
 *
 * @throws UsageError for a price that would make dollars no number: every sum with it, and every budget, would be lost
 */
export function readPrices(what: string, prices: PriceTable | undefined): PriceTable {
  if (prices === undefined) return Object.freeze({});
  if (typeof prices !== "object" || prices === null || Array.isArray(prices))
    throw new UsageError(`${what} must be prices by model, got ${describe(prices)}`);
  for (const [model, price] of Object.entries(prices)) {
    const of = `${what}: ${model}`;
    if (typeof price !== "object" || price === null)
      throw new UsageError(`${of} must be { inputPerMillion, outputPerMillion }, got ${describe(price)}`);
    checkOptions(of, price, PRICE);
    const { inputPerMillion, outputPerMillion, cachedInputPerMillion } = price;
    for (const [name, dollars] of Object.entries({ inputPerMillion, outputPerMillion })) {
      if (dollars === undefined) throw new UsageError(`${of}: ${name} is missing: dollars for a million tokens`);
      checkNumber(of, name, dollars, DOLLARS);
    }
    checkNumber(of, "cachedInputPerMillion", cachedInputPerMillion, DOLLARS);
  }
  return Object.freeze({ ...prices });
}

/** US dollars that an answer of this usage costs. */
export type CostOf = (usage: LmUsage) => number;

/**
 * What the answers of one model cost, by the name that the answering model gives itself (an alias or a router may be
 * answered by another), else by the model's. Undefined: not known.
 */
export type ModelPrices = (answeredBy?: string) => CostOf | undefined;

/** Whose answers are to be priced. */
export type PricedModel = Pick<LanguageModel, "provider" | "model" | "identity">;

export interface PricingOptions {
  /** The user's own; they go before the list's. Default: none. */
  readonly prices?: PriceTable | undefined;
  /** Milliseconds since 1970: some prices are by the hour. */
  wallTime(): number;
}

/** Of an answer by weights in this process. */
const FREE: CostOf = () => 0;

/**
 * The one place where prices are looked up; to be called where a model is opened for use. The user's own table goes first,
 * also over the list's price of the name that the answer gives itself; then `llama` costs nothing; then comes the list
 * price of the provider, as its address or its name says who that is. A provider that the list does not know (a relay, a
 * server of one's own, a scripted model) has the prices of the models that only their makers serve, as far as it uses their
 * names ({@link makerOf}), and otherwise none.
 */
export async function pricesOf(asked: PricedModel, { prices = {}, wallTime }: PricingOptions): Promise<ModelPrices> {
  const listed = await listPrices(asked);
  const look = (answeredBy: string): CostOf | undefined => {
    const own = ownPrice(prices, answeredBy) ?? ownPrice(prices, asked.model);
    if (own !== undefined) return (usage) => costOf(usage, own);
    if (asked.provider === "llama") return FREE;
    const list = listed(answeredBy) ?? listed(asked.model);
    return list && ((usage) => list(usage, wallTime()));
  };
  // Nearly always the same name, and looking it up costs more than it should for each answer.
  const known = new Map<string, CostOf | undefined>();
  return (answeredBy = asked.model) => {
    if (known.has(answeredBy)) return known.get(answeredBy);
    const price = look(answeredBy);
    if (known.size < 100) known.set(answeredBy, price);
    return price;
  };
}

/** The answer with what it cost: nothing where the cache gave it; left out where nobody knows. */
export function withUsd(answer: LmResponse, prices: ModelPrices): LmResponse {
  const { usage, model } = answer;
  if ((usage.cacheHits ?? 0) > 0) return { ...answer, usd: 0 };
  // An answer that tells no tokens was not free.
  const cost = usage.totalTokens > 0 ? prices(model) : undefined;
  if (cost !== undefined) return { ...answer, usd: cost(usage) };
  if (answer.usd === undefined) return answer;
  const { usd: _usd, ...rest } = answer;
  return rest;
}

/** The failure with what its answer cost, where the answer told its tokens: in `details.usd`, beside `details.usage`. */
export function failureWithUsd(thrown: unknown, prices: ModelPrices): unknown {
  const cost = costOfFailure(thrown);
  const usd = cost && prices()?.(cost.usage);
  return thrown instanceof LmError && usd !== undefined ? withDetails(thrown, { usd }) : thrown;
}

type Listed = (model: string) => ListPrice | undefined;

async function listPrices({ provider, model, identity }: PricedModel): Promise<Listed> {
  if (provider === "llama") return UNLISTED;
  if (provider === "scripted") {
    // In tests it stands for any model: the table is loaded for those alone that have a maker's name.
    if (makerOf(model) === undefined) return UNLISTED;
    return byMaker(await loadPriceList());
  }
  const list = await loadPriceList();
  // An identity begins with where its model is.
  const [where = ""] = (identity ?? "").split(" ");
  const url = /^https?:\/\//.test(where) ? where : undefined;
  // Vercel's names: "openai.chat", "google.generative-ai".
  const [name = ""] = provider.split(".");
  const id = list.provider(url === undefined ? { name } : { url });
  return id === undefined ? byMaker(list) : (answeredBy) => list.price(id, answeredBy);
}

const UNLISTED: Listed = () => undefined;

function byMaker(list: PriceList): Listed {
  return (model) => {
    const maker = makerOf(model);
    return maker === undefined ? undefined : list.price(maker, model);
  };
}

/** Whose model it is, whoever passes it on. Not of those whose weights anybody can serve, at prices of their own. */
function makerOf(model: string): string | undefined {
  if (/^(?:gpt-(?!oss)|chatgpt-|o\d)/.test(model)) return "openai";
  if (model.startsWith("claude-")) return "anthropic";
  return model.startsWith("gemini-") ? "google" : undefined;
}

function ownPrice(table: PriceTable, model: string): Price | undefined {
  for (const name of [model, model.replace(/-\d{4}-\d{2}-\d{2}$/, "")])
    if (Object.hasOwn(table, name)) return table[name];
  return undefined;
}

function costOf({ inputTokens, outputTokens, cachedInputTokens = 0 }: LmUsage, price: Price): number {
  const { inputPerMillion, outputPerMillion, cachedInputPerMillion = inputPerMillion } = price;
  const cached = Math.min(cachedInputTokens, inputTokens);
  const fresh = inputTokens - cached;
  return (fresh * inputPerMillion + cached * cachedInputPerMillion + outputTokens * outputPerMillion) / 1_000_000;
}
