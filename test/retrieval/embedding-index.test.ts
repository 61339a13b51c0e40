import { describe, expect, test } from "vitest";
import { UsageError } from "../../src/foundation/errors.ts";
import type { Embedder } from "../../src/lm/embedder.ts";
import { LmError } from "../../src/lm/failure.ts";
import { NO_USAGE } from "../../src/lm/language-model.ts";
import { type Embed, embeddingIndex, type EmbeddingIndexOptions } from "../../src/retrieval/embedding-index.ts";
import { describeRetriever, TOWNS } from "../conformance/retriever.ts";

const WORDS = ["river", "lake", "fountain", "carnival", "government", "palm", "water"];

/** A vector that counts a few words: as much meaning as a test needs. */
const countWords: Embed = async (texts) =>
  texts.map((text) => WORDS.map((word) => text.toLowerCase().split(word).length - 1));

describeRetriever("embeddingIndex", () => ({ spec: embeddingIndex({ documents: TOWNS, embed: countWords }) }));

async function search(query: string, k: number, options: Partial<EmbeddingIndexOptions> = {}) {
  const index = await embeddingIndex({ documents: TOWNS, embed: countWords, ...options }).open();
  return index.search(query, k);
}

describe("embeddingIndex", () => {
  test("scores by the cosine, whatever the vectors' lengths", async () => {
    const [best, second] = await search("lake lake lake", 2);
    expect(best).toMatchObject({ source: "geneva", score: expect.closeTo(2 / Math.sqrt(6), 5) });
    expect(second).toMatchObject({ source: "lugano", score: expect.closeTo(Math.SQRT1_2, 5) });
  });

  test("asks for the passages in batches, and for each query by itself", async () => {
    const asked: number[] = [];
    const embed: Embed = (texts, options) => {
      asked.push(texts.length);
      return countWords(texts, options);
    };
    const index = await embeddingIndex({ documents: TOWNS, embed, batchSize: 3 }).open();
    await index.search("lake", 1);
    expect(asked).toEqual([3, 1, 1]);
  });

  test("hands the signal on, and fails as the embedder does", async () => {
    const failure = new LmError("full", { code: "overloaded" });
    const { signal } = new AbortController();
    const seen: unknown[] = [];
    const embed: Embed = (texts, options) => {
      seen.push(options.signal);
      return texts[0] === "fail" ? Promise.reject(failure) : countWords(texts, options);
    };
    const index = await embeddingIndex({ documents: TOWNS, embed }).open({ signal });
    await expect(index.search("fail", 1, { signal })).rejects.toBe(failure);
    expect(seen).toEqual([signal, signal]);
  });

  test.each<[string, Embed, string]>([
    ["too few vectors", async () => [], "a vector for each of 4 texts from embed, got a list of 0"],
    ["nothing", async () => undefined as never, "a vector for each of 4 texts from embed, got undefined"],
    [
      "what is no vector",
      async (texts) => texts.map(() => null as never),
      "a list of numbers as a vector from embed, got null",
    ],
    [
      "what is no number",
      async (texts) => texts.map(() => [Number.NaN]),
      "finite numbers in a vector from embed, got a list of 1",
    ],
    [
      "numbers without end",
      async (texts) => texts.map(() => [1e300, 1]),
      "finite numbers in a vector from embed, got a list of 2",
    ],
    [
      "an empty one",
      async (texts) => texts.map(() => []),
      "vectors of one length from embed, here 1 or more, got a list of 0",
    ],
    [
      "other lengths",
      async (texts) => texts.map((_text, at) => (at === 2 ? [1, 1] : [1])),
      "vectors of one length from embed, here 1, got a list of 2",
    ],
    [
      "another length for a query",
      async (texts) => texts.map(() => Array.from({ length: texts.length }, () => 1)),
      "vectors of one length from embed, here 4, got a list of 1",
    ],
  ])("an embedder that gives %s is told so, and not asked again", async (_what, embed, message) => {
    let asked = 0;
    const counted: Embed = (texts, options) => {
      asked += 1;
      return embed(texts, options);
    };
    await expect(search("lake", 1, { embed: counted })).rejects.toMatchObject({
      name: "LmError",
      code: "malformed_response",
      retryable: false,
      message: `embeddingIndex: expected ${message}`,
    });
    expect(asked).toBeLessThanOrEqual(2);
  });

  test("one whose usage makes no sense is not counted", async () => {
    const index = await embeddingIndex({
      documents: TOWNS,
      embed: {
        kind: "embedder",
        provider: "mine",
        model: "mine",
        open: async () => ({
          provider: "mine",
          model: "mine",
          batch: { texts: 10, bytes: 10_000 },
          embed: async (texts, options = {}) => ({
            vectors: await countWords(texts, options),
            usage: { inputTokens: Number.NaN, outputTokens: 0, totalTokens: 1e12 },
          }),
          close: async () => {},
        }),
      },
    }).open();
    const used: unknown[] = [];
    await index.search("lake", 1, { onUsage: (usage) => void used.push(usage) });
    expect(used).toEqual([NO_USAGE]);
    expect(index.describe?.()).toEqual({ passages: 4, model: "mine" });
  });

  test("what is opened and is no embedder is misuse, and says what is missing", async () => {
    const open = (opened: unknown) =>
      embeddingIndex({
        documents: TOWNS,
        embed: { kind: "embedder", provider: "mine", model: "mine", open: async () => opened as Embedder },
      }).open();
    await expect(open(undefined)).rejects.toEqual(
      new UsageError("embeddingIndex: expected an open embedder, got undefined"),
    );
    await expect(open({ embed: countWords })).rejects.toEqual(
      new UsageError("embeddingIndex: what was opened is no embedder: it has no close, batch (see Embedder)"),
    );
  });

  test.each<[object, string]>([
    [
      { embed: "text-embedding-3-small" },
      'embed must be a function or one such as openaiEmbedder("text-embedding-3-small"), got "text-embedding-3-small"',
    ],
    [{ batchSize: 0 }, "batchSize must be a whole number above 0, got 0"],
    [{ documents: 1 }, "documents must be a glob of files or a list of texts, got 1"],
  ])("%j makes no sense", (options, message) => {
    const all = { documents: TOWNS, embed: countWords, ...options } as EmbeddingIndexOptions;
    expect(() => embeddingIndex(all)).toThrow(new UsageError(`embeddingIndex: ${message}`));
  });
});
