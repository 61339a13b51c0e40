import { textOf } from "../message.ts";
import type { LmContentPart, LmMessage, LmToolCall } from "../message.ts";
import { openAiFile } from "./file.ts";
import { callIdOf, isTextOnly, notSendable, onlyText, partsOf } from "../sendable.ts";

/**
 * A message as Chat Completions has it.
 * @throws LmError `bad_request` that names a part which the protocol has no word for
 */
export function writeChatMessage(message: LmMessage): object {
  const { role, content, toolCalls } = message;
  switch (role) {
    case "user":
      // Text alone goes as text: not every server knows parts.
      return { role, content: isTextOnly(content) ? textOf(content) : partsOf(content).map(writePart) };
    case "system":
      return { role, content: onlyText(content, "a system message") };
    case "tool":
      return { role, content: onlyText(content, "a tool's answer"), tool_call_id: callIdOf(message) };
    case "assistant": {
      const text = onlyText(content, "an assistant's turn");
      if (toolCalls === undefined || toolCalls.length === 0) return { role, content: text };
      return { role, content: text === "" ? null : text, tool_calls: toolCalls.map(writeToolCall) };
    }
  }
}

function writePart(part: LmContentPart): object {
  switch (part.type) {
    case "text":
      return { type: "text", text: part.text };
    case "image":
      return { type: "image_url", image_url: { url: part.url } };
    case "audio":
      return { type: "input_audio", input_audio: { data: part.data, format: part.format } };
    case "file": {
      const file = openAiFile(part);
      if (file.file_url === undefined) return { type: "file", file };
      throw notSendable("a part of type file by its address, which Chat Completions does not fetch: give a data: URL");
    }
  }
}

function writeToolCall({ id, name, arguments: text }: LmToolCall): object {
  return { id, type: "function", function: { name, arguments: text } };
}
