import { PARIS, delta, weatherCall } from "./served-shape.ts";
import type { ServedShape } from "./served-shape.ts";

const AI_SDK = "vercel/ai, packages";
const chunk = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1_785_000_000 };
const whole = { id: "chatcmpl-1", object: "chat.completion", created: 1_785_000_000 };

const FILTERS = { hate: { filtered: false, severity: "safe" }, violence: { filtered: false, severity: "safe" } };

/** Chat Completions as the makers of models serve them. */
export const HOSTED: readonly ServedShape[] = [
  {
    server: "OpenAI",
    api: "chat",
    version: "gpt-4.1-nano-2025-04-14, gpt-4o-2024-08-06; 2026",
    source: `${AI_SDK}/openai/src/chat/__fixtures__/openai-text.json, packages/openai-compatible/src/chat/__fixtures__/issue-15789-step-1.chunks.txt`,
    whole: {
      body: {
        ...whole,
        model: "gpt-4.1-nano-2025-04-14",
        choices: [
          {
            index: 0,
            message: { role: "assistant", content: "Paris.", refusal: null, annotations: [] },
            logprobs: null,
            finish_reason: "stop",
          },
        ],
        usage: {
          prompt_tokens: 16,
          completion_tokens: 3,
          total_tokens: 19,
          prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
          completion_tokens_details: {
            reasoning_tokens: 0,
            audio_tokens: 0,
            accepted_prediction_tokens: 0,
            rejected_prediction_tokens: 0,
          },
        },
        service_tier: "default",
        system_fingerprint: "fp_1",
      },
      completion: PARIS,
      usage: { inputTokens: 16, outputTokens: 3 },
    },
    streamed: {
      events: [
        {
          ...chunk,
          choices: [delta({ role: "assistant", content: "", refusal: null }, null, { logprobs: null })],
          obfuscation: "a",
        },
        {
          ...chunk,
          choices: [
            delta({
              tool_calls: [{ index: 0, id: "call_N", type: "function", function: { name: "weather", arguments: "" } }],
            }),
          ],
          obfuscation: "ab",
        },
        {
          ...chunk,
          choices: [delta({ tool_calls: [{ index: 0, function: { arguments: "{}" } }] })],
          obfuscation: "abc",
        },
        { ...chunk, choices: [delta({}, "tool_calls", { logprobs: null })], obfuscation: "c" },
        {
          ...chunk,
          choices: [],
          usage: {
            prompt_tokens: 58,
            completion_tokens: 12,
            total_tokens: 70,
            prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
            completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
          },
          obfuscation: "d",
        },
      ],
      completion: weatherCall("call_N", "{}"),
      usage: { inputTokens: 58, outputTokens: 12 },
    },
  },
  {
    server: "Azure OpenAI",
    api: "chat",
    version: "gpt-4; November 2025",
    source: `${AI_SDK}/openai-compatible/src/chat/__fixtures__/azure-text.chunks.txt`,
    streamed: {
      events: [
        {
          choices: [],
          created: 0,
          id: "",
          model: "",
          object: "",
          prompt_filter_results: [{ prompt_index: 0, content_filter_results: FILTERS }],
        },
        {
          ...chunk,
          model: "gpt-4",
          choices: [
            { ...delta({ content: "", refusal: null, role: "assistant" }), content_filter_results: {}, logprobs: null },
          ],
          usage: null,
        },
        {
          ...chunk,
          model: "gpt-4",
          choices: [{ ...delta({ content: "Paris." }), content_filter_results: FILTERS }],
          usage: null,
        },
        { ...chunk, model: "gpt-4", choices: [{ ...delta({}, "stop"), content_filter_results: {} }], usage: null },
        {
          ...chunk,
          model: "gpt-4",
          choices: [
            {
              content_filter_offsets: { check_offset: 0, start_offset: 0, end_offset: 6 },
              content_filter_results: FILTERS,
              finish_reason: null,
              index: 0,
            },
          ],
        },
        {
          ...chunk,
          model: "gpt-4",
          choices: [],
          usage: {
            completion_tokens: 5,
            prompt_tokens: 15,
            prompt_tokens_details: { cached_tokens: 0 },
            total_tokens: 20,
          },
        },
      ],
      completion: PARIS,
      usage: { inputTokens: 15, outputTokens: 5 },
    },
  },
  {
    server: "Google Gemini",
    api: "chat",
    version: "gemini-2.5-flash; November 2025",
    source:
      "SaiGit-source/AIEngineering_JavaPython, CoreConceptsofAI_LLMS/JavaAIDemo_Nov13/src/main/java/org/gemini/GeminiTest.java",
    whole: {
      body: {
        choices: [{ finish_reason: "stop", index: 0, message: { content: "Paris.", role: "assistant" } }],
        created: 1_763_000_000,
        id: "ccAX",
        model: "gemini-2.5-flash",
        object: "chat.completion",
        // What it thought is in the total alone.
        usage: { completion_tokens: 3, prompt_tokens: 18, total_tokens: 671 },
      },
      completion: PARIS,
      usage: { inputTokens: 18, outputTokens: 653, reasoningTokens: 650 },
    },
  },
  {
    server: "Anthropic",
    api: "chat",
    version: "claude-haiku-4-5-20251001",
    source: `${AI_SDK}/openai-compatible/src/chat/__fixtures__/anthropic-fallback-tool-call.sse`,
    streamed: {
      events: [
        { ...chunk, id: "msg_1", created: 0, choices: [delta({ role: "assistant" })] },
        { ...chunk, id: "msg_1", created: 0, choices: [delta({ content: "Let me see." })] },
        {
          ...chunk,
          id: "msg_1",
          created: 0,
          // The first block was its text.
          choices: [
            delta({
              tool_calls: [{ index: 1, id: "toolu_1", type: "function", function: { name: "weather", arguments: "" } }],
            }),
          ],
        },
        {
          ...chunk,
          id: "msg_1",
          created: 0,
          choices: [delta({ tool_calls: [{ index: 1, function: { arguments: "" } }] })],
        },
        {
          ...chunk,
          id: "msg_1",
          created: 0,
          choices: [delta({ tool_calls: [{ index: 1, function: { arguments: '{"ci' } }] })],
        },
        {
          ...chunk,
          id: "msg_1",
          created: 0,
          choices: [delta({ tool_calls: [{ index: 1, function: { arguments: 'ty":"Oslo"}' } }] })],
        },
        { ...chunk, id: "msg_1", created: 0, choices: [delta({}, "tool_calls")] },
      ],
      completion: { ...weatherCall("toolu_1", '{"city":"Oslo"}'), text: "Let me see." },
      usage: { inputTokens: 0, outputTokens: 0 },
    },
  },
  {
    server: "Mistral",
    api: "chat",
    version: "magistral-medium-2507, mistral-small-latest; January 2026",
    source: `${AI_SDK}/mistral/src/__fixtures__/mistral-reasoning.json, mistral-tool-call.chunks.txt`,
    whole: {
      body: {
        id: "a4e2",
        created: 1_769_000_000,
        model: "magistral-medium-2507",
        usage: { prompt_tokens: 10, total_tokens: 56, completion_tokens: 46 },
        object: "chat.completion",
        choices: [
          {
            index: 0,
            finish_reason: "stop",
            message: {
              role: "assistant",
              content: [
                { type: "thinking", thinking: [{ type: "text", text: "It is Paris." }] },
                { type: "text", text: "Paris." },
              ],
            },
          },
        ],
      },
      completion: { ...PARIS, reasoning: "It is Paris." },
      usage: { inputTokens: 10, outputTokens: 46 },
    },
    streamed: {
      events: [
        {
          id: "b399",
          object: "chat.completion.chunk",
          choices: [delta({ role: "assistant", content: "" }, null, { logprobs: null })],
        },
        {
          id: "b399",
          object: "chat.completion.chunk",
          choices: [
            delta(
              {
                content: null,
                tool_calls: [{ id: "gSIM", function: { name: "weather", arguments: '{"city": "Oslo"}' } }],
              },
              "tool_calls",
              { logprobs: null },
            ),
          ],
          usage: { prompt_tokens: 124, total_tokens: 146, completion_tokens: 22 },
        },
      ],
      completion: weatherCall("gSIM", '{"city": "Oslo"}'),
      usage: { inputTokens: 124, outputTokens: 22 },
    },
  },
  {
    server: "Groq",
    api: "chat",
    version: "qwen/qwen3-32b, llama-3.3-70b-versatile; February 2026",
    source: `${AI_SDK}/groq/src/__fixtures__/groq-reasoning.json, groq-tool-call.chunks.txt`,
    whole: {
      body: {
        ...whole,
        model: "qwen/qwen3-32b",
        choices: [
          {
            index: 0,
            message: { role: "assistant", content: "Paris.", reasoning: "It is Paris." },
            logprobs: null,
            finish_reason: "stop",
          },
        ],
        usage: {
          queue_time: 0.33,
          prompt_tokens: 17,
          prompt_time: 0.001,
          completion_tokens: 649,
          completion_time: 1.23,
          total_tokens: 666,
          total_time: 1.24,
          completion_tokens_details: { reasoning_tokens: 570 },
        },
        usage_breakdown: null,
        x_groq: { id: "req_1", seed: 1 },
        service_tier: "on_demand",
      },
      completion: { ...PARIS, reasoning: "It is Paris." },
      usage: { inputTokens: 17, outputTokens: 649, reasoningTokens: 570 },
    },
    streamed: {
      events: [
        {
          ...chunk,
          choices: [delta({ role: "assistant", content: null }, null, { logprobs: null })],
          x_groq: { id: "req_1", seed: 6 },
        },
        {
          ...chunk,
          choices: [
            delta({
              tool_calls: [{ id: "tk85", type: "function", function: { name: "weather", arguments: "{}" }, index: 0 }],
            }),
          ],
        },
        {
          ...chunk,
          choices: [delta({}, "tool_calls", { logprobs: null })],
          x_groq: {
            id: "req_1",
            usage: { queue_time: 0.04, prompt_tokens: 210, completion_tokens: 15, total_tokens: 225 },
          },
          usage: { queue_time: 0.04, prompt_tokens: 210, completion_tokens: 15, total_tokens: 225 },
        },
      ],
      completion: weatherCall("tk85", "{}"),
      usage: { inputTokens: 210, outputTokens: 15 },
    },
  },
  {
    server: "DeepSeek",
    api: "chat",
    version: "deepseek-v4-flash; 2026",
    source: `${AI_SDK}/deepseek/src/chat/__fixtures__/issue-19789-live-usage.json, issue-19789-live-usage.chunks.txt`,
    whole: {
      body: {
        ...whole,
        model: "deepseek-v4-flash",
        choices: [{ index: 0, message: { role: "assistant", content: "Par" }, finish_reason: "length" }],
        usage: {
          prompt_tokens: 88,
          completion_tokens: 4,
          total_tokens: 92,
          prompt_tokens_details: { cached_tokens: 64 },
          completion_tokens_details: { reasoning_tokens: 4 },
          prompt_cache_hit_tokens: 64,
          prompt_cache_miss_tokens: 24,
        },
      },
      completion: { text: "Par", finishReason: "length" },
      usage: { inputTokens: 88, outputTokens: 4, cachedInputTokens: 64, reasoningTokens: 4 },
    },
    streamed: {
      events: [
        ": keep-alive\n\n",
        { ...chunk, choices: [delta({ role: "assistant", content: "" })], usage: null },
        {
          ...chunk,
          choices: [delta({ content: "Par" }, "length")],
          usage: {
            prompt_tokens: 88,
            completion_tokens: 4,
            total_tokens: 92,
            prompt_cache_hit_tokens: 64,
            prompt_cache_miss_tokens: 24,
          },
        },
      ],
      completion: { text: "Par", finishReason: "length" },
      usage: { inputTokens: 88, outputTokens: 4, cachedInputTokens: 64 },
    },
  },
  {
    server: "xAI",
    api: "chat",
    version: "grok-3-mini; February 2026",
    source: `${AI_SDK}/openai-compatible/src/chat/__fixtures__/xai-text.json, packages/xai/src/__fixtures__/xai-tool-call.chunks.txt`,
    whole: {
      body: {
        ...whole,
        model: "grok-3-mini",
        choices: [
          {
            index: 0,
            message: { role: "assistant", content: "Paris.", reasoning_content: "It is Paris.", refusal: null },
            finish_reason: "stop",
          },
        ],
        // Its reasoning stands beside its completion.
        usage: {
          prompt_tokens: 12,
          completion_tokens: 2,
          total_tokens: 334,
          prompt_tokens_details: { text_tokens: 12, audio_tokens: 0, image_tokens: 0, cached_tokens: 2 },
          completion_tokens_details: { reasoning_tokens: 320, audio_tokens: 0 },
          num_sources_used: 0,
          cost_in_usd_ticks: 1_641_500,
        },
        system_fingerprint: "fp_2",
      },
      completion: { ...PARIS, reasoning: "It is Paris." },
      usage: { inputTokens: 12, outputTokens: 322, cachedInputTokens: 2, reasoningTokens: 320 },
    },
    streamed: {
      events: [
        { ...chunk, choices: [{ index: 0, delta: { reasoning_content: "Hm.", role: "assistant" } }] },
        {
          ...chunk,
          choices: [
            {
              index: 0,
              delta: {
                tool_calls: [
                  {
                    id: "call_5",
                    function: { name: "weather", arguments: '{"city":"Oslo"}' },
                    index: 0,
                    type: "function",
                  },
                ],
              },
            },
          ],
        },
        { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: "tool_calls" }] },
        {
          ...chunk,
          choices: [],
          usage: {
            prompt_tokens: 291,
            completion_tokens: 26,
            total_tokens: 513,
            prompt_tokens_details: { text_tokens: 291, cached_tokens: 290 },
            completion_tokens_details: { reasoning_tokens: 196 },
          },
        },
      ],
      completion: { ...weatherCall("call_5", '{"city":"Oslo"}'), reasoning: "Hm." },
      usage: { inputTokens: 291, outputTokens: 222, cachedInputTokens: 290, reasoningTokens: 196 },
    },
  },
  {
    server: "Moonshot",
    api: "chat",
    version: "kimi-k3, kimi-k2.5; August 2026",
    source: `${AI_SDK}/moonshotai/src/__fixtures__/issue-19311-kimi-k3-negative-usage.json, moonshotai-usage-live.json, moonshotai-stream-choice-usage.chunks.txt`,
    whole: {
      body: {
        ...whole,
        model: "kimi-k3",
        choices: [
          {
            index: 0,
            message: { role: "assistant", content: "Paris.", reasoning_content: "It is Paris." },
            finish_reason: "stop",
          },
        ],
        // One more token of reasoning than of the answer that it is part of.
        usage: {
          prompt_tokens: 951,
          completion_tokens: 6_000,
          total_tokens: 6_952,
          cached_tokens: 60,
          prompt_tokens_details: { cached_tokens: 60 },
          completion_tokens_details: { reasoning_tokens: 6_001 },
        },
      },
      completion: { ...PARIS, reasoning: "It is Paris." },
      usage: { inputTokens: 951, outputTokens: 6_001, cachedInputTokens: 60, reasoningTokens: 6_001 },
    },
    streamed: {
      events: [
        { ...chunk, choices: [delta({ role: "assistant", content: "" })], system_fingerprint: "fpv0" },
        { ...chunk, choices: [delta({ reasoning_content: "Hm." })], system_fingerprint: "fpv0" },
        { ...chunk, choices: [delta({ content: "Paris." })], system_fingerprint: "fpv0" },
        {
          ...chunk,
          choices: [
            delta({}, "stop", {
              usage: {
                prompt_tokens: 12,
                completion_tokens: 5,
                total_tokens: 17,
                completion_tokens_details: { reasoning_tokens: 1 },
              },
            }),
          ],
          system_fingerprint: "fpv0",
        },
      ],
      completion: { ...PARIS, reasoning: "Hm." },
      usage: { inputTokens: 12, outputTokens: 5, reasoningTokens: 1 },
    },
  },
];
