import { asError } from "../../foundation/errors.ts";
import { leavable, type Reading } from "../../foundation/leaving.ts";
import { LmError } from "../failure.ts";
import type {
  LanguageModel,
  LmCallOptions,
  LmCapabilities,
  LmChunk,
  LmRequest,
  LmResponse,
} from "../language-model.ts";
import { complete, type Completed } from "./complete.ts";
import type { LlamaGrammar, Token } from "./engine.ts";
import { ANY_OBJECT, grammarSchema } from "./json-schema.ts";
import type { LoadedLlama } from "./loaded.ts";
import { sequencePool } from "./sequences.ts";
import { layOut } from "./template.ts";
import { plainTurns } from "../plain-turns.ts";
import { refuseOtherModel } from "../sendable.ts";

export interface LlamaModelOptions {
  readonly name: string;
  readonly loaded: LoadedLlama;
  /** Sets this model's response ids apart from those of others. */
  readonly idPrefix: string;
  /** When a request does not say. */
  readonly maxTokens: number;
  readonly temperature: number;
}

export const LLAMA_CAPABILITIES: LmCapabilities = Object.freeze({
  schema: true,
  tools: false,
  prefill: true,
  grammar: true,
});

/** Grammars that are kept ready; each holds memory of the engine's. */
const KEPT_GRAMMARS = 64;

/** The `LanguageModel` port over a model in memory. */
export function llamaModel({ name, loaded, idPrefix, ...defaults }: LlamaModelOptions): LanguageModel {
  const pool = sequencePool({
    sequences: loaded.lanes,
    remembered: ({ sequence }) => sequence.contextTokens,
  });
  const closing = new AbortController();
  const grammars = new Map<string, Promise<LlamaGrammar>>();
  let responses = 0;
  let closed: Promise<void> | undefined;

  const failure = (thrown: unknown, signal: AbortSignal | undefined): LmError => {
    if (thrown instanceof LmError) return thrown;
    if (closing.signal.aborted)
      return new LmError(`${name} was closed while it was answering`, { code: "cancelled", provider: "llama" });
    if (signal?.aborted)
      return new LmError(`the call of ${name} was cancelled`, {
        code: "cancelled",
        provider: "llama",
        cause: signal.reason,
      });
    const error = asError(thrown);
    return new LmError(`${name} failed in its engine: ${error.message.split("\n")[0]}`, {
      code: "server",
      provider: "llama",
      cause: error,
    });
  };

  const grammarOf = async ({ grammar, responseFormat }: LmRequest): Promise<LlamaGrammar | undefined> => {
    if (grammar === undefined && responseFormat === undefined) return undefined;
    if (grammar !== undefined && responseFormat !== undefined)
      throw badRequest("a request takes either a grammar or a response format, and this one has both");
    const key = grammar ?? JSON.stringify(responseFormat);
    const kept = grammars.get(key);
    const made = kept ?? makeGrammar(loaded, grammar, responseFormat);
    // Set anew also when it was there: the Map's order says which was not used for longest.
    grammars.delete(key);
    grammars.set(key, made);
    if (grammars.size > KEPT_GRAMMARS) for (const [oldest] of [...grammars].slice(0, 1)) grammars.delete(oldest);
    try {
      return await made;
    } catch (thrown) {
      grammars.delete(key);
      throw badRequest(`the answer's form cannot be made a grammar: ${asError(thrown).message.split("\n")[0]}`);
    }
  };

  const promptOf = (request: LmRequest): Token[] => {
    if (request.messages.length === 0) throw badRequest("a request needs at least one message");
    const tokens = loaded.tokens(layOut(loaded.template, plainTurns(request.messages, "llama")));
    const prompt = loaded.firstToken === undefined ? tokens : [loaded.firstToken, ...tokens];
    const room = request.maxTokens ?? 1;
    if (prompt.length + room > loaded.contextTokens)
      throw new LmError(
        `the prompt has ${prompt.length} tokens and the answer may have ${room}, but the context of ${name} holds ` +
          `${loaded.contextTokens}: shorten the prompt` +
          (loaded.contextTokens < loaded.trainedTokens
            ? `, or open it with contextTokens up to ${loaded.trainedTokens}`
            : ""),
        {
          code: "context_too_long",
          provider: "llama",
          details: { promptTokens: prompt.length, maxTokens: room, contextTokens: loaded.contextTokens },
        },
      );
    return prompt;
  };

  const answer = async (
    request: LmRequest,
    options: LmCallOptions,
    onText?: (text: string) => void,
  ): Promise<LmResponse> => {
    try {
      options.signal?.throwIfAborted();
      if (closing.signal.aborted)
        throw new LmError(`${name} has been closed`, { code: "client_down", provider: "llama" });
      refuseOtherModel(request, name);
      const wanted = request.n ?? 1;
      if (!Number.isInteger(wanted) || wanted < 1) throw badRequest(`n must be a whole number from 1, got ${wanted}`);
      const maxTokens = request.maxTokens ?? defaults.maxTokens;
      if (!Number.isInteger(maxTokens) || maxTokens < 1)
        throw badRequest(`maxTokens must be a whole number from 1, got ${maxTokens}`);
      const prompt = promptOf(request);
      const grammar = await grammarOf(request);
      const signal = options.signal ? AbortSignal.any([options.signal, closing.signal]) : closing.signal;
      const completed = await pool.run(prompt, { affinity: options.affinity, signal }, async (lane) => {
        const all: Completed[] = [];
        for (let index = 0; index < wanted; index += 1) {
          all.push(
            await complete(lane, prompt, loaded.firstToken, {
              maxTokens: Math.min(maxTokens, loaded.contextTokens - prompt.length),
              temperature: request.temperature ?? defaults.temperature,
              seed: request.seed === undefined ? undefined : request.seed + index,
              repeatPenalty: request.repeatPenalty ?? 1,
              stop: (request.stop ?? []).filter((text) => text !== ""),
              grammar,
              signal,
              onText,
            }),
          );
        }
        return all;
      });
      responses += 1;
      return response(name, `${idPrefix}-${responses}`, prompt.length, completed);
    } catch (thrown) {
      throw failure(thrown, options.signal);
    }
  };

  async function* read(
    request: LmRequest,
    options: LmCallOptions,
    reading: Reading,
  ): AsyncGenerator<LmChunk, void, undefined> {
    if ((request.n ?? 1) !== 1)
      throw badRequest(`a stream has one completion, and this request asks for n = ${request.n}`);
    const left = new AbortController();
    reading.end = () => left.abort();
    const signal = options.signal ? AbortSignal.any([options.signal, left.signal]) : left.signal;
    const came = { text: "", ended: false, wake: (): void => undefined };
    const whole = answer(request, { ...options, signal }, (text) => {
      came.text += text;
      came.wake();
    }).finally(() => {
      came.ended = true;
      came.wake();
    });
    // It is awaited below; until then a failure must not count as unhandled.
    whole.catch(() => undefined);
    let said = 0;
    try {
      while (!came.ended || came.text !== "") {
        if (came.text === "") {
          await new Promise<void>((resolve) => {
            came.wake = resolve;
          });
          continue;
        }
        const { text } = came;
        came.text = "";
        said += text.length;
        yield { type: "text", text };
      }
      if (reading.left) return;
      const done = await whole;
      // What was held back because a stop text might have begun there.
      const rest = done.completions[0]?.text.slice(said) ?? "";
      if (rest !== "") yield { type: "text", text: rest };
      yield { type: "done", response: done };
    } finally {
      left.abort();
    }
  }

  return Object.freeze({
    provider: "llama",
    model: name,
    capabilities: LLAMA_CAPABILITIES,
    contextTokens: loaded.contextTokens,
    generate: (request: LmRequest, options: LmCallOptions = {}) => answer(request, options),
    stream: (request: LmRequest, options: LmCallOptions = {}) => leavable((reading) => read(request, options, reading)),
    close() {
      closed ??= (async () => {
        closing.abort();
        await pool.idle();
        grammars.clear();
        await loaded.dispose();
      })();
      return closed;
    },
  });
}

function makeGrammar(
  loaded: LoadedLlama,
  grammar: string | undefined,
  format: LmRequest["responseFormat"],
): Promise<LlamaGrammar> {
  if (grammar !== undefined) return loaded.grammar(grammar);
  try {
    return loaded.schemaGrammar(format?.type === "json_schema" ? grammarSchema(format.schema) : ANY_OBJECT);
  } catch (thrown) {
    return Promise.reject(asError(thrown));
  }
}

function response(model: string, id: string, inputTokens: number, completed: readonly Completed[]): LmResponse {
  const outputTokens = completed.reduce((sum, one) => sum + one.outputTokens, 0);
  const cachedInputTokens = completed[0]?.cachedTokens ?? 0;
  return {
    completions: completed.map(({ text, finishReason }) => ({ text, finishReason })),
    usage: {
      inputTokens,
      outputTokens,
      totalTokens: inputTokens + outputTokens,
      ...(cachedInputTokens > 0 && { cachedInputTokens }),
    },
    model,
    id,
  };
}

function badRequest(message: string): LmError {
  return new LmError(message, { code: "bad_request", provider: "llama" });
}
