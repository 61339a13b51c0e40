// An open model of the plainest kind: it always gives the same answer.
import type { LanguageModel, LmChunk, LmResponse } from "../../src/lm/language-model.ts";

export function scriptedModel(answer: Partial<LmResponse>): LanguageModel {
  const response: LmResponse = {
    completions: [{ text: "hello", finishReason: "stop" }],
    usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
    model: "m-1",
    id: "id-1",
    ...answer,
  };
  return {
    provider: "scripted",
    model: response.model,
    capabilities: { schema: false, tools: false, prefill: false, grammar: false },
    generate: async () => response,
    async *stream(): AsyncGenerator<LmChunk> {
      yield { type: "text", text: "hello" };
      yield { type: "done", response };
    },
    close: async () => {},
  };
}
