import type { AiSdkCallOptions, AiSdkMessage } from "./ai-sdk-model.ts";
import type { LmRequest, LmResponseFormat } from "./language-model.ts";
import { plainTurns, type PlainTurn } from "./plain-turns.ts";

/** A request as the AI SDK's models take it; what has no word there (`n`, grammars, `repeatPenalty`) is left out. */
export function writeCallOptions(request: LmRequest): AiSdkCallOptions {
  const { messages, maxTokens, temperature, stop, seed, responseFormat } = request;
  return {
    prompt: plainTurns(messages, "the AI SDK").map(writeMessage),
    ...(maxTokens !== undefined && { maxOutputTokens: maxTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(stop !== undefined && stop.length > 0 && { stopSequences: [...stop] }),
    ...(seed !== undefined && { seed }),
    ...(responseFormat && { responseFormat: writeFormat(responseFormat) }),
  };
}

function writeMessage({ role, content }: PlainTurn): AiSdkMessage {
  return role === "system" ? { role, content } : { role, content: [{ type: "text", text: content }] };
}

function writeFormat(format: LmResponseFormat): NonNullable<AiSdkCallOptions["responseFormat"]> {
  return format.type === "json_object" ? { type: "json" } : { type: "json", schema: format.schema, name: format.name };
}
