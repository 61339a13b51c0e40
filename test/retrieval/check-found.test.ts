import { expect, test } from "vitest";
import { UsageError } from "../../src/foundation/errors.ts";
import { NO_USAGE } from "../../src/lm/language-model.ts";
import { checkedRetriever, openedRetriever } from "../../src/retrieval/check-found.ts";
import type { Passage, Retriever } from "../../src/retrieval/retriever.ts";

const passage: Passage = { text: "a lake", score: 1, source: "geneva" };
const finding = (found: unknown): Retriever =>
  checkedRetriever("test", { search: async () => found as readonly Passage[], close: async () => {} });

test.each<[string, unknown, string]>([
  ["nothing", undefined, "a list of passages, got undefined"],
  ["an object", { 0: passage }, "a list of passages, got an object"],
  ["texts", ["a lake"], "an object for each passage, got text of 6 characters"],
  ["no text", [passage, { ...passage, text: null }], "a text in a passage's text, got null"],
  ["a score that is none", [{ ...passage, score: Number.NaN }], "a number in a passage's score, got NaN"],
  ["a score of text", [{ ...passage, score: "1" }], "a number in a passage's score, got text of 1 characters"],
  ["no source", [{ text: "a lake", score: 1 }], "a text in a passage's source, got undefined"],
])("a search that finds %s is a malformed response", async (_what, found, message) => {
  await expect(finding(found).search("lake", 3)).rejects.toMatchObject({
    code: "malformed_response",
    retryable: false,
    message: `test: expected ${message}`,
  });
});

test("what is found is not copied; what is more than was asked for is left out", async () => {
  const found = [passage, passage];
  expect(await finding(found).search("lake", 2)).toBe(found);
  expect(await finding(found).search("lake", 1)).toEqual([passage]);
  expect(await finding([]).search("lake", 1)).toEqual([]);
});

test("a usage that makes no sense counts as none, and all else is handed on", async () => {
  const used: unknown[] = [];
  const { signal } = new AbortController();
  const retriever = checkedRetriever("test", {
    search: async (query, k, options) => {
      expect([query, k, options?.signal]).toEqual(["lake", 1, signal]);
      options?.onUsage?.({ inputTokens: 1e12, outputTokens: 0, totalTokens: Number.NaN });
      return [];
    },
    describe: () => ({ passages: 4 }),
    close: async () => {},
  });
  await retriever.search("lake", 1, { signal, onUsage: (usage) => void used.push(usage) });
  expect([used, retriever.describe?.()]).toEqual([[NO_USAGE], { passages: 4 }]);
  await retriever.close();
});

test.each<[string, Retriever["asks"], number, number | undefined]>([
  ["a model with a price", { provider: "openai", model: "text-embedding-3-small" }, 1_000_000, 0.02],
  ["the user's own price", { provider: "mine", model: "vectors" }, 1_000_000, 3],
  ["a model without a price", { provider: "mine", model: "others" }, 1_000_000, undefined],
  ["nobody", undefined, 1_000_000, undefined],
  ["nobody, and took nothing", undefined, 0, 0],
])("a search that asked %s is told of its dollars", async (_what, asks, inputTokens, usd) => {
  const told: unknown[] = [];
  const { retriever } = await openedRetriever(
    "test",
    {
      ...(asks && { asks }),
      search: async (_query, _k, options) => {
        options?.onUsage?.({ inputTokens, outputTokens: 0, totalTokens: inputTokens });
        return [];
      },
      close: async () => {},
    },
    { prices: { vectors: { inputPerMillion: 3, outputPerMillion: 0 } }, wallTime: () => 0 },
  );
  await retriever.search("lake", 1, { onUsage: (_usage, cost) => void told.push(cost) });
  expect(told).toEqual([usd]);
});

test("what is no retriever is misuse", () => {
  const checked = (opened: unknown) => () => checkedRetriever("test", opened as Retriever);
  expect(checked(undefined)).toThrow(new UsageError("test: expected an open retriever, got undefined"));
  expect(checked({})).toThrow(
    new UsageError("test: what was opened is no retriever: it has no search, close (see Retriever)"),
  );
});
