import type { LmMessage, LmTool } from "../message.ts";
import { writeChatMessage } from "./chat-parts.ts";
import { writeTool } from "./chat-request.ts";

interface Row {
  readonly messages: readonly LmMessage[];
  readonly tools?: readonly LmTool[];
}

/**
 * Conversations in the layout of OpenAI's chat fine-tuning, which most trainers read: JSON, one on each line.
 * @throws LmError `bad_request` that names a part of a message which the layout has no word for
 */
export function trainingLines(rows: readonly Row[]): string {
  const lines = rows.map(({ messages, tools = [] }) =>
    JSON.stringify({
      messages: messages.map(writeChatMessage),
      ...(tools.length > 0 && { tools: tools.map(writeTool) }),
    }),
  );
  return lines.map((line) => `${line}\n`).join("");
}
