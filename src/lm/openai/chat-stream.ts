import type { LmTokenLogprob } from "../language-model.ts";
import { isFailed, readFinish } from "../read-finish.ts";
import { isRecord, malformed, memberOf, missingIn, readString } from "../read-json.ts";
import { streamedCalls } from "./chat-calls.ts";
import { chatCompletion, legacyCalls, readContent, readFinishWord, readReasoning } from "./chat-response.ts";
import { readLogprobs } from "./logprobs.ts";
import type { EventReader } from "./protocol.ts";
import { usageReader } from "./usage.ts";

/** Gathers the events of one streamed Chat Completion. */
export function chatEvents(): EventReader {
  let text = "";
  let reasoning = "";
  let refused = false;
  let finish: string | undefined;
  /** Of the choice that is read: one was asked for, whatever comes beside it. */
  let place: unknown;
  let model: string | undefined;
  let id: string | undefined;
  let logprobs: LmTokenLogprob[] | undefined;
  const calls = streamedCalls();
  const used = usageReader();

  const pushDelta = (delta: Readonly<Record<string, unknown>>, isWhole: boolean): string => {
    const content = readContent(delta["content"]);
    // What has come in pieces may come whole once more, and adds what is missing.
    const more = isWhole ? missingIn(text, content) : content;
    text += more;
    reasoning += isWhole ? missingIn(reasoning, readReasoning(delta)) : readReasoning(delta);
    refused ||= readString(delta["refusal"]) !== undefined;
    const given = delta["tool_calls"] ?? legacyCalls(delta);
    if (!Array.isArray(given)) throw malformed("a list of tool calls", given);
    calls.push(given);
    return more;
  };

  return {
    push(event): string {
      if (!isRecord(event)) throw malformed("a JSON object in each event", event);
      const choices = event["choices"] ?? [];
      if (!Array.isArray(choices)) throw malformed("a list of choices in each event", choices);
      model ??= readString(event["model"]);
      id ??= readString(event["id"]);
      const choice: unknown = choices[0];
      if (!isRecord(choice)) {
        used.push(event);
        return "";
      }
      used.push(event, choice);
      place ??= choice["index"];
      if (choice["index"] !== place && typeof choice["index"] === "number") return "";
      const reason = readFinishWord(choice);
      // The first one, unless it failed after that.
      if (reason !== undefined && (finish === undefined || isFailed(readFinish(reason)))) finish = reason;
      const told = readLogprobs(memberOf(choice["logprobs"], "content"));
      if (told !== undefined) (logprobs ??= []).push(...told);
      // A server that does not stream sends the whole message, whose members are the same.
      const delta = choice["delta"] ?? choice["message"];
      return isRecord(delta) ? pushDelta(delta, !isRecord(choice["delta"])) : "";
    },
    get whole() {
      if (finish === undefined) return "no";
      return used.told ? "told" : "ended";
    },
    get usage() {
      return used.usage();
    },
    end() {
      // A refusal may come without a finish reason, and is one.
      if (finish === undefined && !refused) return undefined;
      const completion = chatCompletion({ text, finish, refused, toolCalls: calls.end(), logprobs, reasoning });
      return { completions: [completion], usage: used.usage(), model, id };
    },
  };
}
