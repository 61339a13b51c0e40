import { writeChatBody } from "./chat-request.ts";
import { readChatAnswer } from "./chat-response.ts";
import { chatEvents } from "./chat-stream.ts";
import type { OpenAiProtocol } from "./protocol.ts";
import { writeResponsesBody } from "./responses-request.ts";
import { readResponsesAnswer } from "./responses-response.ts";
import { responsesEvents } from "./responses-stream.ts";
import { isRecord, memberOf, readString } from "../read-json.ts";
import { errorIn, errorInResponse } from "../said/error-in.ts";

/** Chat Completions, which nearly every server speaks, or OpenAI's Responses API. */
export type OpenAiApi = "chat" | "responses";

export const PROTOCOLS: Readonly<Record<OpenAiApi, OpenAiProtocol>> = Object.freeze({
  chat: Object.freeze({
    path: "/chat/completions",
    write: writeChatBody,
    read: readChatAnswer,
    readEvents: chatEvents,
    errorIn: (told: unknown) => errorIn(told) ?? errorInChoice(told) ?? errorAtGroq(told),
  }),
  responses: Object.freeze({
    path: "/responses",
    write: writeResponsesBody,
    read: readResponsesAnswer,
    readEvents: responsesEvents,
    errorIn: errorInResponse,
  }),
});

/** OpenRouter tells in the choice what its upstream failed with, behind what had come of the answer. */
function errorInChoice(told: unknown): unknown {
  const choices = memberOf(told, "choices");
  const error = Array.isArray(choices) && choices.length === 1 ? memberOf(choices[0], "error") : undefined;
  return isRecord(error) ? { error } : undefined;
}

/** Groq says in words of its own why it stopped in the middle of a stream. */
function errorAtGroq(told: unknown): unknown {
  const error = readString(memberOf(memberOf(told, "x_groq"), "error"));
  return error === undefined ? undefined : { error };
}
