import { LmError } from "./failure.ts";
import type { LmMessage, LmRole } from "./message.ts";

/** A turn of a conversation for models that know nothing but text. */
export interface PlainTurn {
  readonly role: Exclude<LmRole, "tool">;
  readonly content: string;
}

/**
 * The conversation in text alone.
 * @throws LmError `bad_request` that names the first thing in it that is none: an image, a tool's answer, …
 */
export function plainTurns(messages: readonly LmMessage[], provider: string): readonly PlainTurn[] {
  return messages.map(({ role, content, toolCalls }) => {
    if (role === "tool" || toolCalls !== undefined) throw textOnly("a tool call", provider);
    if (typeof content === "string") return { role, content };
    const texts = content.map((part) => {
      if (part.type !== "text") throw textOnly(`a part of type ${part.type}`, provider);
      return part.text;
    });
    return { role, content: texts.join("") };
  });
}

function textOnly(got: string, provider: string): LmError {
  const message = `this model of ${provider} takes text only, and a message holds ${got}`;
  return new LmError(message, { code: "bad_request", provider });
}
