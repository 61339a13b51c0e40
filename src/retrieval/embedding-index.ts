import { describe, UsageError } from "../foundation/errors.ts";
import type { SourceText } from "./read-documents.ts";
import { type DocumentOptions, passageReader } from "./read-passages.ts";
import type { Passage, Retriever, RetrieverOpenOptions, RetrieverSpec, SearchOptions } from "./retriever.ts";

/**
 * Turns texts into vectors, one for each and all of one length. What goes wrong in a service behind it is an `LmError`,
 * whose code says whether to try again.
 */
export type Embed = (texts: readonly string[], options: SearchOptions) => Promise<readonly (readonly number[])[]>;

export interface EmbeddingIndexOptions extends DocumentOptions {
  /** Asked for the passages as the index is opened, and for the query at each search. */
  readonly embed: Embed;
  /** How many texts `embed` is given at once; default 64. */
  readonly batchSize?: number;
}

const WHAT = "embeddingIndex";
const DEFAULT_BATCH_SIZE = 64;

/**
 * An index in memory by meaning: passages ranked by the cosine of their vectors with the query's, each of them compared.
 * The score is that cosine, from -1 to 1; every passage fits somehow, so that k of them are found where there are k.
 *
 * `open` rejects with UsageError as that of `textIndex` does, and with what `embed` rejects with.
 *
 * @throws UsageError for options that make no sense
 */
export function embeddingIndex(options: EmbeddingIndexOptions): RetrieverSpec {
  const { embed, batchSize = DEFAULT_BATCH_SIZE } = options;
  if (typeof embed !== "function") throw new UsageError(`${WHAT}: embed must be a function, got ${describe(embed)}`);
  if (!(Number.isInteger(batchSize) && batchSize > 0))
    throw new UsageError(`${WHAT}: batchSize must be a whole number above 0, got ${describe(batchSize)}`);
  const read = passageReader(WHAT, options);
  return Object.freeze({
    kind: "retriever" as const,
    name: "embedding index",
    async open({ signal }: RetrieverOpenOptions = {}): Promise<Retriever> {
      const passages = await read(signal);
      const vectors: Float32Array[] = [];
      for (let from = 0; from < passages.length; from += batchSize) {
        signal?.throwIfAborted();
        const texts = passages.slice(from, from + batchSize).map(({ text }) => text);
        vectors.push(...(await unitVectors(embed, texts, signal)));
      }
      return openIndex(embed, passages, vectors);
    },
  });
}

function openIndex(embed: Embed, passages: readonly SourceText[], vectors: readonly Float32Array[]): Retriever {
  let closed = false;
  return Object.freeze({
    async search(query: string, k: number, { signal }: SearchOptions = {}): Promise<readonly Passage[]> {
      signal?.throwIfAborted();
      if (closed) throw new UsageError(`${WHAT}: the index was closed`);
      const [asked] = await unitVectors(embed, [query], signal);
      const scored = passages.map((passage, index) => ({ ...passage, score: dot(asked, vectors[index]) }));
      // Sorting keeps the documents' order among equals.
      return scored.sort((a, b) => b.score - a.score).slice(0, k);
    },
    async close(): Promise<void> {
      closed = true;
    },
  });
}

/** Of length 1, so that a cosine is a sum of products. */
async function unitVectors(
  embed: Embed,
  texts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<readonly Float32Array[]> {
  const vectors = await embed(texts, signal === undefined ? {} : { signal });
  if (!Array.isArray(vectors) || vectors.length !== texts.length)
    throw new UsageError(
      `${WHAT}: embed must give a vector for each of ${texts.length} texts, got ${describe(vectors)}`,
    );
  return vectors.map((vector: readonly number[]) => {
    const length = Math.hypot(...vector);
    if (!Number.isFinite(length)) throw new UsageError(`${WHAT}: embed gave a vector that is not of finite numbers`);
    return Float32Array.from(vector, (value) => (length === 0 ? 0 : value / length));
  });
}

function dot(a: Float32Array | undefined, b: Float32Array | undefined): number {
  if (a?.length !== b?.length)
    throw new UsageError(`${WHAT}: embed gave vectors of different lengths, ${a?.length} and ${b?.length}`);
  return a?.reduce((sum, value, index) => sum + value * (b?.[index] ?? 0), 0) ?? 0;
}
