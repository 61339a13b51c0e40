import { LmError } from "../failure.ts";
import type { LmCompletion, LmTokenLogprob } from "../language-model.ts";
import type { LmToolCall } from "../message.ts";
import type { ToldFinish } from "../read-finish.ts";
import { failedFinish, isFailed, readFinish } from "../read-finish.ts";
import { isRecord, malformed, memberOf, readString } from "../read-json.ts";
import { ownCallId, readArguments } from "./chat-response.ts";
import { readLogprobs } from "./logprobs.ts";
import type { OpenAiAnswer } from "./protocol.ts";
import { readUsage } from "./usage.ts";

/** @throws LmError `malformed_response` where the body is no response, `server` where it says that it failed */
export function readResponsesAnswer(body: unknown): OpenAiAnswer {
  if (!isRecord(body)) throw malformed("a JSON object", body);
  const output = body["output"] ?? (readOutputText(body) === "" ? undefined : []);
  if (!Array.isArray(output)) throw malformed("a list of output items", output);
  const items = output.map(readItem);
  const completion = responsesCompletion(items, readEnd(body));
  const text = items.some((item) => item.text !== "") ? completion.text : readOutputText(body);
  return {
    completions: [{ ...completion, text }],
    usage: readUsage(body),
    model: readString(body["model"]),
    id: readString(body["id"]),
  };
}

/** The text of a response that has it beside its items, as OpenAI's own clients do. */
export function readOutputText(body: Readonly<Record<string, unknown>>): string {
  return readString(body["output_text"]) ?? "";
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
      const toolCall = { id: readString(item["call_id"]), name, arguments: readArguments(item["arguments"]) };
      return { ...NOTHING, toolCall };
    }
    case "reasoning":
      return { ...NOTHING, reasoning: [...textsOf(item["summary"]), ...textsOf(item["content"])] };
    default:
      return NOTHING;
  }
}

function readMessage(content: unknown): OutputItem {
  if (typeof content === "string") return { ...NOTHING, text: content };
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
  const type = memberOf(part, "type");
  return type === "output_text" || type === "text";
}

function textsOf(list: unknown): readonly string[] {
  return Array.isArray(list) ? list.map((part) => readString(memberOf(part, "text")) ?? "") : [];
}

/** How an answer ended, and the server's word for it. */
export interface ResponsesEnd {
  readonly finish: ToldFinish;
  readonly word: string;
}

/**
 * How it ended, as its status says.
 * @param told the status that goes before the one that is in it
 * @throws LmError for one that failed without saying why, or that has not ended
 */
export function readEnd(body: Readonly<Record<string, unknown>>, told?: string): ResponsesEnd {
  const status = told ?? body["status"] ?? "completed";
  switch (status) {
    case "completed":
      return { finish: "stop", word: "completed" };
    case "incomplete": {
      const word = readString(memberOf(body["incomplete_details"], "reason"));
      const finish = readFinish(word);
      // Whatever is not complete has not come to its end, and counts as far as it is whole.
      const isCut = finish === "stop" || finish === "tool_calls" || word === undefined;
      return { finish: isCut ? "length" : finish, word: word ?? "incomplete" };
    }
    case "failed":
      throw new LmError("it says that it failed, and not why", { code: "server" });
    case "cancelled":
      return { finish: readFinish("cancelled"), word: "cancelled" };
    default:
      throw malformed("a response that has ended", status);
  }
}

/** @throws LmError for one that ended in a failure */
export function responsesCompletion(items: readonly OutputItem[], { finish: end, word }: ResponsesEnd): LmCompletion {
  const toolCalls = items
    .flatMap(({ toolCall }) => toolCall ?? [])
    .map((call, index) => ({ ...call, id: call.id ?? ownCallId(index) }));
  const logprobs = items.flatMap((item) => item.logprobs ?? []);
  const reasoning = items
    .flatMap((item) => item.reasoning)
    .filter((text) => text !== "")
    .join("\n\n");
  const refused = items.some((item) => item.refused);
  if (isFailed(end)) throw failedFinish(end, word);
  return {
    text: items.map(({ text }) => text).join(""),
    finishReason: refused ? "content_filter" : end === "stop" && toolCalls.length > 0 ? "tool_calls" : end,
    ...(toolCalls.length > 0 && { toolCalls }),
    ...(logprobs.length > 0 && { logprobs }),
    ...(reasoning !== "" && { reasoning }),
  };
}
