import type { LmCompletion, LmFinishReason, LmUsage } from "../language-model.ts";
import { NO_USAGE } from "../language-model.ts";
import type { LmToolCall } from "../message.ts";
import { readLogprobs } from "./logprobs.ts";
import type { OpenAiAnswer } from "./protocol.ts";
import { isRecord, malformed, memberOf, readCount, readString } from "../read-json.ts";

/** @throws LmError `malformed_response` where the body is not a Chat Completion */
export function readChatAnswer(body: unknown): OpenAiAnswer {
  if (!isRecord(body)) throw malformed("a JSON object", body);
  const choices = body["choices"];
  if (!Array.isArray(choices) || choices.length === 0) throw malformed("a list of choices", choices);
  return {
    completions: choices.map(readChoice),
    usage: readChatUsage(body["usage"]) ?? NO_USAGE,
    model: readString(body["model"]),
    id: readString(body["id"]),
  };
}

function readChoice(choice: unknown): LmCompletion {
  const message = isRecord(choice) ? choice["message"] : undefined;
  if (!isRecord(choice) || !isRecord(message)) throw malformed("a message in each choice", choice);
  const calls = message["tool_calls"] ?? [];
  if (!Array.isArray(calls)) throw malformed("a list of tool calls", calls);
  return chatCompletion({
    text: readContent(message["content"]),
    finish: readString(choice["finish_reason"]),
    refused: readString(message["refusal"]) !== undefined,
    toolCalls: calls.map(readToolCall),
    logprobs: readLogprobs(memberOf(choice["logprobs"], "content")),
    reasoning: readReasoning(message),
  });
}

interface ChoiceParts {
  readonly text: string;
  readonly finish: string | undefined;
  readonly refused: boolean;
  readonly toolCalls: readonly LmToolCall[];
  readonly logprobs: LmCompletion["logprobs"] | undefined;
  readonly reasoning: string;
}

/** A completion, whether it came at once or in pieces. */
export function chatCompletion(parts: ChoiceParts): LmCompletion {
  const { text, finish, refused, toolCalls, logprobs, reasoning } = parts;
  const reason = readFinishReason(finish);
  // Where a tool was named that must be called, OpenAI says that the model was done.
  const finishReason = refused ? "content_filter" : reason === "stop" && toolCalls.length > 0 ? "tool_calls" : reason;
  return {
    text,
    finishReason,
    ...(toolCalls.length > 0 && { toolCalls }),
    ...(logprobs !== undefined && logprobs.length > 0 && { logprobs }),
    ...(reasoning !== "" && { reasoning }),
  };
}

/** Some servers send a list of parts; nothing is sent where there are only tool calls or a refusal. */
export function readContent(content: unknown): string {
  if (content === null || content === undefined) return "";
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) throw malformed("text as the message's content", content);
  return content.map((part: unknown) => readString(memberOf(part, "text")) ?? "").join("");
}

/** vLLM and DeepSeek call it `reasoning_content`, others `reasoning`. */
export function readReasoning(message: Readonly<Record<string, unknown>>): string {
  return readString(message["reasoning_content"]) ?? readString(message["reasoning"]) ?? "";
}

/** A call without an id is answered under its place. */
function readToolCall(call: unknown, index: number): LmToolCall {
  const called = memberOf(call, "function");
  const name = readString(memberOf(called, "name"));
  if (name === undefined) throw malformed("the name of a function in each tool call", call);
  const id = readString(memberOf(call, "id")) ?? ownCallId(index);
  return { id, name, arguments: readArguments(memberOf(called, "arguments")) };
}

/** Ollama's arguments may be an object. */
export function readArguments(given: unknown): string {
  return isRecord(given) ? JSON.stringify(given) : (readString(given) ?? "");
}

export function ownCallId(index: number): string {
  return `call_${index}`;
}

function readFinishReason(reason: string | undefined): LmFinishReason {
  switch (reason) {
    case "stop":
    case "length":
    case "content_filter":
    case "tool_calls":
      return reason;
    case "function_call":
      return "tool_calls";
    default:
      return "other";
  }
}

export function readChatUsage(usage: unknown): LmUsage | undefined {
  if (!isRecord(usage)) return undefined;
  return tokensUsed({
    input: usage["prompt_tokens"],
    output: usage["completion_tokens"],
    cached: memberOf(usage["prompt_tokens_details"], "cached_tokens"),
    reasoning: memberOf(usage["completion_tokens_details"], "reasoning_tokens"),
  });
}

/** Counts as they came, under whatever names. */
export function tokensUsed(said: Readonly<Record<"input" | "output" | "cached" | "reasoning", unknown>>): LmUsage {
  const inputTokens = readCount(said.input);
  const outputTokens = readCount(said.output);
  const cachedInputTokens = readCount(said.cached);
  const reasoningTokens = readCount(said.reasoning);
  return {
    inputTokens,
    outputTokens,
    // The sum, whatever is said to be the total: callers add usages up.
    totalTokens: inputTokens + outputTokens,
    ...(cachedInputTokens > 0 && { cachedInputTokens }),
    ...(reasoningTokens > 0 && { reasoningTokens }),
  };
}
