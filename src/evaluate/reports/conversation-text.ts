import type { LmContent, LmMessage, LmToolCall } from "../../lm/message.ts";
import type { Exchange, TraceStep } from "../../programs/prediction.ts";
import type { TrialRow } from "../report.ts";
import { shownValue } from "./shown-value.ts";

/** A turn of a conversation with a model, as text. */
export interface Turn {
  readonly role: string;
  readonly text: string;
}

export interface Conversation {
  readonly title: string;
  readonly turns: readonly Turn[];
}

/**
 * What models saw and said in a trial: every exchange where it was traced, also of one that failed; else the conversation as
 * it was last sent. Of a program that failed without a trace, the answer that could not be read, where there was one.
 */
export function conversationsOf({ prediction, error, trace }: TrialRow): readonly Conversation[] {
  const meta = prediction?.$meta;
  const steps = (trace ?? meta?.trace)?.flatMap(stepConversations) ?? [];
  if (steps.length > 0) return steps;
  if (meta !== undefined && meta.messages.length > 0)
    return [{ title: `${meta.model} (${meta.client})`, turns: meta.messages.map(messageTurn) }];
  const raw = error?.details["raw"];
  return typeof raw === "string" ? [{ title: "could not be read", turns: [{ role: "assistant", text: raw }] }] : [];
}

function stepConversations({ kind, path, exchanges, error }: TraceStep): readonly Conversation[] {
  const failure = error === undefined ? [] : [{ role: "failure", text: error.message }];
  return exchanges.map((exchange, at) => ({
    title: `${path} (${kind}), ${exchange.client}${exchanges.length > 1 ? `, request ${at + 1}` : ""}`,
    turns: [...exchangeTurns(exchange), ...(at === exchanges.length - 1 ? failure : [])],
  }));
}

function exchangeTurns({ request, response, error, problem }: Exchange): readonly Turn[] {
  return [
    ...request.messages.map(messageTurn),
    ...(response?.completions ?? []).map(({ text, toolCalls }) => ({
      role: "answer",
      text: [text, ...callTexts(toolCalls)].filter((part) => part !== "").join("\n"),
    })),
    ...(error === undefined ? [] : [{ role: "failure", text: error.message }]),
    ...(problem === undefined ? [] : [{ role: "could not be read", text: problem }]),
  ];
}

function messageTurn({ role, content, toolCalls }: LmMessage): Turn {
  return { role, text: [contentText(content), ...callTexts(toolCalls)].filter((part) => part !== "").join("\n") };
}

function contentText(content: LmContent): string {
  if (typeof content === "string") return content;
  return content.map((part) => (part.type === "text" ? part.text : shownValue(part))).join("\n");
}

function callTexts(calls: readonly LmToolCall[] = []): readonly string[] {
  return calls.map(({ name, arguments: given }) => `→ ${name}(${given})`);
}
