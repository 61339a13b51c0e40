import { LmError } from "../failure.ts";
import type { LmCompletion, LmFinishReason, LmTokenLogprob, LmUsage } from "../language-model.ts";
import { NO_USAGE } from "../language-model.ts";
import type { LmToolCall } from "../message.ts";
import { ownCallId, tokensUsed } from "./chat-response.ts";
import { readLogprobs } from "./logprobs.ts";
import type { OpenAiAnswer } from "./protocol.ts";
import { isRecord, malformed, memberOf, readString } from "../read-json.ts";

/** @throws LmError `malformed_response` where the body is no response, `server` where it says that it failed */
export function readResponsesAnswer(body: unknown): OpenAiAnswer {
  if (!isRecord(body)) throw malformed("a JSON object", body);
  const { output } = body;
  if (!Array.isArray(output)) throw malformed("a list of output items", output);
  const items = output.map(readItem);
  return { ...readAbout(body), completions: [responsesCompletion(items, readEnd(body))] };
}

/** One thing in an answer; what is of no use here is nothing of all of these. */
export interface OutputItem {
  readonly text: string;
  readonly refused: boolean;
  readonly toolCall?: Omit<LmToolCall, "id"> & { readonly id: string | undefined };
  readonly logprobs?: readonly LmTokenLogprob[] | undefined;
  readonly reasoning: readonly string[];
}

const NOTHING: OutputItem = Object.freeze({ text: "", refused: false, reasoning: [] });

export function readItem(item: unknown): OutputItem {
  if (!isRecord(item)) throw malformed("an object in each output item", item);
  switch (item["type"]) {
    case "message":
      return readMessage(item["content"]);
    case "function_call": {
      const name = readString(item["name"]);
      if (name === undefined) throw malformed("the name of a function in each call", item);
      const toolCall = { id: readString(item["call_id"]), name, arguments: readString(item["arguments"]) ?? "" };
      return { ...NOTHING, toolCall };
    }
    case "reasoning":
      return { ...NOTHING, reasoning: [...textsOf(item["summary"]), ...textsOf(item["content"])] };
    default:
      return NOTHING;
  }
}

function readMessage(content: unknown): OutputItem {
  if (!Array.isArray(content)) throw malformed("a list of parts in each message", content);
  const parts: readonly unknown[] = content;
  const logprobs = parts.flatMap((part) => readLogprobs(memberOf(part, "logprobs")) ?? []);
  return {
    ...NOTHING,
    text: parts.map((part) => (isText(part) ? (readString(memberOf(part, "text")) ?? "") : "")).join(""),
    refused: parts.some((part) => memberOf(part, "type") === "refusal"),
    logprobs,
  };
}

function isText(part: unknown): boolean {
  return memberOf(part, "type") === "output_text";
}

function textsOf(list: unknown): readonly string[] {
  return Array.isArray(list) ? list.map((part) => readString(memberOf(part, "text")) ?? "") : [];
}

/** What is to be said of a whole answer beside its contents. */
export function readAbout(body: Readonly<Record<string, unknown>>): Omit<OpenAiAnswer, "completions"> {
  return { usage: readUsage(body["usage"]), model: readString(body["model"]), id: readString(body["id"]) };
}

function readUsage(usage: unknown): LmUsage {
  if (!isRecord(usage)) return NO_USAGE;
  return tokensUsed({
    input: usage["input_tokens"],
    output: usage["output_tokens"],
    cached: memberOf(usage["input_tokens_details"], "cached_tokens"),
    reasoning: memberOf(usage["output_tokens_details"], "reasoning_tokens"),
  });
}

/**
 * How it ended, as its status says.
 * @throws LmError for one that failed without saying why, or that has not ended
 */
export function readEnd(body: Readonly<Record<string, unknown>>): LmFinishReason {
  const { status = "completed" } = body;
  switch (status) {
    case "completed":
      return "stop";
    case "incomplete": {
      const reason = memberOf(body["incomplete_details"], "reason");
      if (reason === "max_output_tokens") return "length";
      return reason === "content_filter" ? "content_filter" : "other";
    }
    case "failed":
      throw new LmError("it says that it failed, and not why", { code: "server" });
    default:
      throw malformed("a response that has ended", status);
  }
}

export function responsesCompletion(items: readonly OutputItem[], end: LmFinishReason): LmCompletion {
  const toolCalls = items
    .flatMap(({ toolCall }) => toolCall ?? [])
    .map((call, index) => ({ ...call, id: call.id ?? ownCallId(index) }));
  const logprobs = items.flatMap((item) => item.logprobs ?? []);
  const reasoning = items
    .flatMap((item) => item.reasoning)
    .filter((text) => text !== "")
    .join("\n\n");
  const refused = items.some((item) => item.refused);
  return {
    text: items.map(({ text }) => text).join(""),
    finishReason: refused ? "content_filter" : end === "stop" && toolCalls.length > 0 ? "tool_calls" : end,
    ...(toolCalls.length > 0 && { toolCalls }),
    ...(logprobs.length > 0 && { logprobs }),
    ...(reasoning !== "" && { reasoning }),
  };
}
