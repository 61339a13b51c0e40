import type { LmFinishReason, LmResponse } from "../../src/lm/language-model.ts";

/** An answer with this text, as a model would give it. */
export function cachedResponse(text: string, finishReason: LmFinishReason = "stop"): LmResponse {
  return {
    completions: [{ text, finishReason }],
    usage: { inputTokens: 7, outputTokens: 3, totalTokens: 10 },
    model: "test-model",
    id: `id of ${text.slice(0, 20)}`,
  };
}
