import type { LmMessage, LmTool, LmToolCall, LmToolChoice } from "./message.ts";
import type { LmRateLimit } from "./limits/rate-limit.ts";
import type { LmSampling } from "./sampling.ts";

/**
 * The port that programs ask models through. An implementation makes exactly one request for each `generate`: it never
 * retries (the run that asked does), and each failure is an `LmError`.
 */

/** What the answer must look like, for models that can be held to it. */
export type LmResponseFormat =
  | { readonly type: "json_object" }
  | { readonly type: "json_schema"; readonly name: string; readonly schema: object; readonly strict: boolean };

export interface LmRequest extends LmSampling {
  /**
   * The conversation. When the last message is the assistant's, the model goes on with it (only where
   * `capabilities.prefill` says so), and the completion holds only what it added.
   */
  readonly messages: readonly LmMessage[];
  readonly responseFormat?: LmResponseFormat;
  /** Tools that the model may ask for (only where `capabilities.tools` says so). Default none. */
  readonly tools?: readonly LmTool[];
  /** Default `auto`; not sent without tools. */
  readonly toolChoice?: LmToolChoice;
  /** Whether one answer may ask for several calls. Left out: the model's own default; not sent without tools. */
  readonly parallelToolCalls?: boolean;
  /** A GBNF grammar that the completion must match (only where `capabilities.grammar` says so). */
  readonly grammar?: string;
  /**
   * How an answer with these field values would be written in the layout that this request asks for. Never sent;
   * scripted models use it to answer in the right layout.
   */
  readonly writeAnswer?: AnswerWriter;
}

/** Writes field values in a layout. */
export interface AnswerWriter {
  (fields: Readonly<Record<string, unknown>>): string;
  /** The outputs that there are: what else it is given is left out. Not told: nobody knows. */
  readonly fields?: readonly string[];
}

export function answerWriter(fields: readonly { readonly name: string }[], write: AnswerWriter): AnswerWriter {
  // A function of its own: the one that is given may serve others too.
  const own = (values: Readonly<Record<string, unknown>>): string => write(values);
  return Object.freeze(Object.assign(own, { fields: Object.freeze(fields.map(({ name }) => name)) }));
}

export interface LmUsage {
  /** Tokens of the prompt as the model counts them, cached ones included. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
  /** Of the input tokens, those served from a prompt cache. */
  readonly cachedInputTokens?: number;
  /** Of the output tokens, those spent on hidden reasoning. */
  readonly reasoningTokens?: number;
  /**
   * Answers that the system's cache gave, and those shared with an equal call in flight. Their tokens are not counted
   * here: the first caller paid. Left out: none.
   */
  readonly cacheHits?: number;
}

/** `stop`: the model was done. `length`: cut at the token limit. `content_filter`: withheld by the provider. */
export type LmFinishReason = "stop" | "length" | "content_filter" | "tool_calls" | "other";

export interface LmCompletion {
  /** Empty where the model only asks for tools. */
  readonly text: string;
  readonly finishReason: LmFinishReason;
  /** The tools that the model asks to have called, in its order. Left out: none. */
  readonly toolCalls?: readonly LmToolCall[];
  /** Where `logprobs` was asked for and the model tells them: one for each token of the text. */
  readonly logprobs?: readonly LmTokenLogprob[];
  /** What the model says of its hidden reasoning, where it does. */
  readonly reasoning?: string;
}

/** A token and its natural log probability. */
export interface LmTokenLogprob {
  readonly token: string;
  readonly logprob: number;
  /** The likeliest tokens at this place, where they were asked for. */
  readonly top?: readonly { readonly token: string; readonly logprob: number }[];
}

export interface LmResponse {
  /** As many as `n` asked for, or fewer where a server knows no `n`; at least one. */
  readonly completions: readonly LmCompletion[];
  readonly usage: LmUsage;
  /**
   * US dollars, where tokens were told and a price is known; 0 for one that a cache gave. Written where the model is opened
   * for use, and nowhere else: what a model says itself is not kept.
   */
  readonly usd?: number;
  /** The model that answered, as it names itself. */
  readonly model: string;
  /** The provider's id of this response, or one of our own. */
  readonly id: string;
  /** What the provider said is left of its limits, where it did. */
  readonly rateLimit?: LmRateLimit;
  /** The name of the client that answered, where that is another than the one that was asked: one of its fallbacks. */
  readonly client?: string;
}

/** A piece of a streamed answer. The last one is `done` and carries the whole response. */
export type LmChunk =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "done"; readonly response: LmResponse };

/** Who asks, for those who watch. */
export interface RequestAbout {
  /** Where in its program: a predictor's path. */
  readonly path: string;
  /** Which of the requests of one predictor's call it is, from 1. */
  readonly attempt: number;
}

export interface LmCallOptions {
  /** Never sent. Left out: nobody says. */
  readonly about?: RequestAbout;
  /** Aborting ends the request promptly with an `LmError` of code `cancelled`. */
  readonly signal?: AbortSignal;
  /** The same for calls that share a prompt's beginning (a predictor's path, say): helps prefix caches. */
  readonly affinity?: string;
  /**
   * When it is too late to make the request, by the clock of whoever asks: one that has to wait for its turn until then
   * fails as `timeout` with phase `permit`, at once where that is known. Only clients in a system make anybody wait.
   */
  readonly startBy?: number;
  /**
   * Milliseconds that it may wait for its turn, from when it is asked for: beyond them it fails as it does at `startBy`.
   * Default: as long as that lets it.
   */
  readonly permitWithinMs?: number;
  /** Called once, as the first byte of the answer comes, by models that can tell. It is quick and does not throw. */
  readonly onFirstByte?: () => void;
  /** Of the part of a program that asks: what the request costs is written there. Default: its run's. No model is told. */
  readonly ledger?: LedgerMark;
}

/** A ledger, of which this port knows no more than that it is one: see `Ledger`, which alone makes them. */
export interface LedgerMark {
  readonly kind: "ledger";
}

export interface LmCapabilities {
  /** Takes `responseFormat` of type `json_schema`. */
  readonly schema: boolean;
  /** Takes native tool definitions. */
  readonly tools: boolean;
  /** Goes on with an opened assistant turn. */
  readonly prefill: boolean;
  /** Takes GBNF grammars. */
  readonly grammar: boolean;
}

export interface LanguageModel {
  readonly provider: string;
  readonly model: string;
  /**
   * What makes its answers differ from those of others with the same provider and model: the base URL, the weights, the
   * defaults it was opened with. Holds no secret. Left out: a system's cache keeps none of its answers.
   */
  readonly identity?: string;
  readonly capabilities: LmCapabilities;
  /** Tokens that its window holds, where that is known: a client lets no request in whose prompt is far beyond it. */
  readonly contextTokens?: number;
  /** @throws LmError (rejects), and nothing else. */
  generate(request: LmRequest, options?: LmCallOptions): Promise<LmResponse>;
  /**
   * The same, as it comes. The request starts when iteration starts; leaving the loop cancels it, and so does the
   * iterator's `return` while a `next` waits, which then gives the end. `n` must be 1.
   *
   * Whoever reads calls `return` at every end but the stream's own, after aborting the signal, and does not wait for it.
   * @throws LmError while iterating.
   */
  stream(request: LmRequest, options?: LmCallOptions): AsyncIterable<LmChunk>;
  /**
   * Frees what it holds (connections, memory). Calls in flight end as `cancelled`, later ones fail as `client_down`. May
   * be called twice.
   */
  close(): Promise<void>;
}

/**
 * A frozen description of a model, opened at each start of the client's process, so that a restart gets a fresh model.
 * Holds no secret: `open` reads keys.
 */
export interface LmSpec {
  readonly kind: "lm";
  readonly provider: string;
  readonly model: string;
  /**
   * @throws UsageError (rejects) with one line that says what to do, when the model cannot be had: no key, no weights.
   */
  open(options?: LmOpenOptions): Promise<LanguageModel>;
}

export interface LmOpenOptions {
  /** Aborted when the process that opens dies, or its system stops: a download or a load ends promptly. */
  readonly signal?: AbortSignal;
}

export function addUsage(a: LmUsage, b: LmUsage): LmUsage {
  const cachedInputTokens = (a.cachedInputTokens ?? 0) + (b.cachedInputTokens ?? 0);
  const reasoningTokens = (a.reasoningTokens ?? 0) + (b.reasoningTokens ?? 0);
  const cacheHits = (a.cacheHits ?? 0) + (b.cacheHits ?? 0);
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    totalTokens: a.totalTokens + b.totalTokens,
    ...(cachedInputTokens > 0 && { cachedInputTokens }),
    ...(reasoningTokens > 0 && { reasoningTokens }),
    ...(cacheHits > 0 && { cacheHits }),
  };
}

export const NO_USAGE: LmUsage = Object.freeze({ inputTokens: 0, outputTokens: 0, totalTokens: 0 });
