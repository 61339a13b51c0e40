import type { LmCapabilities, LmRequest, LmResponseFormat } from "./language-model.ts";
import type { LmMessage } from "./message.ts";

/** The body of a Chat Completions request, as far as it is used. */
export interface ChatBody {
  readonly model: string;
  readonly messages: readonly LmMessage[];
  readonly temperature?: number;
  readonly max_tokens?: number;
  readonly max_completion_tokens?: number;
  readonly stop?: readonly string[];
  readonly seed?: number;
  readonly n?: number;
  readonly response_format?: ChatResponseFormat;
  readonly grammar?: string;
  readonly continue_final_message?: boolean;
  readonly add_generation_prompt?: boolean;
  readonly stream?: true;
  readonly stream_options?: { readonly include_usage: true };
  readonly [extra: string]: unknown;
}

type ChatResponseFormat =
  | { readonly type: "json_object" }
  | {
      readonly type: "json_schema";
      readonly json_schema: { readonly name: string; readonly schema: object; readonly strict: boolean };
    };

export interface ChatBodySettings {
  readonly model: string;
  /** See {@link isReasoningModel}. */
  readonly reasoning: boolean;
  readonly capabilities: LmCapabilities;
  /** Laid over the body at last. */
  readonly extraBody?: Readonly<Record<string, unknown>>;
}

/**
 * OpenAI's o-series and GPT-5 and later, but not their chat variants: they name the token limit
 * `max_completion_tokens` (it covers hidden reasoning too), and refuse a temperature and stop strings.
 */
export function isReasoningModel(model: string): boolean {
  const name = model.split("/").at(-1) ?? model;
  return /^(?:o\d|gpt-(?:[5-9]|\d\d))/.test(name) && !name.includes("chat");
}

export function writeChatBody(request: LmRequest, settings: ChatBodySettings, stream: boolean): ChatBody {
  const { model, reasoning, capabilities, extraBody } = settings;
  const { temperature, maxTokens, stop, seed, n, responseFormat, grammar } = request;
  return {
    model,
    messages: request.messages.map(({ role, content }) => ({ role, content })),
    ...(temperature !== undefined && !reasoning && { temperature }),
    ...(maxTokens !== undefined && (reasoning ? { max_completion_tokens: maxTokens } : { max_tokens: maxTokens })),
    // A reasoning model's text is cut at the stop strings by the reader instead.
    ...(stop !== undefined && stop.length > 0 && !reasoning && { stop: [...stop] }),
    ...(seed !== undefined && { seed }),
    ...(n !== undefined && n !== 1 && { n }),
    ...(responseFormat && { response_format: writeFormat(responseFormat) }),
    ...(grammar !== undefined && capabilities.grammar && { grammar }),
    // vLLM has to be told to go on with the last turn; llama-server does so by itself and does not mind.
    ...(capabilities.prefill &&
      request.messages.at(-1)?.role === "assistant" && { continue_final_message: true, add_generation_prompt: false }),
    ...(stream && { stream: true, stream_options: { include_usage: true } }),
    ...extraBody,
  };
}

function writeFormat(format: LmResponseFormat): ChatResponseFormat {
  if (format.type === "json_object") return format;
  const { schema, strict } = format;
  // OpenAI takes no other characters in the name, and 64 of them.
  const name = format.name.replaceAll(/[^\w-]/g, "_").slice(0, 64) || "answer";
  return { type: "json_schema", json_schema: { name, schema, strict } };
}
