import { LmError } from "./failure.ts";
import type { LmRequest } from "./language-model.ts";
import { textOf } from "./message.ts";
import type { LmContent, LmContentPart, LmMessage } from "./message.ts";

/**
 * Of an engine that serves one model: another one is not to be had from it.
 * @throws LmError `bad_request`
 */
export function refuseOtherModel({ model }: Pick<LmRequest, "model">, own: string): void {
  if (model === undefined || model === own) return;
  throw new LmError(`this client serves ${own} alone, and not the model "${model}" that the request names`, {
    code: "bad_request",
  });
}

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
