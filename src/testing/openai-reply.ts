import { UsageError, describe } from "../foundation/errors.ts";
import type { LmFinishReason, LmUsage } from "../lm/language-model.ts";
import { cutAtStop } from "../lm/stop-strings.ts";
import type { ScriptedCompletion } from "./scripted-reply.ts";
import { estimateTokens, textPieces } from "./scripted-reply.ts";

/** The body of a chat request, as far as the server looks at it. */
export interface ChatRequestBody {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
  readonly stop?: string | readonly string[];
  readonly max_tokens?: number;
  readonly max_completion_tokens?: number;
  readonly n?: number;
  readonly [setting: string]: unknown;
}

/** An answer other than 200, or a 200 with a body of its own. */
export interface HttpErrorReply {
  readonly status: number;
  /** An object is written as JSON. Default: an error in OpenAI's shape. */
  readonly body?: string | object;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * What goes wrong with the connection: `reset_before_headers` and `reset_in_body` reset it, `cut_in_body` ends it
 * politely but too early, `stall_before_headers` and `stall_in_body` leave it open and say nothing more.
 *
 * And what goes wrong with an answer that comes whole: `cut_json` is JSON that breaks off, `off_format` talks about
 * something else, `empty_content` says nothing, and `slow_stream` comes in pieces with the server's `slowMs` before each.
 */
export const SERVER_FAULTS = [
  "reset_before_headers",
  "reset_in_body",
  "cut_in_body",
  "stall_before_headers",
  "stall_in_body",
  "cut_json",
  "off_format",
  "empty_content",
  "slow_stream",
] as const;

export type ServerFault = (typeof SERVER_FAULTS)[number];

export interface FaultReply {
  readonly fault: ServerFault;
  /** What the answer would have been; half of it is sent before a fault in the body. */
  readonly text?: string;
}

/** What the server says to one chat request; a list gives the completions of one request with `n`. */
export type ServerReply =
  | string
  | ScriptedCompletion
  | readonly (string | ScriptedCompletion)[]
  | HttpErrorReply
  | FaultReply;

export interface ChatAnswer {
  readonly id: string;
  readonly model: string;
  readonly completions: readonly { readonly text: string; readonly finishReason: LmFinishReason }[];
  readonly usage: LmUsage;
}

/** @throws UsageError for what is no reply with text */
export function composeAnswer(reply: ServerReply, request: ChatRequestBody, index: number): ChatAnswer {
  const list = (Array.isArray(reply) ? reply : [reply]) as readonly (string | ScriptedCompletion | FaultReply)[];
  const stop = typeof request.stop === "string" ? [request.stop] : request.stop;
  let said: Partial<LmUsage> = {};
  const completions = list.map((one) => {
    if (typeof one === "string" || "fault" in one) {
      const text = typeof one === "string" ? one : faultyText(one);
      return { text: cutAtStop(text, stop).text, finishReason: "stop" as const };
    }
    if (typeof one.text !== "string") throw new UsageError(`openaiServer: expected a reply, got ${describe(one)}`);
    said = { ...said, ...one.usage };
    const { text, cut } = cutAtStop(one.text, stop);
    return { text, finishReason: cut ? ("stop" as const) : (one.finishReason ?? "stop") };
  });
  const inputTokens = said.inputTokens ?? promptTokens(request);
  const outputTokens = said.outputTokens ?? completions.reduce((sum, { text }) => sum + estimateTokens(text), 0);
  return {
    id: `chatcmpl-${index + 1}`,
    model: request.model,
    completions,
    usage: { totalTokens: inputTokens + outputTokens, ...said, inputTokens, outputTokens },
  };
}

function faultyText({ fault, text = "What was about to be said at some length." }: FaultReply): string {
  if (fault === "empty_content") return "";
  return fault === "off_format" ? "I would rather talk about the weather, which is fine today." : text;
}

export function promptTokens({ messages }: ChatRequestBody): number {
  return messages.reduce((sum, { content }) => {
    return sum + estimateTokens(typeof content === "string" ? content : JSON.stringify(content ?? ""));
  }, 0);
}

export function writeCompletion({ id, model, completions, usage }: ChatAnswer): object {
  return {
    id,
    object: "chat.completion",
    created: 0,
    model,
    choices: completions.map(({ text, finishReason }, index) => ({
      index,
      message: { role: "assistant", content: text, refusal: null },
      finish_reason: finishReason,
      logprobs: null,
    })),
    usage: writeUsage(usage),
  };
}

/** The events of the same answer as a stream, each ready to be sent. */
export function writeEvents(answer: ChatAnswer, includeUsage: boolean): readonly string[] {
  const { id, model, usage } = answer;
  const head = { id, object: "chat.completion.chunk", created: 0, model };
  const { text, finishReason } = answer.completions[0] ?? { text: "", finishReason: "stop" };
  const piece = (delta: object, finish: LmFinishReason | null = null): object => ({
    ...head,
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  const events: readonly object[] = [
    piece({ role: "assistant", content: "" }),
    ...textPieces(text).map((content) => piece({ content })),
    piece({}, finishReason),
    ...(includeUsage ? [{ ...head, choices: [], usage: writeUsage(usage) }] : []),
  ];
  return [...events.map((event) => `data: ${JSON.stringify(event)}\n\n`), "data: [DONE]\n\n"];
}

function writeUsage(usage: LmUsage): object {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.totalTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedInputTokens ?? 0 },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
  };
}

/** An error as OpenAI words it. */
export function errorReply(
  status: number,
  message: string,
  { type = "invalid_request_error", code = null as string | null, param = null as string | null } = {},
): HttpErrorReply {
  return { status, body: { error: { message, type, param, code } } };
}
