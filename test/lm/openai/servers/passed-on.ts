import { PARIS, delta } from "./served-shape.ts";
import type { ServedShape } from "./served-shape.ts";

const chunk = { id: "gen-1", object: "chat.completion.chunk", created: 1_785_000_000 };
const whole = { id: "gen-1", object: "chat.completion", created: 1_785_000_000 };

/** Chat Completions of those who serve other people's models. */
export const PASSED_ON: readonly ServedShape[] = [
  {
    server: "OpenRouter",
    api: "chat",
    version: "2026",
    source:
      "OpenRouterTeam/ai-sdk-provider, src/chat/schemas.ts (05b5300); openrouter.ai/docs/api-reference/streaming (comments, usage with the last event)",
    whole: {
      body: {
        ...whole,
        provider: "Groq",
        model: "qwen/qwen3-32b",
        choices: [
          {
            index: 0,
            logprobs: null,
            finish_reason: "stop",
            native_finish_reason: "stop",
            message: {
              role: "assistant",
              content: "Paris.",
              refusal: null,
              reasoning: "It is Paris.",
              reasoning_details: [{ type: "reasoning.text", text: "It is Paris.", index: 0, format: null }],
            },
          },
        ],
        usage: {
          prompt_tokens: 9,
          completion_tokens: 10,
          total_tokens: 19,
          cost: 0.000_007,
          cost_details: { upstream_inference_cost: null },
          prompt_tokens_details: { cached_tokens: 0 },
          completion_tokens_details: { reasoning_tokens: 6 },
        },
      },
      completion: { ...PARIS, reasoning: "It is Paris." },
      usage: { inputTokens: 9, outputTokens: 10, reasoningTokens: 6 },
    },
    streamed: {
      events: [
        ": OPENROUTER PROCESSING\n\n",
        {
          ...chunk,
          provider: "Groq",
          choices: [delta({ role: "assistant", content: "Par" }, null, { native_finish_reason: null })],
        },
        ": OPENROUTER PROCESSING\n\n",
        {
          ...chunk,
          provider: "Groq",
          choices: [delta({ role: "assistant", content: "is." }, "stop", { native_finish_reason: "stop" })],
        },
        {
          ...chunk,
          provider: "Groq",
          choices: [delta({ role: "assistant", content: "" }, "stop", { native_finish_reason: "stop" })],
          usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15, cost: 0.000_42 },
        },
      ],
      completion: PARIS,
      usage: { inputTokens: 12, outputTokens: 3 },
    },
  },
  {
    server: "Together",
    api: "chat",
    version: "Meta-Llama-3.1-8B-Instruct-Turbo; August 2024",
    source:
      "togethercomputer/together-python, src/together/types/chat_completions.py (065118b); lzell/AIProxySwift, Tests/AIProxyTests/TogetherAIChatCompletionStreamingChunkTests.swift",
    whole: {
      body: {
        ...whole,
        prompt: [],
        model: "meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo",
        choices: [
          {
            index: 0,
            logprobs: null,
            finish_reason: "eos",
            message: { role: "assistant", content: "Paris.", tool_calls: null },
          },
        ],
        usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 },
      },
      completion: PARIS,
      usage: { inputTokens: 12, outputTokens: 3 },
    },
    streamed: {
      events: [
        {
          ...chunk,
          choices: [
            {
              index: 0,
              text: "Paris",
              logprobs: null,
              finish_reason: null,
              seed: null,
              delta: { token_id: 30, role: "assistant", content: "Paris", tool_calls: null },
            },
          ],
          usage: null,
        },
        {
          ...chunk,
          choices: [
            {
              index: 0,
              text: ".",
              logprobs: null,
              finish_reason: "eos",
              seed: 2_039_908,
              delta: { token_id: 128_009, role: "assistant", content: ".", tool_calls: null },
            },
          ],
          usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 },
        },
      ],
      completion: PARIS,
      usage: { inputTokens: 12, outputTokens: 3 },
    },
  },
  {
    server: "Fireworks",
    api: "chat",
    version: "API of the Python SDK, 2026 (271c181)",
    source:
      "fw-ai-external/python-sdk, src/fireworks/types/chat/completion_create_response.py, chat_completion_chunk.py",
    whole: {
      body: {
        ...whole,
        model: "accounts/fireworks/models/gpt-oss-20b",
        choices: [
          {
            index: 0,
            message: { role: "assistant", content: "Paris.", reasoning_content: "It is Paris." },
            finish_reason: "stop",
            raw_output: null,
            token_ids: null,
          },
        ],
        usage: {
          prompt_tokens: 20,
          total_tokens: 26,
          completion_tokens: 6,
          prompt_tokens_details: { cached_tokens: 16 },
        },
        perf_metrics: null,
        prompt_token_ids: null,
      },
      completion: { ...PARIS, reasoning: "It is Paris." },
      usage: { inputTokens: 20, outputTokens: 6, cachedInputTokens: 16 },
    },
    streamed: {
      events: [
        { ...chunk, choices: [delta({ role: "assistant" })], usage: null },
        { ...chunk, choices: [delta({ reasoning_content: "Hm." })], usage: null },
        { ...chunk, choices: [delta({ content: "Paris." })], usage: null },
        {
          ...chunk,
          choices: [delta({}, "stop")],
          perf_metrics: { "prompt-tokens": "20" },
          usage: {
            prompt_tokens: 20,
            total_tokens: 26,
            completion_tokens: 6,
            prompt_tokens_details: { cached_tokens: 0 },
          },
        },
      ],
      completion: { ...PARIS, reasoning: "Hm." },
      usage: { inputTokens: 20, outputTokens: 6 },
    },
  },
];
