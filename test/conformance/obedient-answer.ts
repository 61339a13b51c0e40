import type { LmFinishReason, LmTokenLogprob } from "../../src/lm/language-model.ts";
import type { LmToolCall } from "../../src/lm/message.ts";
import type { ChatRequestBody, ServerReply } from "../../src/testing/openai-reply.ts";
import { textPieces } from "../../src/testing/scripted-reply.ts";

export interface ObedientAnswer {
  readonly text: string;
  readonly finishReason: LmFinishReason;
  readonly usage: { readonly outputTokens: number };
  readonly logprobs: readonly LmTokenLogprob[];
}

/** Answers of a model that keeps to token limits (a word is a token) and to `n`, for models whose replies are scripted. */
export function obedientAnswer(
  text: string,
  settings: { readonly maxTokens?: number | undefined; readonly n?: number | undefined },
): readonly ObedientAnswer[] {
  const { maxTokens = Infinity, n = 1 } = settings;
  const words = textPieces(text);
  const cut = words.length > maxTokens;
  const said = cut ? words.slice(0, maxTokens) : words;
  const usage = { outputTokens: said.length * n };
  const logprobs = said.map((token) => ({ token, logprob: -0.5, top: [{ token: "other", logprob: -1.5 }] }));
  const finishReason = cut ? "length" : "stop";
  return Array.from({ length: n }, () => ({ text: said.join(""), finishReason, usage, logprobs }));
}

/** What is asked for where there are tools, and the answer to that. */
export const CALLS: readonly LmToolCall[] = [
  { id: "call_a", name: "weather", arguments: '{"city":"Oslo"}' },
  { id: "call_b", name: "weather", arguments: '{"city":"Rome"}' },
];

/** A server's reply that keeps to what is asked, over any protocol: it calls tools first, where there are some. */
export function obedientReply(body: ChatRequestBody): ServerReply {
  const { messages, tools, n, max_tokens: limit, max_output_tokens: maxTokens = limit } = body;
  const last = messages.at(-1);
  if (JSON.stringify(last?.content).includes('"slow"')) return { fault: "stall_in_body" };
  if (Array.isArray(tools) && tools.length > 0 && last?.role !== "tool") return { text: "", toolCalls: CALLS };
  return obedientAnswer("It is what I say.", { maxTokens, n });
}
