import { LmError } from "../failure.ts";
import type { LmUsage } from "../language-model.ts";
import { NO_USAGE } from "../language-model.ts";
import type { LmToolCall } from "../message.ts";
import { isFailed, readFinish } from "../read-finish.ts";
import type { ToldFinish } from "../read-finish.ts";
import { isRecord, memberOf, readCount } from "../read-json.ts";
import { tokensUsed } from "../read-usage.ts";

/** How an AI SDK model's answer ended. `interrupted` is a failure of the connection. */
export interface AiSdkFinish {
  readonly finish: ToldFinish | "interrupted";
  /** The provider's word for it, where the package tells it, else the package's. */
  readonly word: string;
}

export interface AiSdkAnswer {
  readonly text: string;
  readonly toolCalls: readonly LmToolCall[];
  readonly reasoning: string;
  readonly finish: AiSdkFinish;
  readonly usage: LmUsage;
  readonly model: string | undefined;
  readonly id: string | undefined;
}

/** One part of a streamed answer, as far as it is of use. */
export type AiSdkPart =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "reasoning"; readonly text: string }
  | { readonly type: "tool_call"; readonly call: LmToolCall }
  | { readonly type: "about"; readonly model: string | undefined; readonly id: string | undefined }
  | { readonly type: "finish"; readonly finish: AiSdkFinish; readonly usage: LmUsage }
  | { readonly type: "error"; readonly error: unknown }
  | { readonly type: "other" };

/**
 * @param json whether JSON was asked for: then a model may say which of its texts that is
 * @throws LmError `malformed_response` for what is no result of a model
 */
export function readAiSdkResult(result: unknown, json: boolean): AiSdkAnswer {
  if (!isRecord(result) || !Array.isArray(result["content"])) throw malformed("a result with a list of content");
  const chosen = json ? readString(result["structuredOutputText"]) : undefined;
  const { response } = result;
  const content: readonly unknown[] = result["content"];
  return {
    text: chosen ?? textsOf(content, "text").join(""),
    toolCalls: content.flatMap((part) => (isOurCall(part) ? readToolCall(part) : [])),
    reasoning: textsOf(content, "reasoning").join("\n\n"),
    finish: readEnd(result["finishReason"], memberOf(response, "body")),
    usage: readAiSdkUsage(result["usage"]),
    model: isRecord(response) ? readName(response["modelId"]) : undefined,
    id: isRecord(response) ? readName(response["id"]) : undefined,
  };
}

/** @throws LmError `malformed_response` for what is no part of a stream */
export function readAiSdkPart(part: unknown): AiSdkPart {
  if (!isRecord(part)) throw malformed("an object in each part of the stream");
  switch (part["type"]) {
    case "text-delta":
      return { type: "text", text: readString(part["delta"]) ?? "" };
    case "reasoning-delta":
      return { type: "reasoning", text: readString(part["delta"]) ?? "" };
    case "tool-call":
      return isOurCall(part) ? { type: "tool_call", call: readToolCall(part) } : { type: "other" };
    case "response-metadata":
      return { type: "about", model: readName(part["modelId"]), id: readName(part["id"]) };
    case "finish":
      return { type: "finish", finish: readEnd(part["finishReason"]), usage: readAiSdkUsage(part["usage"]) };
    case "error":
      return { type: "error", error: part["error"] };
    default:
      // What begins and ends, tools that the provider itself calls, sources, and what later versions add.
      return { type: "other" };
  }
}

/** Version 2 has plain numbers, later ones `{ total, cacheRead, … }`. */
export function readAiSdkUsage(usage: unknown): LmUsage {
  if (!isRecord(usage)) return NO_USAGE;
  const { inputTokens: input, outputTokens: output } = usage;
  const cached = isRecord(input) ? input["cacheRead"] : usage["cachedInputTokens"];
  return tokensUsed({
    input: isRecord(input) ? (input["total"] ?? sum(input, ["noCache", "cacheRead", "cacheWrite"])) : input,
    output: isRecord(output) ? (output["total"] ?? sum(output, ["text", "reasoning"])) : output,
    cached,
    reasoning: isRecord(output) ? output["reasoning"] : usage["reasoningTokens"],
    total: usage["totalTokens"],
  });
}

function sum(parts: Readonly<Record<string, unknown>>, names: readonly string[]): number {
  return names.reduce((all, name) => all + readCount(parts[name]), 0);
}

/**
 * Version 2 has a word, later ones `{ unified, raw }`. The provider's own word goes before where it says that the answer has
 * failed, or is not at its end: packages have `stop` for a turn that Anthropic has paused.
 * @param body of the provider's answer, where the package tells it
 */
function readEnd(reason: unknown, body?: unknown): AiSdkFinish {
  const unified = isRecord(reason) ? reason["unified"] : reason;
  const raw = readName(isRecord(reason) ? reason["raw"] : undefined) ?? readName(memberOf(body, "stop_reason"));
  const word = raw ?? readName(unified) ?? "";
  const told = readFinish(raw);
  if (isFailed(told)) return { finish: told, word };
  if (unified === "interrupted") return { finish: "interrupted", word };
  const known = readFinish(readName(unified));
  return { finish: known === "other" ? told : known, word };
}

function textsOf(content: readonly unknown[], type: string): readonly string[] {
  return content.flatMap((part) => (memberOf(part, "type") === type ? (readString(memberOf(part, "text")) ?? []) : []));
}

function isOurCall(part: unknown): part is Readonly<Record<string, unknown>> {
  return isRecord(part) && part["type"] === "tool-call" && part["providerExecuted"] !== true;
}

function readToolCall({ toolCallId, toolName, input }: Readonly<Record<string, unknown>>): LmToolCall {
  if (typeof toolCallId !== "string" || typeof toolName !== "string") throw malformed("a call with an id and a name");
  // Text in every version; an object is what some providers make of it.
  return { id: toolCallId, name: toolName, arguments: typeof input === "string" ? input : JSON.stringify(input ?? {}) };
}

function readString(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function readName(value: unknown): string | undefined {
  return readString(value) || undefined;
}

function malformed(expected: string): LmError {
  return new LmError(`expected ${expected}`, { code: "malformed_response" });
}
