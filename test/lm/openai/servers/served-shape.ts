import type { LmCompletion, LmUsage } from "../../../../src/lm/language-model.ts";
import type { OpenAiApi } from "../../../../src/lm/openai/protocols.ts";

/** What one server answers: the structure as its source shows it, with values of our own. docs/servers.md has a row for each. */
export interface ServedShape {
  readonly server: string;
  readonly api: OpenAiApi;
  /** Of the server or of the model that answered, or when it was recorded. */
  readonly version: string;
  /** Where the structure is from. */
  readonly source: string;
  readonly whole?: ServedAnswer & { readonly body: object };
  /** Events are objects; a text goes out as it is. */
  readonly streamed?: ServedAnswer & { readonly events: readonly (object | string)[]; readonly done?: boolean };
}

/** What is to be read from it. */
export interface ServedAnswer {
  readonly completion: LmCompletion;
  readonly usage: Omit<LmUsage, "totalTokens">;
}

export const PARIS: LmCompletion = { text: "Paris.", finishReason: "stop" };

/** A call of the tool that all of them are asked about. */
export function weatherCall(id: string, args: string): LmCompletion {
  return { text: "", finishReason: "tool_calls", toolCalls: [{ id, name: "weather", arguments: args }] };
}

/** A choice's part of an event. */
export const delta = (delta: object, finish_reason: string | null = null, more: object = {}) => ({
  index: 0,
  delta,
  finish_reason,
  ...more,
});
