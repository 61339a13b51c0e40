import { PARIS } from "./served-shape.ts";
import type { ServedShape } from "./served-shape.ts";

const AI_SDK = "vercel/ai, packages";

const message = (id: string, text: string, status = "completed") => ({
  id,
  type: "message",
  status,
  content: [{ type: "output_text", annotations: [], logprobs: [], text }],
  role: "assistant",
});
const response = (output: readonly object[], usage: object | null, more: object = {}) => ({
  id: "resp_1",
  object: "response",
  created_at: 1_785_000_000,
  status: usage === null ? "in_progress" : "completed",
  error: null,
  incomplete_details: null,
  model: "m",
  output,
  usage,
  metadata: {},
  ...more,
});
const usage = (input: number, output: number, cached = 0, reasoning = 0) => ({
  input_tokens: input,
  input_tokens_details: { cached_tokens: cached },
  output_tokens: output,
  output_tokens_details: { reasoning_tokens: reasoning },
  total_tokens: input + output,
});

/** A message as OpenAI tells it, with each thing said several times. */
function told(id: string, pieces: readonly string[], index: number): readonly object[] {
  const at = { item_id: id, output_index: index, content_index: 0 };
  const text = pieces.join("");
  const part = { type: "output_text", annotations: [], logprobs: [] };
  return [
    {
      type: "response.output_item.added",
      output_index: index,
      item: { ...message(id, "", "in_progress"), content: [] },
    },
    { type: "response.content_part.added", ...at, part: { ...part, text: "" } },
    ...pieces.map((delta) => ({ type: "response.output_text.delta", ...at, delta, logprobs: [], obfuscation: "x" })),
    { type: "response.output_text.done", ...at, text, logprobs: [] },
    { type: "response.content_part.done", ...at, part: { ...part, text } },
    { type: "response.output_item.done", output_index: index, item: message(id, text) },
  ];
}
const begun = (more: object = {}): readonly object[] => [
  { type: "response.created", response: response([], null, more) },
  { type: "response.in_progress", response: response([], null, more) },
];
const completed = (response: object) => ({ type: "response.completed", response });

const THOUGHT = {
  id: "rs_1",
  type: "reasoning",
  status: "completed",
  summary: [],
  content: [{ type: "reasoning_text", text: "Hm." }],
};
const SUMMARY = {
  id: "rs_2",
  type: "reasoning",
  status: "completed",
  summary: [{ type: "summary_text", text: "Hm." }],
};

/** Answers of the Responses API. */
export const RESPONSES: readonly ServedShape[] = [
  {
    server: "OpenAI",
    api: "responses",
    version: "gpt-4o-mini-2024-07-18; September 2026",
    source: `${AI_SDK}/open-responses/src/responses/__fixtures__/openai-schema-less-json-object.1.json, openai-schema-less-json.1.chunks.txt`,
    whole: {
      body: response([message("msg_1", "Paris.")], usage(16, 6), { billing: { payer: "developer" }, store: true }),
      completion: PARIS,
      usage: { inputTokens: 16, outputTokens: 6 },
    },
    streamed: {
      events: [
        ...begun(),
        ...told("msg_1", ["Par", "is."], 0),
        completed(response([message("msg_1", "Paris.")], usage(16, 6))),
      ],
      done: false,
      completion: PARIS,
      usage: { inputTokens: 16, outputTokens: 6 },
    },
  },
  {
    server: "Azure OpenAI",
    api: "responses",
    version: "gpt-5.1; February 2026",
    source: `${AI_SDK}/azure/src/__fixtures__/azure-text.1.json, azure-text.1.chunks.txt`,
    whole: {
      body: response([message("msg_1", "Paris.")], usage(11, 11), {
        content_filters: [
          { blocked: false, source_type: "prompt", content_filter_raw: null, content_filter_results: {} },
        ],
      }),
      completion: PARIS,
      usage: { inputTokens: 11, outputTokens: 11 },
    },
    streamed: {
      events: [
        ...begun({ content_filters: null }),
        ...told("msg_1", ["Paris."], 0),
        completed(response([message("msg_1", "Paris.")], usage(11, 11), { content_filters: [] })),
      ],
      done: false,
      completion: PARIS,
      usage: { inputTokens: 11, outputTokens: 11 },
    },
  },
  {
    server: "xAI",
    api: "responses",
    version: "grok-4.6, grok-code-fast-1; 2026",
    source: `${AI_SDK}/xai/src/responses/__fixtures__/issue-19652-live-generate.json, xai-text-with-reasoning-streaming-store-false.1.chunks.txt`,
    whole: {
      body: response([SUMMARY, message("msg_1", "Paris.")], {
        ...usage(5_165, 891, 1_152, 860),
        num_sources_used: 0,
        num_server_side_tools_used: 1,
        cost_in_usd_ticks: 189_480_000,
        context_details: { input_tokens: 4_087, output_tokens: 489 },
      }),
      completion: { ...PARIS, reasoning: "Hm." },
      usage: { inputTokens: 5_165, outputTokens: 891, cachedInputTokens: 1_152, reasoningTokens: 860 },
    },
    streamed: {
      events: [
        ...begun(),
        {
          type: "response.output_item.added",
          item: { ...SUMMARY, summary: [], status: "in_progress" },
          output_index: 0,
        },
        {
          type: "response.reasoning_summary_part.added",
          item_id: "rs_2",
          output_index: 0,
          part: { text: "", type: "summary_text" },
          summary_index: 0,
        },
        {
          type: "response.reasoning_summary_text.delta",
          delta: "Hm.",
          item_id: "rs_2",
          output_index: 0,
          summary_index: 0,
        },
        {
          type: "response.reasoning_summary_text.done",
          item_id: "rs_2",
          output_index: 0,
          summary_index: 0,
          text: "Hm.",
        },
        { type: "response.output_item.done", item: { ...SUMMARY, encrypted_content: "Wjtn" }, output_index: 0 },
        ...told("msg_1", ["Paris."], 1),
        completed(response([SUMMARY, message("msg_1", "Paris.")], usage(20, 9, 0, 3))),
      ],
      completion: { ...PARIS, reasoning: "Hm." },
      usage: { inputTokens: 20, outputTokens: 9, reasoningTokens: 3 },
    },
  },
  {
    server: "LM Studio",
    api: "responses",
    version: "ministral-3-14b-reasoning, glm-4.7-flash; January 2026",
    source: `${AI_SDK}/open-responses/src/responses/__fixtures__/lmstudio-basic.1.json, lmstudio-tool-call.1.chunks.txt`,
    whole: {
      body: response([THOUGHT, message("msg_1", "Paris.")], usage(136, 3_677, 0, 2_456)),
      completion: { ...PARIS, reasoning: "Hm." },
      usage: { inputTokens: 136, outputTokens: 3_677, reasoningTokens: 2_456 },
    },
    streamed: {
      events: [
        ...begun(),
        {
          type: "response.output_item.added",
          output_index: 0,
          item: { ...THOUGHT, content: [], status: "in_progress" },
        },
        {
          type: "response.content_part.added",
          item_id: "rs_1",
          output_index: 0,
          content_index: 0,
          part: { type: "reasoning_text", text: "" },
        },
        { type: "response.reasoning_text.delta", item_id: "rs_1", output_index: 0, content_index: 0, delta: "Hm." },
        { type: "response.reasoning_text.done", item_id: "rs_1", output_index: 0, content_index: 0, text: "Hm." },
        {
          type: "response.content_part.done",
          item_id: "rs_1",
          output_index: 0,
          content_index: 0,
          part: { type: "reasoning_text", text: "Hm." },
        },
        { type: "response.output_item.done", output_index: 0, item: THOUGHT },
        ...told("msg_1", ["Paris."], 1),
        completed(response([THOUGHT, message("msg_1", "Paris.")], usage(160, 70, 0, 50))),
      ],
      completion: { ...PARIS, reasoning: "Hm." },
      usage: { inputTokens: 160, outputTokens: 70, reasoningTokens: 50 },
    },
  },
  {
    server: "Ollama",
    api: "responses",
    version: "main of 2026 (017eb8a)",
    source: "ollama/ollama, openai/responses.go (ToResponse)",
    whole: {
      body: response(
        [
          {
            id: "rs_resp_1",
            type: "reasoning",
            summary: [{ type: "summary_text", text: "Hm." }],
            encrypted_content: "Hm.",
          },
          message("msg_1", "Paris."),
        ],
        usage(16, 24),
        { instructions: null, tools: [], truncation: "disabled" },
      ),
      completion: { ...PARIS, reasoning: "Hm." },
      usage: { inputTokens: 16, outputTokens: 24 },
    },
  },
];
