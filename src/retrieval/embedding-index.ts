import { checkNumber, optionNames, WHOLE_ABOVE_0 } from "../foundation/check-options.ts";
import { systemClock, type Clock } from "../foundation/clock.ts";
import { describe, UsageError } from "../foundation/errors.ts";
import { systemRandom, type Random } from "../foundation/random.ts";
import type { Embedded, Embedder, EmbedderBatch, EmbedderSpec, EmbedOptions } from "../lm/embedder.ts";
import { addUsage, NO_USAGE } from "../lm/language-model.ts";
import { backoff, type RetryPolicy } from "../lm/retry/retry-policy.ts";
import { isRecord } from "../lm/read-json.ts";
import { costOfFailure } from "../lm/told-usage.ts";
import { withRetries } from "../lm/retry/with-retries.ts";
import { batchesOf } from "./embed-batches.ts";
import { readEmbedded, type ReadVectors } from "./read-embedded.ts";
import type { SourceText } from "./read-documents.ts";
import { type DocumentOptions, passageReader } from "./read-passages.ts";
import type { Passage, Retriever, RetrieverOpenOptions, RetrieverSpec, SearchOptions } from "./retriever.ts";

/**
 * Turns texts into vectors, one for each and all of one length. What goes wrong in a service behind it is an `LmError`,
 * whose code says whether to try again.
 */
export type Embed = (texts: readonly string[], options: EmbedOptions) => Promise<readonly ArrayLike<number>[]>;

export interface EmbeddingIndexOptions extends DocumentOptions {
  /**
   * `openaiEmbedder("text-embedding-3-small")`, which is opened and closed with the index; or a function. It is asked for
   * the passages as the index is opened, and for the query at each search.
   */
  readonly embed: Embed | EmbedderSpec;
  /** How many texts are asked for at once; default: what the embedder says, and 64 for a function. */
  readonly batchSize?: number | undefined;
  /**
   * What is done about a batch that fails while the index is opened; default `backoff()`. A search is not tried again
   * here: the caller decides.
   */
  readonly retry?: RetryPolicy | undefined;
  /** For the waits between such attempts. Default: real time. */
  readonly clock?: Clock | undefined;
  /** For their jitter. Default: real randomness. */
  readonly random?: Random | undefined;
}

const WHAT = "embeddingIndex";
const DEFAULT_BATCH_SIZE = 64;

const OPTIONS = optionNames<Omit<EmbeddingIndexOptions, keyof DocumentOptions>>({
  embed: true,
  batchSize: true,
  retry: true,
  clock: true,
  random: true,
});

/**
 * An index in memory by meaning: passages ranked by the cosine of their vectors with the query's, each of them compared.
 * The score is that cosine, from -1 to 1; every passage fits somehow, so that k of them are found where there are k.
 *
 * `open` rejects with UsageError as that of `textIndex` does, and with what `embed` rejects with, an `LmError` only after
 * the batch was tried again as `retry` says; `open` and a search with an `LmError` of code `malformed_response`, which is
 * not tried again, where `embed` gives no vector for each text, or vectors of different lengths. `describe` tells the passages there are, and the tokens that they and the
 * queries have cost since it was opened, where the embedder counts them.
 *
 * @throws UsageError for options that make no sense
 */
export function embeddingIndex(options: EmbeddingIndexOptions): RetrieverSpec {
  const read = passageReader(WHAT, options, OPTIONS);
  const { embed, batchSize } = options;
  if (typeof embed !== "function" && embed?.kind !== "embedder")
    throw new UsageError(
      `${WHAT}: embed must be a function or one such as openaiEmbedder("text-embedding-3-small"), got ${describe(embed)}`,
    );
  checkNumber(WHAT, "batchSize", batchSize, WHOLE_ABOVE_0);
  return Object.freeze({
    kind: "retriever" as const,
    name: "embedding index",
    async open({ signal }: RetrieverOpenOptions = {}): Promise<Retriever> {
      const passages = await read(signal);
      const embedder = typeof embed === "function" ? fromFunction(embed) : checkedEmbedder(await embed.open());
      try {
        const index = makeIndex(embedder, passages);
        await index.fill(options, signal);
        return index.retriever;
      } catch (failure) {
        await embedder.close();
        throw failure;
      }
    },
  });
}

/** What an index needs of an embedder. */
interface OpenedEmbedder {
  readonly provider?: string;
  readonly model?: string;
  readonly batch: EmbedderBatch;
  embed(texts: readonly string[], options: EmbedOptions): Promise<Embedded>;
  close(): Promise<void>;
}

function fromFunction(embed: Embed): OpenedEmbedder {
  return {
    batch: { texts: DEFAULT_BATCH_SIZE, bytes: Infinity },
    embed: async (texts, options) => ({ vectors: await embed(texts, options), usage: NO_USAGE }),
    close: async () => {},
  };
}

interface OpenIndex {
  readonly retriever: Retriever;
  /** Has every passage embedded, batch after batch. */
  fill(options: EmbeddingIndexOptions, signal: AbortSignal | undefined): Promise<void>;
}

function makeIndex(embedder: OpenedEmbedder, passages: readonly SourceText[]): OpenIndex {
  const vectors: Float32Array[] = [];
  let usage = NO_USAGE;
  let closed = false;

  const embed = async (texts: readonly string[], signal: AbortSignal | undefined): Promise<ReadVectors> => {
    const embedded = readEmbedded(await embedder.embed(texts, signal === undefined ? {} : { signal }), {
      what: WHAT,
      texts: texts.length,
      length: vectors[0]?.length,
    });
    usage = addUsage(usage, embedded.usage);
    return embedded;
  };

  const { provider, model } = embedder;
  const retriever: Retriever = Object.freeze({
    ...(provider !== undefined && model !== undefined && { asks: Object.freeze({ provider, model }) }),
    async search(query: string, k: number, { signal, onUsage }: SearchOptions = {}): Promise<readonly Passage[]> {
      signal?.throwIfAborted();
      if (closed) throw new UsageError(`${WHAT}: the index was closed`);
      const embedded = await embed([query], signal).catch((failure: unknown) => {
        signal?.throwIfAborted();
        const cost = costOfFailure(failure);
        if (cost !== undefined) {
          usage = addUsage(usage, cost.usage);
          onUsage?.(cost.usage);
        }
        throw failure;
      });
      onUsage?.(embedded.usage);
      const [asked] = embedded.vectors;
      const scored = passages.map((passage, index) => ({ ...passage, score: dot(asked, vectors[index]) }));
      // Sorting keeps the documents' order among equals.
      return scored.sort((a, b) => b.score - a.score).slice(0, k);
    },
    describe: () => ({
      passages: passages.length,
      ...(embedder.model !== undefined && { model: embedder.model }),
      ...(usage.totalTokens > 0 && { tokens: usage }),
    }),
    close(): Promise<void> {
      closed = true;
      return embedder.close();
    },
  });

  return {
    retriever,
    async fill({ batchSize, retry = backoff(), clock = systemClock, random = systemRandom }, signal) {
      const texts = passages.map(({ text }) => text);
      const batch = batchSize === undefined ? embedder.batch : { ...embedder.batch, texts: batchSize };
      for (const some of batchesOf(texts, batch)) {
        signal?.throwIfAborted();
        const options = { policy: retry, clock, random, signal };
        const { value } = await withRetries(() => embed(some, signal), options);
        vectors.push(...value.vectors);
      }
    },
  };
}

/** In a plain loop: a search does this for each passage. All are of one length. */
function dot(a: Float32Array | undefined, b: Float32Array | undefined): number {
  let sum = 0;
  if (a !== undefined && b !== undefined) for (let at = 0; at < a.length; at += 1) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return sum;
}

function checkedEmbedder(embedder: Embedder): Embedder {
  const given: unknown = embedder;
  if (!isRecord(given)) throw new UsageError(`${WHAT}: expected an open embedder, got ${describe(given)}`);
  const missing = ["embed", "close"].filter((key) => typeof given[key] !== "function");
  if (!isRecord(given["batch"])) missing.push("batch");
  if (missing.length > 0)
    throw new UsageError(`${WHAT}: what was opened is no embedder: it has no ${missing.join(", ")} (see Embedder)`);
  return embedder;
}
