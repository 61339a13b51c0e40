import { describe } from "../foundation/errors.ts";
import { LmError } from "./failure.ts";
import type { LmCompletion, LmFinishReason, LmUsage } from "./language-model.ts";
import { NO_USAGE } from "./language-model.ts";

/** What is read from a response. Servers that speak the protocol leave out more than OpenAI does. */
export interface ReadResponse {
  readonly completions: readonly LmCompletion[];
  readonly usage: LmUsage;
  readonly model: string | undefined;
  readonly id: string | undefined;
}

/** What is read from one event of a streamed response. */
export interface ReadChunk {
  readonly text: string;
  readonly finishReason: LmFinishReason | undefined;
  readonly usage: LmUsage | undefined;
  readonly model: string | undefined;
  readonly id: string | undefined;
}

/** @throws LmError `malformed_response` where the body is not a Chat Completion */
export function readResponse(body: unknown): ReadResponse {
  if (!isRecord(body)) throw malformed("a JSON object", body);
  const choices = body["choices"];
  if (!Array.isArray(choices) || choices.length === 0) throw malformed("a list of choices", choices);
  return {
    completions: choices.map(readChoice),
    usage: readUsage(body["usage"]) ?? NO_USAGE,
    model: readString(body["model"]),
    id: readString(body["id"]),
  };
}

/** @throws LmError `malformed_response` where the event is not part of a Chat Completion */
export function readChunk(event: unknown): ReadChunk {
  if (!isRecord(event)) throw malformed("a JSON object in each event", event);
  const choices = event["choices"] ?? [];
  if (!Array.isArray(choices)) throw malformed("a list of choices in each event", choices);
  const choice: unknown = choices[0];
  const delta = isRecord(choice) ? choice["delta"] : undefined;
  const finish = isRecord(choice) ? choice["finish_reason"] : undefined;
  const refused = isRecord(delta) && typeof delta["refusal"] === "string" && delta["refusal"] !== "";
  return {
    text: isRecord(delta) ? readContent(delta["content"]) : "",
    finishReason: refused ? "content_filter" : typeof finish === "string" ? readFinishReason(finish) : undefined,
    usage: readUsage(event["usage"]),
    model: readString(event["model"]),
    id: readString(event["id"]),
  };
}

function readChoice(choice: unknown): LmCompletion {
  const message = isRecord(choice) ? choice["message"] : undefined;
  if (!isRecord(choice) || !isRecord(message)) throw malformed("a message in each choice", choice);
  const refusal = message["refusal"];
  const refused = typeof refusal === "string" && refusal !== "";
  return {
    text: readContent(message["content"]),
    finishReason: refused ? "content_filter" : readFinishReason(choice["finish_reason"]),
  };
}

/** Some servers send a list of parts; nothing is sent where there are only tool calls or a refusal. */
function readContent(content: unknown): string {
  if (content === null || content === undefined) return "";
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) throw malformed("text as the message's content", content);
  return content.map((part: unknown) => (isRecord(part) ? (readString(part["text"]) ?? "") : "")).join("");
}

function readFinishReason(reason: unknown): LmFinishReason {
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

function readUsage(usage: unknown): LmUsage | undefined {
  if (!isRecord(usage)) return undefined;
  const inputTokens = readCount(usage["prompt_tokens"]);
  const outputTokens = readCount(usage["completion_tokens"]);
  const cachedInputTokens = readDetail(usage["prompt_tokens_details"], "cached_tokens");
  const reasoningTokens = readDetail(usage["completion_tokens_details"], "reasoning_tokens");
  return {
    inputTokens,
    outputTokens,
    // The sum, whatever is said to be the total: callers add usages up.
    totalTokens: inputTokens + outputTokens,
    ...(cachedInputTokens > 0 && { cachedInputTokens }),
    ...(reasoningTokens > 0 && { reasoningTokens }),
  };
}

function readDetail(details: unknown, key: string): number {
  return isRecord(details) ? readCount(details[key]) : 0;
}

function readCount(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : 0;
}

function readString(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function malformed(expected: string, got: unknown): LmError {
  // The kind of what came, not what it says: answers are the user's contents.
  const kind = Array.isArray(got) ? `a list of ${got.length}` : isRecord(got) ? "an object" : describeKind(got);
  return new LmError(`expected ${expected} in the response, got ${kind}`, { code: "malformed_response" });
}

function describeKind(value: unknown): string {
  return typeof value === "string" ? `text of ${value.length} characters` : describe(value);
}
