import { checkNumber, optionNames, WHOLE_ABOVE_0 } from "../../foundation/check-options.ts";
import { UsageError, describe } from "../../foundation/errors.ts";
import { beginCall } from "../call-lifetime.ts";
import type { EmbedOptions, Embedded, Embedder, EmbedderSpec } from "../embedder.ts";
import { LmError } from "../failure.ts";
import type { OpenAiCall } from "./client.ts";
import { DEFAULT_MAX_ANSWER_BYTES, PROVIDER, checkConnection, openConnection } from "./connection.ts";
import type { OpenAiConnectionOptions } from "./connection.ts";
import { readEmbeddings } from "./embeddings.ts";
import { errorInBody } from "./failure.ts";
import { failureOf } from "./model.ts";
import { errorIn } from "../said/error-in.ts";

export interface OpenAiEmbedderOptions extends OpenAiConnectionOptions {
  /** How long the vectors are, for models that can shorten theirs. Default: as long as the model makes them. */
  readonly dimensions?: number | undefined;
  /** Texts in one request, 2,048 at most; default 200, as DSPy's `Embedder` has it. */
  readonly batchSize?: number | undefined;
  /** As for `openai(…)`. Default: 131,072 for each text of a batch, at least 64 MiB: numbers as text take that much. */
  readonly maxAnswerBytes?: number | undefined;
  /**
   * How vectors are asked for: `base64` (default) takes a third of the bytes. What comes is read either way, since servers
   * that do not know it send numbers; `float` is for those that refuse it.
   */
  readonly encoding?: "base64" | "float" | undefined;
}

const MOST_TEXTS = 2_048;
/** OpenAI takes 300,000 tokens in one request, and no byte is more than one. */
const MOST_BYTES = 300_000;
const DEFAULT_BATCH_SIZE = 200;
/** 4,096 numbers of 32 characters. */
const BYTES_OF_A_VECTOR = 131_072;

/**
 * A model behind the embeddings endpoint of OpenAI's protocol, for `embeddingIndex({ embed })`. Endpoint, key, connections,
 * deadlines and failures are those of `openai(…)`: one request for each `embed`, never a retry.
 *
 * @throws UsageError for options that make no sense; from `open`, when there is no key
 */
export function openaiEmbedder(model: string, options: OpenAiEmbedderOptions = {}): EmbedderSpec {
  if (typeof model !== "string" || model.trim() === "")
    throw new UsageError(
      `openaiEmbedder: expected the name of a model ("text-embedding-3-small"), got ${describe(model)}`,
    );
  const what = `openaiEmbedder("${model}")`;
  checkConnection(what, options, OPTIONS);
  checkValues(what, options);
  return Object.freeze({
    kind: "embedder" as const,
    provider: PROVIDER,
    model,
    // async: a missing key rejects, as every other reason why a model cannot be had.
    open: async () => openEmbedder(what, model, options),
  });
}

function openEmbedder(what: string, model: string, options: OpenAiEmbedderOptions): Embedder {
  const { dimensions, encoding = "base64", batchSize = DEFAULT_BATCH_SIZE, extraBody } = options;
  const maxAnswerBytes = Math.max(DEFAULT_MAX_ANSWER_BYTES, batchSize * BYTES_OF_A_VECTOR);
  const { client, asked, deadlines, clock, close } = openConnection(
    { what, model, path: "/embeddings", maxAnswerBytes },
    options,
  );
  const { provider, host } = asked;
  const inFlight = new Set<OpenAiCall>();
  let closed = false;

  return Object.freeze({
    provider,
    model,
    batch: Object.freeze({ texts: batchSize, bytes: MOST_BYTES }),
    async embed(texts: readonly string[], { signal }: EmbedOptions = {}): Promise<Embedded> {
      checkTexts(what, texts);
      if (closed) throw new LmError("the embedder was closed", { code: "client_down", provider });
      const lifetime = beginCall({ clock, deadlines, host, provider, signal });
      const call: OpenAiCall = { lifetime, answer: undefined };
      inFlight.add(call);
      try {
        const asking = {
          model,
          input: texts,
          encoding_format: encoding,
          ...(dimensions !== undefined && { dimensions }),
          ...extraBody,
        };
        const told = await lifetime.race(client.ask(asking, call));
        const body = "whole" in told ? told.whole : told.events[0]?.value;
        const error = errorIn(body);
        if (error !== undefined) throw errorInBody(error, asked, clock.wallTime());
        return readEmbeddings(body, texts.length);
      } catch (thrown) {
        throw failureOf(thrown, call, asked, clock.wallTime());
      } finally {
        inFlight.delete(call);
        lifetime.end();
      }
    },
    close(): Promise<void> {
      closed = true;
      for (const { lifetime } of inFlight) lifetime.cancel(new Error("the embedder was closed"));
      return close();
    },
  });
}

/** What every provider would refuse, or worse: a vector of nothing is near to everything. */
function checkTexts(what: string, texts: readonly string[]): void {
  if (!Array.isArray(texts) || texts.length === 0 || texts.length > MOST_TEXTS)
    throw new UsageError(`${what}: expected 1 to ${MOST_TEXTS} texts, got ${describe(texts)}`);
  texts.forEach((text: unknown, index) => {
    if (typeof text !== "string" || text.trim() === "")
      throw new UsageError(`${what}: text ${index + 1} of ${texts.length} is empty`);
  });
}

const OPTIONS = optionNames<Omit<OpenAiEmbedderOptions, keyof OpenAiConnectionOptions>>({
  dimensions: true,
  batchSize: true,
  encoding: true,
});

function checkValues(what: string, { dimensions, batchSize, encoding }: OpenAiEmbedderOptions): void {
  checkNumber(what, "dimensions", dimensions, WHOLE_ABOVE_0);
  if (batchSize !== undefined && !(Number.isInteger(batchSize) && batchSize > 0 && batchSize <= MOST_TEXTS))
    throw new UsageError(
      `${what}: batchSize must be a whole number from 1 to ${MOST_TEXTS}, got ${describe(batchSize)}`,
    );
  if (encoding !== undefined && encoding !== "base64" && encoding !== "float")
    throw new UsageError(`${what}: encoding must be "base64" or "float", got ${describe(encoding)}`);
}
