import { describe, UsageError } from "../foundation/errors.ts";
import { leave } from "../foundation/leaving.ts";
import { LmError } from "./failure.ts";
import type { LanguageModel, LmChunk, LmFinishReason, LmResponse } from "./language-model.ts";
import { failureWithUsd, type ModelPrices, withUsd } from "./prices.ts";
import { isRecord, kindOf } from "./read-json.ts";
import { toldUsage, withUsage } from "./told-usage.ts";
import { wrapModel } from "./wrap-model.ts";

/**
 * The model, each of whose answers is looked at where it comes in, once, in the process of the caller: models are
 * anybody's code, and what is behind this port (budgets, limits, caches, histories) goes by their answers.
 *
 * An answer that is of no use is an `LmError` of code `malformed_response` that says what was expected and what came. It
 * is not retryable: models of ours read what servers send before it comes here, so it is the model's own code that is
 * wrong, and would be wrong again. A usage that makes no sense counts as not told ({@link toldUsage}); an answer that
 * does not name its model or itself gets the model's name, and no id. An answer in which all is well is not copied.
 *
 * Each is priced here as well, once: whoever counts what it cost goes by its `usd`.
 * So is a failure that tells tokens (`details.usage`), in `details.usd`.
 *
 * @param what whose it is, for the error: `client "main"`
 * @throws UsageError for what is no model, naming what is missing
 */
export function checkedLm(what: string, lm: LanguageModel, prices: ModelPrices = UNKNOWN): LanguageModel {
  checkModel(what, lm);
  // One for all requests, and no async function around each: that is seven times the memory while it waits.
  const failed = (thrown: unknown): never => {
    throw failureWithUsd(thrown, prices);
  };
  const read = (response: unknown): LmResponse => {
    try {
      return withUsd(checkedResponse(lm, response), prices);
    } catch (thrown) {
      return failed(withUsage(thrown, isRecord(response) ? toldUsage(response["usage"]) : undefined));
    }
  };
  return wrapModel(lm, {
    generate(request, options) {
      try {
        // It may give anything.
        return Promise.resolve<unknown>(lm.generate(request, options)).then(read, failed);
      } catch (thrown) {
        return rejected(thrown);
      }
    },
    stream(request, options) {
      const pieces: unknown = lm.stream(request, options);
      return { [Symbol.asyncIterator]: () => checkedPieces(lm, pieces, read, failed) };
    },
    // Closed from where nobody can catch anything.
    close: async () => lm.close(),
  });
}

const UNKNOWN: ModelPrices = () => undefined;

// async: what was thrown at once is what it rejects with, whatever it is.
async function rejected(thrown: unknown): Promise<never> {
  throw thrown;
}

/** @throws UsageError for what is no model, naming what is missing */
export function checkModel(what: string, lm: unknown): void {
  if (!isRecord(lm)) throw new UsageError(`${what}: expected an open language model, got ${describe(lm)}`);
  const missing = [
    ...["provider", "model"].filter((key) => typeof lm[key] !== "string"),
    ...["capabilities"].filter((key) => !isRecord(lm[key])),
    ...["generate", "stream", "close"].filter((key) => typeof lm[key] !== "function"),
  ];
  if (missing.length > 0)
    throw new UsageError(
      `${what}: what was opened is no language model: it has no ${missing.join(", ")} (see LanguageModel)`,
    );
  if (lm["identity"] !== undefined && typeof lm["identity"] !== "string")
    throw new UsageError(`${what}: a model's identity must be a text, got ${describe(lm["identity"])}`);
}

const FINISH_REASONS: ReadonlySet<unknown> = new Set<LmFinishReason>([
  "stop",
  "length",
  "content_filter",
  "tool_calls",
  "other",
]);

function checkedResponse(lm: LanguageModel, response: unknown): LmResponse {
  if (!isRecord(response)) throw unusable(lm, "an answer", response);
  const { completions, usage, model, id, rateLimit } = response;
  if (!Array.isArray(completions) || completions.length === 0)
    throw unusable(lm, "a list of at least one in completions", completions);
  for (const completion of completions as readonly unknown[]) checkCompletion(lm, completion);
  const told = toldUsage(usage);
  const isWhole = typeof model === "string" && typeof id === "string";
  // Checked above, but for what is put right below.
  const answer = response as unknown as LmResponse;
  if (told === usage && isWhole && (rateLimit === undefined || isRateLimit(rateLimit))) return answer;
  const { rateLimit: limits, ...rest } = answer;
  return {
    ...rest,
    usage: told,
    model: typeof model === "string" ? model : lm.model,
    id: typeof id === "string" ? id : "",
    ...(isRateLimit(limits) && { rateLimit: limits }),
  };
}

function checkCompletion(lm: LanguageModel, completion: unknown): void {
  if (!isRecord(completion)) throw unusable(lm, "an object in each of completions", completion);
  const { text, finishReason, toolCalls, logprobs, reasoning } = completion;
  if (typeof text !== "string") throw unusable(lm, "a text in a completion's text", text);
  if (!FINISH_REASONS.has(finishReason))
    throw unusable(lm, `one of ${[...FINISH_REASONS].join(", ")} in a completion's finishReason`, finishReason);
  if (toolCalls !== undefined && !(Array.isArray(toolCalls) && toolCalls.every(isToolCall)))
    throw unusable(lm, "a list of { id, name, arguments }, all texts, in a completion's toolCalls", toolCalls);
  if (logprobs !== undefined && !(Array.isArray(logprobs) && logprobs.every(isTokenLogprob)))
    throw unusable(lm, "a list of { token, logprob } in a completion's logprobs", logprobs);
  if (reasoning !== undefined && typeof reasoning !== "string")
    throw unusable(lm, "a text in a completion's reasoning", reasoning);
}

function isToolCall(call: unknown): boolean {
  return (
    isRecord(call) &&
    typeof call["id"] === "string" &&
    typeof call["name"] === "string" &&
    typeof call["arguments"] === "string"
  );
}

function isTokenLogprob(token: unknown): boolean {
  return isRecord(token) && typeof token["token"] === "string" && typeof token["logprob"] === "number";
}

/** What is left of a provider's limits steers its client, so a number that is none must not get there. */
function isRateLimit(limits: unknown): boolean {
  return isRecord(limits) && [limits["requests"], limits["tokens"]].every(isWindow);
}

function isWindow(window: unknown): boolean {
  if (window === undefined) return true;
  if (!isRecord(window)) return false;
  return [window["limit"], window["remaining"], window["resetMs"]].every(
    (value) => value === undefined || (typeof value === "number" && value >= 0),
  );
}

/**
 * By hand, and no generator: one that waits for its source hears of being left only when the source has answered, and
 * then the model goes on for nobody.
 */
function checkedPieces(
  lm: LanguageModel,
  source: unknown,
  read: (response: unknown) => LmResponse,
  failed: (thrown: unknown) => never,
): AsyncIterator<LmChunk, undefined> {
  const iterator = iteratorOf(source);
  if (iterator === undefined) throw unusable(lm, "an async iterable of chunks from stream", source);
  let whole = false;
  let over = false;

  const end = (): void => {
    over = true;
    leave(iterator);
  };
  const check = (chunk: unknown): LmChunk => {
    if (!isRecord(chunk)) throw unusable(lm, "a chunk from the stream", chunk);
    if (chunk["type"] === "text") {
      if (typeof chunk["text"] !== "string") throw unusable(lm, "a text in a chunk of type text", chunk["text"]);
      return chunk as LmChunk;
    }
    if (chunk["type"] !== "done") throw unusable(lm, "text or done as the type of a chunk", chunk["type"]);
    const response = read(chunk["response"]);
    whole = true;
    return response === chunk["response"] ? (chunk as LmChunk) : { type: "done", response };
  };

  return {
    async next() {
      if (over) return END;
      let item: unknown;
      try {
        item = await iterator.next();
      } catch (thrown) {
        over = true;
        return failed(thrown);
      }
      if (isRecord(item) && item["done"] === true) {
        over = true;
        if (!whole) throw endedEarly(lm);
        return END;
      }
      // The answer is whole, and what comes after it counts for nothing.
      if (whole) return (end(), END);
      try {
        if (!isRecord(item)) throw unusable(lm, "an iterator's result from the stream", item);
        return { done: false, value: check(item["value"]) };
      } catch (thrown) {
        end();
        throw thrown;
      }
    },
    async return() {
      over = true;
      await iterator.return?.();
      return END;
    },
  };
}

const END: IteratorReturnResult<undefined> = Object.freeze({ value: undefined, done: true });

function iteratorOf(source: unknown): AsyncIterator<unknown> | undefined {
  if (typeof source !== "object" || source === null || !(Symbol.asyncIterator in source)) return undefined;
  // What claims to be iterable and is not fails with its own error, in the process of the caller.
  return (source as AsyncIterable<unknown>)[Symbol.asyncIterator]();
}

/** The connection's doing rather than the code's: it may fare better when made again. */
function endedEarly({ model, provider }: LanguageModel): LmError {
  return new LmError(`${model}: the stream ended without its response`, { code: "malformed_response", provider });
}

/** Says of what came only the kind: answers are the user's contents. */
function unusable({ model, provider }: LanguageModel, expected: string, got: unknown): LmError {
  return new LmError(`${model}: expected ${expected}, got ${kindOf(got)}: the model's code answers wrongly`, {
    code: "malformed_response",
    retryable: false,
    provider,
  });
}
