import { writeChatBody } from "./chat-request.ts";
import { readChatAnswer } from "./chat-response.ts";
import { chatEvents } from "./chat-stream.ts";
import type { OpenAiProtocol } from "./protocol.ts";
import { writeResponsesBody } from "./responses-request.ts";
import { readResponsesAnswer } from "./responses-response.ts";
import { responsesEvents } from "./responses-stream.ts";
import { errorIn, errorInResponse } from "../said/error-in.ts";

/** Chat Completions, which nearly every server speaks, or OpenAI's Responses API. */
export type OpenAiApi = "chat" | "responses";

export const PROTOCOLS: Readonly<Record<OpenAiApi, OpenAiProtocol>> = Object.freeze({
  chat: Object.freeze({
    path: "/chat/completions",
    write: writeChatBody,
    read: readChatAnswer,
    readEvents: chatEvents,
    errorIn,
  }),
  responses: Object.freeze({
    path: "/responses",
    write: writeResponsesBody,
    read: readResponsesAnswer,
    readEvents: responsesEvents,
    errorIn: errorInResponse,
  }),
});
