import type { LmTokenLogprob, LmUsage } from "../language-model.ts";
import { NO_USAGE } from "../language-model.ts";
import type { LmToolCall } from "../message.ts";
import { chatCompletion, ownCallId, readChatUsage, readContent, readReasoning } from "./chat-response.ts";
import { readLogprobs } from "./logprobs.ts";
import type { EventReader } from "./protocol.ts";
import { isRecord, malformed, memberOf, readString } from "../read-json.ts";

/** Gathers the events of one streamed Chat Completion. */
export function chatEvents(): EventReader {
  let text = "";
  let reasoning = "";
  let refused = false;
  let finish: string | undefined;
  let usage: LmUsage = NO_USAGE;
  let model: string | undefined;
  let id: string | undefined;
  let logprobs: LmTokenLogprob[] | undefined;
  /** By the index that the events give them. */
  const calls = new Map<number, CallSoFar>();

  const pushDelta = (delta: Readonly<Record<string, unknown>>): string => {
    const more = readContent(delta["content"]);
    text += more;
    reasoning += readReasoning(delta);
    refused ||= readString(delta["refusal"]) !== undefined;
    const given = delta["tool_calls"] ?? [];
    if (!Array.isArray(given)) throw malformed("a list of tool calls", given);
    for (const call of given as readonly unknown[]) pushCall(calls, call);
    return more;
  };

  return {
    push(event): string {
      if (!isRecord(event)) throw malformed("a JSON object in each event", event);
      const choices = event["choices"] ?? [];
      if (!Array.isArray(choices)) throw malformed("a list of choices in each event", choices);
      usage = readChatUsage(event["usage"]) ?? usage;
      model ??= readString(event["model"]);
      id ??= readString(event["id"]);
      const choice: unknown = choices[0];
      if (!isRecord(choice)) return "";
      finish ??= readString(choice["finish_reason"]);
      const told = readLogprobs(memberOf(choice["logprobs"], "content"));
      if (told !== undefined) (logprobs ??= []).push(...told);
      // A server that does not stream sends the whole message, whose members are the same.
      const delta = choice["delta"] ?? choice["message"];
      return isRecord(delta) ? pushDelta(delta) : "";
    },
    end() {
      // A refusal may come without a finish reason, and is one.
      if (finish === undefined && !refused) return undefined;
      const toolCalls = [...calls].toSorted(([a], [b]) => a - b).map(([index, call]) => wholeCall(call, index));
      const completion = chatCompletion({ text, finish, refused, toolCalls, logprobs, reasoning });
      return { completions: [completion], usage, model, id };
    },
  };
}

interface CallSoFar {
  id: string | undefined;
  name: string;
  arguments: string;
}

function pushCall(calls: Map<number, CallSoFar>, piece: unknown): void {
  const given = memberOf(piece, "index");
  const pieceId = readString(memberOf(piece, "id"));
  // Servers that leave the index out send each call in one piece.
  const index = typeof given === "number" ? given : calls.size;
  const call = calls.get(index) ?? { id: undefined, name: "", arguments: "" };
  calls.set(index, call);
  const called = memberOf(piece, "function");
  call.id ??= pieceId;
  call.name += readString(memberOf(called, "name")) ?? "";
  call.arguments += readString(memberOf(called, "arguments")) ?? "";
}

function wholeCall({ id, name, arguments: text }: CallSoFar, index: number): LmToolCall {
  if (name === "") throw malformed("the name of a function in each tool call", "");
  return { id: id ?? ownCallId(index), name, arguments: text };
}
