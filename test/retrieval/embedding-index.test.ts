import { describe, expect, test } from "vitest";
import { UsageError } from "../../src/foundation/errors.ts";
import { LmError } from "../../src/lm/failure.ts";
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

  test.each<[string, Embed, RegExp]>([
    ["too few vectors", async () => [], /^embeddingIndex: embed must give a vector for each of 4 texts, got/],
    ["what is no number", async (texts) => texts.map(() => [Number.NaN]), /not of finite numbers$/],
    ["other lengths", async (texts) => texts.map(() => Array.from({ length: texts.length }, () => 1)), /, 1 and 4$/],
  ])("an embedder that gives %s is told so", async (_what, embed, message) => {
    const failure: unknown = await search("lake", 1, { embed }).catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(UsageError);
    expect((failure as UsageError).message).toMatch(message);
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
