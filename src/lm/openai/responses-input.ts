import { textOf } from "../message.ts";
import type { LmContentPart, LmMessage } from "../message.ts";
import { openAiFile } from "./file.ts";
import { callIdOf, isTextOnly, notSendable, onlyText, partsOf } from "../sendable.ts";

/**
 * A conversation as the Responses API has it: the system's messages at its beginning are `instructions`, each other message
 * is an item, and so is each call of a tool.
 *
 * @throws LmError `bad_request` that names a part which the protocol has no word for
 */
export function writeInput(messages: readonly LmMessage[]): {
  readonly instructions?: string;
  readonly input: readonly object[];
} {
  const first = messages.findIndex(({ role }) => role !== "system");
  // There must be some input: a system's message that is alone is one.
  const opening = first < 0 ? [] : messages.slice(0, first);
  const instructions = opening.map(({ content }) => onlyText(content, "a system message")).join("\n\n");
  return {
    ...(opening.length > 0 && { instructions }),
    input: messages.slice(opening.length).flatMap(writeItems),
  };
}

function writeItems(message: LmMessage): readonly object[] {
  const { role, content, toolCalls = [] } = message;
  switch (role) {
    case "system":
      return [{ role, content: [{ type: "input_text", text: onlyText(content, "a system message") }] }];
    case "user":
      return [{ role, content: partsOf(content).map(writePart) }];
    case "tool": {
      const output = isTextOnly(content) ? textOf(content) : partsOf(content).map(writePart);
      return [{ type: "function_call_output", call_id: callIdOf(message), output }];
    }
    case "assistant": {
      const text = onlyText(content, "an assistant's turn");
      const said = text === "" && toolCalls.length > 0 ? [] : [{ role, content: [{ type: "output_text", text }] }];
      const calls = toolCalls.map(({ id, name, arguments: given }) => {
        return { type: "function_call", call_id: id, name, arguments: given };
      });
      return [...said, ...calls];
    }
  }
}

function writePart(part: LmContentPart): object {
  switch (part.type) {
    case "text":
      return { type: "input_text", text: part.text };
    case "image":
      return { type: "input_image", image_url: part.url, detail: "auto" };
    case "file":
      return { type: "input_file", ...openAiFile(part) };
    case "audio":
      throw notSendable("a part of type audio, which the Responses API does not take: use Chat Completions");
  }
}
