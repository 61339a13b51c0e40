import { PARIS, delta, weatherCall } from "./served-shape.ts";
import type { ServedShape } from "./served-shape.ts";

const chunk = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1_785_000_000 };
const whole = { id: "chatcmpl-1", object: "chat.completion", created: 1_785_000_000 };
const TIMINGS = { prompt_ms: 17.92, prompt_per_token_ms: 17.92, prompt_per_second: 55.8, predicted_ms: 26.2 };

/** Chat Completions of servers on one's own machine. */
export const OWN_MACHINE: readonly ServedShape[] = [
  {
    server: "vLLM",
    api: "chat",
    version: "main of 2026 (002032e)",
    source: "vllm-project/vllm, vllm/entrypoints/openai/chat_completion/protocol.py",
    whole: {
      body: {
        ...whole,
        model: "Qwen/Qwen3-0.6B",
        choices: [
          {
            index: 0,
            message: {
              role: "assistant",
              content: "Paris.",
              refusal: null,
              annotations: null,
              audio: null,
              function_call: null,
              reasoning: "It is Paris.",
            },
            logprobs: null,
            finish_reason: "stop",
            stop_reason: null,
            token_ids: null,
            routed_experts: null,
          },
        ],
        service_tier: null,
        system_fingerprint: null,
        usage: { prompt_tokens: 15, total_tokens: 102, completion_tokens: 87, prompt_tokens_details: null },
        prompt_logprobs: null,
        prompt_token_ids: null,
        kv_transfer_params: null,
      },
      completion: { ...PARIS, reasoning: "It is Paris." },
      usage: { inputTokens: 15, outputTokens: 87 },
    },
    streamed: {
      events: [
        {
          ...chunk,
          choices: [delta({ role: "assistant", content: "" }, null, { logprobs: null })],
          prompt_token_ids: null,
        },
        { ...chunk, choices: [delta({ reasoning: "Hm." }, null, { logprobs: null, token_ids: null })] },
        { ...chunk, choices: [delta({ content: "Paris." }, null, { logprobs: null, token_ids: null })] },
        { ...chunk, choices: [delta({ content: "" }, "stop", { logprobs: null, stop_reason: null, token_ids: null })] },
        { ...chunk, choices: [], usage: { prompt_tokens: 15, total_tokens: 21, completion_tokens: 6 } },
      ],
      completion: { ...PARIS, reasoning: "Hm." },
      usage: { inputTokens: 15, outputTokens: 6 },
    },
  },
  {
    server: "SGLang",
    api: "chat",
    version: "main of 2026 (004c82e)",
    source: "sgl-project/sglang, python/sglang/srt/entrypoints/openai/protocol.py",
    whole: {
      body: {
        ...whole,
        id: "8985b0de",
        model: "deepseek-ai/DeepSeek-V4-Flash",
        choices: [
          {
            index: 0,
            message: { role: "assistant", content: "", reasoning_content: "Hm.", tool_calls: null },
            logprobs: null,
            finish_reason: "length",
            matched_stop: null,
          },
        ],
        // One more token of reasoning than of the answer.
        usage: {
          prompt_tokens: 75,
          total_tokens: 99,
          completion_tokens: 24,
          prompt_tokens_details: null,
          reasoning_tokens: 25,
        },
        metadata: { weight_version: "default" },
      },
      completion: { text: "", finishReason: "length", reasoning: "Hm." },
      usage: { inputTokens: 75, outputTokens: 24, reasoningTokens: 24 },
    },
    streamed: {
      events: [
        {
          ...chunk,
          choices: [
            delta({ role: "assistant", content: "", reasoning_content: null, tool_calls: null }, null, {
              logprobs: null,
              matched_stop: null,
            }),
          ],
          usage: null,
        },
        {
          ...chunk,
          choices: [
            delta({ role: null, content: "Paris.", reasoning_content: null, tool_calls: null }, null, {
              logprobs: null,
              matched_stop: null,
            }),
          ],
          usage: null,
        },
        {
          ...chunk,
          choices: [delta({ role: null, content: null }, "stop", { logprobs: null, matched_stop: 151_645 })],
          usage: null,
        },
        {
          ...chunk,
          choices: [],
          usage: {
            prompt_tokens: 11,
            total_tokens: 14,
            completion_tokens: 3,
            prompt_tokens_details: null,
            reasoning_tokens: 0,
          },
        },
      ],
      completion: PARIS,
      usage: { inputTokens: 11, outputTokens: 3 },
    },
  },
  {
    server: "llama-server",
    api: "chat",
    version: "llama.cpp, main of 2026 (00efb3e)",
    source: "ggml-org/llama.cpp, tools/server/server-task.cpp (to_json_oaicompat_chat, to_json_oaicompat_chat_stream)",
    whole: {
      body: {
        choices: [
          {
            finish_reason: "stop",
            index: 0,
            message: { role: "assistant", reasoning_content: "It is Paris.", content: "Paris." },
          },
        ],
        created: 1_785_000_000,
        model: "qwen3",
        system_fingerprint: "b6510-703f9e32",
        object: "chat.completion",
        usage: { completion_tokens: 326, prompt_tokens: 14, total_tokens: 340 },
        id: "chatcmpl-1",
        timings: { cache_n: 13, prompt_n: 1, predicted_n: 326, ...TIMINGS },
      },
      completion: { ...PARIS, reasoning: "It is Paris." },
      usage: { inputTokens: 14, outputTokens: 326, cachedInputTokens: 13 },
    },
    streamed: {
      events: [
        { choices: [delta({ role: "assistant", content: null })], ...chunk, system_fingerprint: "b6510" },
        { choices: [delta({ content: "Paris." })], ...chunk, system_fingerprint: "b6510" },
        // Where no usage is asked for, or the server is too old to know it.
        {
          choices: [delta({}, "stop")],
          ...chunk,
          system_fingerprint: "b6510",
          timings: { cache_n: 3, prompt_n: 11, predicted_n: 3, ...TIMINGS },
        },
      ],
      completion: PARIS,
      usage: { inputTokens: 14, outputTokens: 3, cachedInputTokens: 3 },
    },
  },
  {
    server: "Ollama",
    api: "chat",
    version: "main of 2026 (0098875)",
    source: "ollama/ollama, openai/openai.go (ToChatCompletion, ToChunk)",
    whole: {
      body: {
        ...whole,
        model: "qwen3:8b",
        system_fingerprint: "fp_ollama",
        choices: [
          {
            index: 0,
            message: {
              role: "assistant",
              content: "",
              tool_calls: [
                {
                  id: "call_m",
                  index: 0,
                  type: "function",
                  function: { name: "weather", arguments: '{"city":"Oslo"}' },
                },
              ],
            },
            finish_reason: "tool_calls",
          },
        ],
        usage: { prompt_tokens: 22, completion_tokens: 73, total_tokens: 95 },
      },
      completion: weatherCall("call_m", '{"city":"Oslo"}'),
      usage: { inputTokens: 22, outputTokens: 73 },
    },
    streamed: {
      events: [
        {
          ...chunk,
          system_fingerprint: "fp_ollama",
          choices: [delta({ role: "assistant", content: "", reasoning: "Hm." })],
        },
        { ...chunk, system_fingerprint: "fp_ollama", choices: [delta({ role: "assistant", content: "Paris." })] },
        { ...chunk, system_fingerprint: "fp_ollama", choices: [delta({ role: "assistant", content: "" }, "stop")] },
        {
          ...chunk,
          system_fingerprint: "fp_ollama",
          choices: [],
          usage: { prompt_tokens: 16, completion_tokens: 24, total_tokens: 40 },
        },
      ],
      completion: { ...PARIS, reasoning: "Hm." },
      usage: { inputTokens: 16, outputTokens: 24 },
    },
  },
];
