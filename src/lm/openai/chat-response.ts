import { LmError } from "../failure.ts";
import type { LmCompletion } from "../language-model.ts";
import type { LmToolCall } from "../message.ts";
import { failedFinish, finishWord, isFailed, readFinish } from "../read-finish.ts";
import { isRecord, malformed, memberOf, readString } from "../read-json.ts";
import { readLogprobs } from "./logprobs.ts";
import type { OpenAiAnswer } from "./protocol.ts";
import { readUsage } from "./usage.ts";

/** @throws LmError `malformed_response` where the body is not a Chat Completion; what each choice failed with, where all did */
export function readChatAnswer(body: unknown): OpenAiAnswer {
  if (!isRecord(body)) throw malformed("a JSON object", body);
  const choices = body["choices"];
  if (!Array.isArray(choices) || choices.length === 0) throw malformed("a list of choices", choices);
  return {
    completions: wholeOnes(choices),
    usage: readUsage(body),
    model: readString(body["model"]),
    id: readString(body["id"]),
  };
}

/** Of several choices those that did not fail. */
function wholeOnes(choices: readonly unknown[]): readonly LmCompletion[] {
  if (choices.length === 1) return [readChoice(choices[0])];
  let failure: LmError | undefined;
  const whole = choices.flatMap((choice) => {
    try {
      return [readChoice(choice)];
    } catch (thrown) {
      if (!(thrown instanceof LmError) || thrown.details["finishReason"] === undefined) throw thrown;
      failure = thrown;
      return [];
    }
  });
  if (whole.length === 0 && failure !== undefined) throw failure;
  return whole;
}

function readChoice(choice: unknown): LmCompletion {
  // Some write a whole answer as they do an event.
  const message = isRecord(choice) ? (choice["message"] ?? choice["delta"]) : undefined;
  if (!isRecord(choice) || !isRecord(message)) throw malformed("a message in each choice", choice);
  const calls = message["tool_calls"] ?? legacyCalls(message);
  if (!Array.isArray(calls)) throw malformed("a list of tool calls", calls);
  return chatCompletion({
    text: readContent(message["content"]),
    finish: readFinishWord(choice),
    refused: readString(message["refusal"]) !== undefined,
    toolCalls: calls.map(readToolCall),
    logprobs: readLogprobs(memberOf(choice["logprobs"], "content")),
    reasoning: readReasoning(message),
  });
}

/** OpenRouter's `native_finish_reason` is what the provider behind it said. */
export function readFinishWord(choice: Readonly<Record<string, unknown>>): string | undefined {
  return finishWord(readString(choice["finish_reason"]), readString(choice["native_finish_reason"]));
}

interface ChoiceParts {
  readonly text: string;
  readonly finish: string | undefined;
  readonly refused: boolean;
  readonly toolCalls: readonly LmToolCall[];
  readonly logprobs: LmCompletion["logprobs"] | undefined;
  readonly reasoning: string;
}

/**
 * A completion, whether it came at once or in pieces.
 * @throws LmError for one that ended in a failure, with the server's word for it in `details.finishReason`
 */
export function chatCompletion(parts: ChoiceParts): LmCompletion {
  const { text, finish, refused, toolCalls, logprobs, reasoning } = parts;
  const told = readFinish(finish);
  if (isFailed(told) && !refused) throw failedFinish(told, finish ?? "");
  const reason = isFailed(told) ? "other" : told;
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

/** vLLM and DeepSeek call it `reasoning_content`, others `reasoning`; Mistral has it among the parts of the content. */
export function readReasoning(message: Readonly<Record<string, unknown>>): string {
  const told = readString(message["reasoning_content"]) ?? readString(message["reasoning"]);
  if (told !== undefined) return told;
  const { content } = message;
  return Array.isArray(content)
    ? content.map((part: unknown) => readThinking(memberOf(part, "thinking"))).join("")
    : "";
}

function readThinking(thinking: unknown): string {
  if (!Array.isArray(thinking)) return readString(thinking) ?? "";
  return thinking.map((part: unknown) => readString(memberOf(part, "text")) ?? "").join("");
}

/** The one call of an answer in the way of before there were several. */
export function legacyCalls(message: Readonly<Record<string, unknown>>): readonly unknown[] {
  const called = message["function_call"];
  return isRecord(called) ? [{ function: called }] : [];
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
