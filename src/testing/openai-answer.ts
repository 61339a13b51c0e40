import { UsageError, describe } from "../foundation/errors.ts";
import type { LmCompletion, LmUsage } from "../lm/language-model.ts";
import { cutCompletion } from "../lm/stop-strings.ts";
import type { ChatRequestBody, FaultReply, ServerReply } from "./openai-reply.ts";
import { completionOf, estimateTokens, outputTokensOf } from "./scripted-reply.ts";
import type { ScriptedCompletion } from "./scripted-reply.ts";

/** An answer before it is written in the words of a protocol. */
export interface ServedAnswer {
  /** Counted from 1 up. */
  readonly number: number;
  readonly model: string;
  readonly completions: readonly LmCompletion[];
  readonly usage: LmUsage;
}

/** @throws UsageError for what is no reply with text */
export function composeAnswer(reply: ServerReply, request: ChatRequestBody, index: number): ServedAnswer {
  const list = (Array.isArray(reply) ? reply : [reply]) as readonly (string | ScriptedCompletion | FaultReply)[];
  const stop = typeof request.stop === "string" ? [request.stop] : request.stop;
  let said: Partial<LmUsage> = {};
  const completions = list.map((one) => {
    if (typeof one === "string") return cutCompletion({ text: one, finishReason: "stop" }, stop);
    if ("fault" in one) return cutCompletion({ text: faultyText(one), finishReason: "stop" }, stop);
    if (typeof one.text !== "string") throw new UsageError(`openaiServer: expected a reply, got ${describe(one)}`);
    said = { ...said, ...one.usage };
    return cutCompletion(completionOf(one), stop);
  });
  const inputTokens = said.inputTokens ?? promptTokens(request);
  const outputTokens = said.outputTokens ?? completions.reduce((sum, each) => sum + outputTokensOf(each), 0);
  return {
    number: index + 1,
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
