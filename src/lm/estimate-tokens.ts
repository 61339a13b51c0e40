import type { LmRequest } from "./language-model.ts";

/** Tokens that an answer is taken to have where a request does not bound it. */
export const DEFAULT_OUTPUT_TOKENS = 500;

const CHARACTERS_PER_TOKEN = 4;

/** What a part that is not text is taken for: about what an image of a million pixels costs with OpenAI. */
const TOKENS_PER_PART = 800;

/**
 * The prompt's tokens by its length, its tools included: a quarter of its characters, rounded up, which is about right for
 * English.
 */
export function estimateInputTokens({ messages, tools }: LmRequest): number {
  let characters = tools === undefined || tools.length === 0 ? 0 : JSON.stringify(tools).length;
  let parts = 0;
  for (const { content, toolCalls } of messages) {
    for (const call of toolCalls ?? []) characters += call.name.length + call.arguments.length;
    if (typeof content === "string") characters += content.length;
    else
      for (const part of content) {
        if (part.type === "text") characters += part.text.length;
        else parts += 1;
      }
  }
  return Math.ceil(characters / CHARACTERS_PER_TOKEN) + parts * TOKENS_PER_PART;
}

/** The tokens that its answer may have: `maxTokens` for each completion (else {@link DEFAULT_OUTPUT_TOKENS}). */
export function outputRoom({ maxTokens = DEFAULT_OUTPUT_TOKENS, n = 1 }: LmRequest): number {
  return maxTokens * n;
}

/** What a request will cost in tokens, before it is made: its prompt, and its answer's room. */
export function estimateTokens(request: LmRequest): number {
  return estimateInputTokens(request) + outputRoom(request);
}
