import type { LmTokenLogprob, LmUsage } from "../language-model.ts";
import { NO_USAGE } from "../language-model.ts";
import type { LmToolCall } from "../message.ts";
import {
  chatCompletion,
  ownCallId,
  readArguments,
  readChatUsage,
  readContent,
  readReasoning,
} from "./chat-response.ts";
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
  /** In the order in which they began. */
  const calls: CallSoFar[] = [];

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
      const toolCalls = calls.toSorted((a, b) => (a.index ?? 0) - (b.index ?? 0)).map(wholeCall);
      const completion = chatCompletion({ text, finish, refused, toolCalls, logprobs, reasoning });
      return { completions: [completion], usage, model, id };
    },
  };
}

interface CallSoFar {
  /** As the events have it; servers leave it out, or give it to several. */
  readonly index: number | undefined;
  id: string | undefined;
  name: string;
  arguments: string;
}

function pushCall(calls: CallSoFar[], piece: unknown): void {
  const called = memberOf(piece, "function");
  const name = readString(memberOf(called, "name")) ?? "";
  const call = callOf(calls, piece, name);
  call.id ??= readString(memberOf(piece, "id"));
  // Some servers repeat it in each piece.
  if (name !== call.name) call.name += name;
  call.arguments += readArguments(memberOf(called, "arguments"));
}

/** The call that a piece goes on with: of its index, and of its id where it has one; else a new one. */
function callOf(calls: CallSoFar[], piece: unknown, name: string): CallSoFar {
  const given = memberOf(piece, "index");
  const index = typeof given === "number" ? given : undefined;
  const id = readString(memberOf(piece, "id"));
  const known =
    index === undefined && id === undefined
      ? // What has a name of its own begins a call.
        name === ""
        ? calls.at(-1)
        : undefined
      : calls.findLast(
          (call) => (index === undefined || call.index === index) && (id === undefined || (call.id ?? id) === id),
        );
  if (known !== undefined) return known;
  const call: CallSoFar = { index, id: undefined, name: "", arguments: "" };
  calls.push(call);
  return call;
}

function wholeCall({ id, name, arguments: text }: CallSoFar, place: number): LmToolCall {
  if (name === "") throw malformed("the name of a function in each tool call", "");
  return { id: id ?? ownCallId(place), name, arguments: text };
}
