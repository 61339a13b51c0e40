import { describe, expect, test, vi } from "vitest";
import { compile, forward, labeledFewShot, predict, signature, startSystem } from "../../src/index.ts";
import { scripted } from "../../src/testing.ts";
import { scriptedModel } from "./scripted-model.ts";
import { checkedLm } from "../../src/lm/check-answer.ts";
import type { LmChunk, LmUsage } from "../../src/lm/language-model.ts";
import { openedModel } from "../../src/lm/opened-model.ts";
import { type PricedModel, pricesOf, type PriceTable, readPrices } from "../../src/lm/prices.ts";

const MILLION: LmUsage = { inputTokens: 1_000_000, outputTokens: 100_000, totalTokens: 1_100_000 };
const wallTime = () => Date.parse("2026-09-23T20:00:00Z");

async function usd(asked: PricedModel, prices?: PriceTable, answeredBy?: string, usage = MILLION) {
  const found = (await pricesOf(asked, { prices, wallTime }))(answeredBy)?.(usage);
  return found === undefined ? undefined : Math.round(found * 1e9) / 1e9;
}

const openai = (model: string, identity?: string): PricedModel => ({
  provider: "openai",
  model,
  ...(identity && { identity }),
});

describe("the list's price of a million tokens and a tenth of that written", () => {
  // Prices are facts of the table of 23 September 2026: a later one may have others.
  test.each<[string, PricedModel, number | undefined]>([
    ["of OpenAI", openai("gpt-5-mini", "https://api.openai.com/v1 x"), 0.45],
    ["with a date", openai("gpt-5-mini-2025-08-07"), 0.45],
    ["of no model that there is", openai("gpt-5-mini-turbo"), undefined],
    ["of an embedder, which writes nothing", openai("text-embedding-3-small"), 0.02],
    ["of weights that another host serves", openai("openai/gpt-oss-20b", "https://api.groq.com/openai/v1 x"), 0.105],
    [
      "of the AI SDK's Anthropic, long prompts cost twice",
      { provider: "anthropic.messages", model: "claude-sonnet-4-5" },
      8.25,
    ],
    ["of the AI SDK's Google", { provider: "google.generative-ai", model: "gemini-2.5-pro" }, 4],
    // Whoever passes it on.
    ["through a relay", openai("gpt-5-mini", "http://relay.internal:4000 x"), 0.45],
    ["through a relay, of another maker", openai("claude-haiku-4-5", "https://relay.example/v1 x"), 1.5],
    // Their weights are anybody's.
    [
      "of a server of one's own, under open weights' name",
      openai("gpt-oss-20b", "http://127.0.0.1:8000/v1 x"),
      undefined,
    ],
    ["of a server of one's own", openai("deepseek-r1", "http://localhost:11434/v1 x"), undefined],
    ["of a package of one's own", { provider: "lmstudio.chat", model: "qwen3-8b" }, undefined],
    ["of weights in this process", { provider: "llama", model: "gpt-5-mini" }, 0],
    ["of a scripted model with a maker's name", { provider: "scripted", model: "gpt-4.1" }, 2.8],
    ["of a scripted model", { provider: "scripted", model: "scripted" }, undefined],
    ["of no model, by a name that objects have", openai("toString"), undefined],
  ])("%s", async (_what, asked, price) => {
    expect(await usd(asked)).toBe(price);
  });

  test("what the provider had cached costs less", async () => {
    expect(await usd(openai("gpt-5-mini"), {}, undefined, { ...MILLION, cachedInputTokens: 400_000 })).toBeCloseTo(
      0.36,
      9,
    );
    // Parts that are more than the whole are no reason to pay less than nothing, nor to fail.
    expect(await usd(openai("gpt-5-mini"), {}, undefined, { ...MILLION, cachedInputTokens: 9e6 })).toBeCloseTo(
      0.225,
      9,
    );
    const asked = { provider: "anthropic", model: "claude-sonnet-4-5" };
    const odd = { ...MILLION, cachedInputTokens: 9e6, reasoningTokens: 9e6 };
    expect(await usd(asked, {}, undefined, odd)).toBeCloseTo(2.85, 9);
  });

  test("some are by the hour", async () => {
    const at = async (time: string) =>
      (await pricesOf({ provider: "deepseek.chat", model: "deepseek-chat" }, { wallTime: () => Date.parse(time) }))()?.(
        MILLION,
      );
    expect(await at("2026-01-01T02:00:00Z")).not.toBe(await at("2026-01-01T20:00:00Z"));
  });

  test("by the name that the answer gives itself, else by the model's", async () => {
    expect(await usd(openai("router"), {}, "gpt-5-mini-2025-08-07")).toBeCloseTo(0.45, 9);
    expect(await usd(openai("gpt-5-mini"), {}, "something-else")).toBeCloseTo(0.45, 9);
  });
});

describe("the user's own prices", () => {
  const own = {
    "gpt-5-mini": { inputPerMillion: 1, outputPerMillion: 10 },
    toString: { inputPerMillion: 7, outputPerMillion: 0 },
  };

  test.each<[string, PricedModel, string | undefined, number | undefined]>([
    ["go before the list's", openai("gpt-5-mini"), undefined, 2],
    ["are found without a date", openai("gpt-5-mini-2025-08-07"), undefined, 2],
    ["hold by the model's name too, whatever the answer says", openai("gpt-5-mini"), "gpt-4.1", 2],
    ["and by the answer's", openai("router"), "gpt-5-mini", 2],
    ["go before that of weights in this process", { provider: "llama", model: "gpt-5-mini" }, undefined, 2],
    ["are for no other", openai("gpt-4.1"), undefined, 2.8],
  ])("%s", async (_what, asked, answeredBy, price) => {
    expect(await usd(asked, own, answeredBy)).toBeCloseTo(price ?? NaN, 9);
  });

  test("cached input has its own price, where it has one", async () => {
    const usage = { ...MILLION, cachedInputTokens: 400_000 };
    const mine = (cachedInputPerMillion?: number) => ({
      mine: {
        inputPerMillion: 1,
        outputPerMillion: 10,
        ...(cachedInputPerMillion !== undefined && { cachedInputPerMillion }),
      },
    });
    expect(await usd(openai("mine"), mine(0.1), undefined, usage)).toBeCloseTo(1.64);
    expect(await usd(openai("mine"), mine(), undefined, usage)).toBeCloseTo(2);
  });
});

describe("an answer is priced where its model is opened", () => {
  const prices = { "m-1": { inputPerMillion: 1, outputPerMillion: 10 } };
  const answering = (usage: LmUsage, more: object = {}) => scriptedModel({ usage, ...more });

  test.each<[string, LmUsage, object, number | undefined]>([
    ["with a price", MILLION, {}, 2],
    ["that tells no tokens", { inputTokens: 0, outputTokens: 0, totalTokens: 0 }, {}, undefined],
    ["of a cache of its own", { inputTokens: 0, outputTokens: 0, totalTokens: 0, cacheHits: 1 }, {}, 0],
    ["by a model without a price", MILLION, { model: "m-2" }, undefined],
    ["that says itself what it cost", MILLION, { usd: 17 }, 2],
    ["that says so without a price", MILLION, { model: "m-2", usd: 17 }, undefined],
  ])("%s, whole and streamed", async (_what, usage, more, expected) => {
    const named = { "m-1": prices["m-1"] };
    const { lm } = await openedModel("client", answering(usage, more), { prices: named, wallTime });
    const whole = await lm.generate({ messages: [] });
    expect(whole.usd).toBe(expected);
    expect("usd" in whole).toBe(expected !== undefined);
    const chunks: LmChunk[] = [];
    for await (const chunk of lm.stream({ messages: [] })) chunks.push(chunk);
    expect(chunks.at(-1)).toEqual({ type: "done", response: whole });
  });

  test("one that nobody prices is not copied", async () => {
    const lm = answering(MILLION);
    const checked = checkedLm("client", lm);
    expect(await checked.generate({ messages: [] })).toBe(await lm.generate({ messages: [] }));
  });

  test("the price of the model's own name is known before it is asked", async () => {
    expect((await openedModel("client", answering(MILLION), { prices, wallTime })).price?.(MILLION)).toBe(2);
    expect((await openedModel("client", answering(MILLION), { wallTime })).price).toBeUndefined();
  });
});

test("nothing is fetched", async () => {
  const fetching = vi.spyOn(globalThis, "fetch");
  await usd(openai("gpt-5-mini"));
  await usd(openai("no such model"));
  expect(fetching).not.toHaveBeenCalled();
  fetching.mockRestore();
});

describe("a table of one's own is refused", () => {
  const price = { inputPerMillion: 1, outputPerMillion: 2 };

  test.each<readonly [prices: unknown, says: string]>([
    ["cheap", 'prices must be prices by model, got "cheap"'],
    [{ m: 3 }, "prices: m must be { inputPerMillion, outputPerMillion }, got 3"],
    [{ m: { input: 1, output: 2 } }, 'prices: m: no option "input" (is "inputPerMillion" meant?)'],
    [{ m: { inputPerMillion: 1 } }, "prices: m: outputPerMillion is missing"],
    [{ m: { ...price, outputPerMillion: "2" } }, 'prices: m: outputPerMillion must be dollars from 0, got "2"'],
    [{ m: { ...price, cachedInputPerMillion: Number.NaN } }, "cachedInputPerMillion must be dollars from 0, got NaN"],
  ])("%j", (prices, says) => {
    expect(() => readPrices("prices", prices as PriceTable)).toThrow(says);
  });

  test("wherever it is given", async () => {
    const prices = { m: { input: 1, output: 2 } } as never;
    const qa = predict(signature("question -> answer"));
    const clients = { m: scripted([]) };
    const says = 'm: no option "input"';
    await expect(forward(qa, { question: "?" }, { clients, prices })).rejects.toThrow(says);
    expect(() => compile(labeledFewShot(), qa, { trainset: [], clients, prices })).toThrow(says);
    await expect(startSystem({ children: [], logger: false, prices })).rejects.toThrow(says);
    expect(readPrices("prices", { m: price })).toEqual({ m: price });
  });
});
