import { LmError } from "./failure.ts";
import { textOf } from "./message.ts";
import type { LmContent, LmContentPart, LmMessage } from "./message.ts";

/** What writers of requests need to know of contents, and how they turn down what they have no words for. */

/** A message that the model has no words for; `what` names the part. */
export function notSendable(what: string): LmError {
  return new LmError(`a message holds what cannot be sent: ${what}`, { code: "bad_request" });
}

export function partsOf(content: LmContent): readonly LmContentPart[] {
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}

export function isTextOnly(content: LmContent): boolean {
  return typeof content === "string" || content.every(({ type }) => type === "text");
}

/** @throws LmError `bad_request` that names the first part that is no text */
export function onlyText(content: LmContent, where: string): string {
  const other = partsOf(content).find(({ type }) => type !== "text");
  if (other !== undefined) throw notSendable(`a part of type ${other.type} in ${where}, which takes text only`);
  return textOf(content);
}

/** @throws LmError `bad_request` where there is none */
export function callIdOf({ toolCallId }: LmMessage): string {
  if (toolCallId === undefined) throw notSendable("a tool's answer without the id of its call (toolCallId)");
  return toolCallId;
}
