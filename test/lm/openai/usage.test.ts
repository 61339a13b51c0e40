import { expect, test } from "vitest";
import { readUsage, usageReader } from "../../../src/lm/openai/usage.ts";

const plain = (input: number, output: number, more: object = {}) => ({
  inputTokens: input,
  outputTokens: output,
  totalTokens: input + output,
  ...more,
});
const cached = (cached_tokens: number) => ({ prompt_tokens_details: { cached_tokens } });
const reasoning = (reasoning_tokens: number) => ({ completion_tokens_details: { reasoning_tokens } });
const chat = (prompt_tokens: number, completion_tokens: number, total_tokens: number, more: object = {}) => ({
  usage: { prompt_tokens, completion_tokens, total_tokens, ...more },
});

test.each<[string, object, object]>([
  ["none", {}, plain(0, 0)],
  [
    "OpenAI's",
    chat(12, 30, 42, { ...cached(4), ...reasoning(6) }),
    plain(12, 30, { cachedInputTokens: 4, reasoningTokens: 6 }),
  ],
  [
    "cached tokens beside the prompt's",
    chat(12, 30, 42, cached(17_102)),
    plain(17_114, 30, { cachedInputTokens: 17_102 }),
  ],
  ["the same in the total", chat(100, 30, 170, cached(40)), plain(140, 30, { cachedInputTokens: 40 })],
  [
    "reasoning beside the completion's, in the total",
    chat(12, 2, 334, reasoning(320)),
    plain(12, 322, { reasoningTokens: 320 }),
  ],
  ["reasoning beside the completion's", chat(12, 2, 14, reasoning(320)), plain(12, 322, { reasoningTokens: 320 })],
  [
    "reasoning that is counted differently",
    chat(75, 24, 99, { reasoning_tokens: 25 }),
    plain(75, 24, { reasoningTokens: 24 }),
  ],
  ["reasoning in the total alone", chat(11, 24, 561), plain(11, 550, { reasoningTokens: 526 })],
  [
    "both beside",
    chat(10, 5, 45, { ...cached(20), ...reasoning(10) }),
    plain(30, 15, { cachedInputTokens: 20, reasoningTokens: 10 }),
  ],
  ["a total that is wrong", chat(10, 5, 99, reasoning(2)), plain(10, 5, { reasoningTokens: 2 })],
  ["a total that is no number of tokens", chat(10, 5, 1e12), plain(10, 5)],
  ["no input but in the total", { usage: { completion_tokens: 5, total_tokens: 15 } }, plain(10, 5)],
  [
    "Anthropic's",
    { usage: { input_tokens: 5, cache_read_input_tokens: 3, cache_creation_input_tokens: 4, output_tokens: 7 } },
    plain(12, 7, { cachedInputTokens: 3 }),
  ],
  [
    "Anthropic's beside OpenAI's",
    chat(12, 7, 19, { cache_read_input_tokens: 3 }),
    plain(12, 7, { cachedInputTokens: 3 }),
  ],
  ["DeepSeek's", chat(12, 7, 19, { prompt_cache_hit_tokens: 3 }), plain(12, 7, { cachedInputTokens: 3 })],
  ["Moonshot's", chat(12, 7, 19, { cached_tokens: 3 }), plain(12, 7, { cachedInputTokens: 3 })],
  ["in JavaScript's spelling", { usage: { promptTokens: 12, completionTokens: 7, totalTokens: 19 } }, plain(12, 7)],
  [
    "Gemini's own",
    { usageMetadata: { promptTokenCount: 12, candidatesTokenCount: 7, thoughtsTokenCount: 4, totalTokenCount: 23 } },
    plain(12, 11, { reasoningTokens: 4 }),
  ],
  [
    "Cohere's own",
    { usage: { billed_units: { input_tokens: 1 }, tokens: { input_tokens: 12, output_tokens: 7 } } },
    plain(12, 7),
  ],
  ["Groq's", { x_groq: { id: "r", usage: { prompt_tokens: 12, completion_tokens: 7 } } }, plain(12, 7)],
  ["llama-server's", { timings: { cache_n: 5, prompt_n: 7, predicted_n: 3 } }, plain(12, 3, { cachedInputTokens: 5 })],
  ["in the choice", { choices: [{ usage: { prompt_tokens: 12, completion_tokens: 7 } }] }, plain(12, 7)],
  ["of no numbers", { usage: { prompt_tokens: "12", completion_tokens: null, total_tokens: Number.NaN } }, plain(0, 0)],
])("%s", (_what, body, expected) => {
  expect(readUsage(body as Readonly<Record<string, unknown>>)).toEqual(expected);
});

test("told in several places, the last count that is one goes before", () => {
  const reader = usageReader();
  expect(reader.told).toBe(false);
  reader.push({ usage: null });
  expect(reader.told).toBe(false);
  // The prompt first, a running count, the end, and zeros at last.
  reader.push({ usage: { prompt_tokens: 12, prompt_tokens_details: { cached_tokens: 4 } } });
  reader.push({ usage: { prompt_tokens: 12, completion_tokens: 3 } });
  reader.push({ usage: { completion_tokens: 7 } });
  reader.push({
    usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0, prompt_tokens_details: { cached_tokens: 0 } },
  });
  expect(reader.told).toBe(true);
  expect(reader.usage()).toEqual(plain(12, 7, { cachedInputTokens: 4 }));
});
