import { describe, expect, test } from "vitest";
import { LmError } from "../../../src/lm/failure.ts";
import type { LmRequest } from "../../../src/lm/language-model.ts";
import type { LmMessage } from "../../../src/lm/message.ts";
import { writeChatBody } from "../../../src/lm/openai/chat-request.ts";
import { isReasoningModel } from "../../../src/lm/openai/protocol.ts";
import type { BodySettings } from "../../../src/lm/openai/protocol.ts";

const messages = [{ role: "user", content: "hi" }] as const;
const capabilities = { schema: true, tools: true, prefill: false, grammar: false };

function body(request: Partial<LmRequest>, settings: Partial<BodySettings> = {}, stream = false): object {
  return writeChatBody({ messages, ...request }, { model: "m", reasoning: false, capabilities, ...settings }, stream);
}

test.each([
  ["gpt-5-mini", true],
  ["gpt-5.2", true],
  ["gpt-5-chat-latest", false],
  ["gpt-10", true],
  ["o1", true],
  ["o4-mini-2025-04-16", true],
  ["openai/o3-mini", true],
  ["gpt-4o", false],
  ["gpt-4.1-mini", false],
  ["olmo-2", false],
  ["qwen2.5:0.5b", false],
  ["my-gpt-5", false],
])("%s is a reasoning model: %s", (model, expected) => {
  expect(isReasoningModel(model)).toBe(expected);
});

describe("the body", () => {
  const sampling = { temperature: 0.2, maxTokens: 10, stop: ["\n"], seed: 7, n: 2, repeatPenalty: 1.1 };

  test("is the least that will do", () => {
    expect(body({})).toEqual({ model: "m", messages });
    expect(body({ stop: [], n: 1 })).toEqual({ model: "m", messages });
  });

  test("carries the sampling settings that the protocol has", () => {
    expect(body(sampling)).toEqual({
      model: "m",
      messages,
      temperature: 0.2,
      max_tokens: 10,
      stop: ["\n"],
      seed: 7,
      n: 2,
    });
  });

  test("of a reasoning model has its own name for the limit, no temperature and no stop strings", () => {
    expect(body(sampling, { reasoning: true })).toEqual({
      model: "m",
      messages,
      max_completion_tokens: 10,
      seed: 7,
      n: 2,
    });
  });

  test("never holds what is not sent", () => {
    expect(body({ writeAnswer: () => "", grammar: "root ::= [a-z]" })).toEqual({ model: "m", messages });
    const message = { role: "user", content: "hi", secret: 1 } as const;
    expect(body({ messages: [message] })).toEqual({ model: "m", messages });
  });

  test("carries a grammar where one is understood", () => {
    const settings = { capabilities: { ...capabilities, grammar: true } };
    expect(body({ grammar: "root ::= [a-z]" }, settings)).toMatchObject({ grammar: "root ::= [a-z]" });
  });

  test("names a schema in the characters that OpenAI takes", () => {
    const schema = { type: "object" };
    const responseFormat = { type: "json_schema", name: "Simple QA/2", schema, strict: true } as const;
    expect(body({ responseFormat })).toMatchObject({
      response_format: { type: "json_schema", json_schema: { name: "Simple_QA_2", schema, strict: true } },
    });
    expect(body({ responseFormat: { type: "json_object" } })).toMatchObject({
      response_format: { type: "json_object" },
    });
  });

  test("asks to go on with an opened turn only where that is understood", () => {
    const opened = { messages: [...messages, { role: "assistant", content: "Well," } as const] };
    const prefill = { capabilities: { ...capabilities, prefill: true } };
    expect(body(opened)).not.toHaveProperty("continue_final_message");
    expect(body({}, prefill)).not.toHaveProperty("continue_final_message");
    expect(body(opened, prefill)).toMatchObject({ continue_final_message: true, add_generation_prompt: false });
  });

  test("carries nucleus sampling and log probabilities, but for reasoning models", () => {
    const request = { topP: 0.9, logprobs: true, topLogprobs: 3 };
    expect(body(request)).toEqual({ model: "m", messages, top_p: 0.9, logprobs: true, top_logprobs: 3 });
    expect(body(request, { reasoning: true })).toEqual({ model: "m", messages });
    expect(body({ topLogprobs: 3 })).toEqual({ model: "m", messages });
    expect(body({ logprobs: true, topLogprobs: 0 })).toEqual({ model: "m", messages, logprobs: true });
  });

  test("carries the effort of a reasoning model, and of no other", () => {
    expect(body({ reasoningEffort: "low" }, { reasoning: true })).toMatchObject({ reasoning_effort: "low" });
    expect(body({ reasoningEffort: "low" })).toEqual({ model: "m", messages });
  });

  const tools = [
    { name: "weather", description: "Of a place.", parameters: { type: "object" }, strict: true },
    { name: "time", parameters: { type: "object" } },
  ];

  test("carries tools and what is said of them", () => {
    expect(body({ tools, toolChoice: { name: "time" }, parallelToolCalls: false })).toEqual({
      model: "m",
      messages,
      tools: [
        {
          type: "function",
          function: { name: "weather", description: "Of a place.", parameters: { type: "object" }, strict: true },
        },
        { type: "function", function: { name: "time", parameters: { type: "object" } } },
      ],
      tool_choice: { type: "function", function: { name: "time" } },
      parallel_tool_calls: false,
    });
    expect(body({ tools, toolChoice: "required" })).toMatchObject({ tool_choice: "required" });
    expect(body({ tools: [], toolChoice: "auto", parallelToolCalls: true })).toEqual({ model: "m", messages });
  });

  test("asks a stream for its usage", () => {
    expect(body({}, {}, true)).toMatchObject({ stream: true, stream_options: { include_usage: true } });
  });

  test("is overlaid by the user's own settings", () => {
    expect(body({ temperature: 1 }, { extraBody: { temperature: 0, reasoning_effort: "low" } })).toMatchObject({
      temperature: 0,
      reasoning_effort: "low",
    });
  });
});

describe("messages", () => {
  const sent = (...messages: readonly LmMessage[]): unknown => (body({ messages }) as { messages: unknown }).messages;
  const data = "data:application/pdf;base64,AAAA";

  test("with parts that are not text", () => {
    const content: LmMessage["content"] = [
      { type: "text", text: "What is this?" },
      { type: "image", url: "https://example.com/cat.png" },
      { type: "audio", data: "AAAA", format: "wav" },
      { type: "file", url: data, filename: "a.pdf" },
      { type: "file", url: data },
      { type: "file", fileId: "file-1" },
    ];
    expect(sent({ role: "user", content })).toEqual([
      {
        role: "user",
        content: [
          { type: "text", text: "What is this?" },
          { type: "image_url", image_url: { url: "https://example.com/cat.png" } },
          { type: "input_audio", input_audio: { data: "AAAA", format: "wav" } },
          { type: "file", file: { file_data: data, filename: "a.pdf" } },
          { type: "file", file: { file_data: data, filename: "file.pdf" } },
          { type: "file", file: { file_id: "file-1" } },
        ],
      },
    ]);
  });

  test("of text in parts are text", () => {
    const content = [
      { type: "text", text: "a" },
      { type: "text", text: "b" },
    ] as const;
    for (const role of ["system", "user", "assistant"] as const)
      expect(sent({ role, content })).toEqual([{ role, content: "ab" }]);
  });

  test("that ask for tools, and what the tools gave back", () => {
    const toolCalls = [{ id: "a", name: "time", arguments: "{}" }];
    const call = { id: "a", type: "function", function: { name: "time", arguments: "{}" } };
    expect(
      sent(
        { role: "assistant", content: "", toolCalls },
        { role: "assistant", content: "Let me see.", toolCalls },
        { role: "tool", content: "noon", toolCallId: "a" },
      ),
    ).toEqual([
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "assistant", content: "Let me see.", tool_calls: [call] },
      { role: "tool", content: "noon", tool_call_id: "a" },
    ]);
  });

  test("a data URL is one in capitals too", () => {
    const url = "DATA:application/pdf;base64,AAAA";
    expect(body({ messages: [{ role: "user", content: [{ type: "file", url }] }] })).toMatchObject({
      messages: [{ content: [{ file: { file_data: url, filename: "file.pdf" } }] }],
    });
  });

  const image = { type: "image", url: "data:image/png;base64,AAAA" } as const;
  test.each<[LmMessage, string]>([
    [
      { role: "user", content: [{ type: "file", url: "https://example.com/a.pdf" }] },
      "a part of type file by its address, which Chat Completions does not fetch: give a data: URL",
    ],
    [{ role: "user", content: [{ type: "file" }] }, "a part of type file with neither url nor fileId"],
    [{ role: "system", content: [image] }, "a part of type image in a system message, which takes text only"],
    [{ role: "assistant", content: [image] }, "a part of type image in an assistant's turn, which takes text only"],
    [
      { role: "tool", toolCallId: "a", content: [image] },
      "a part of type image in a tool's answer, which takes text only",
    ],
    [{ role: "tool", content: "x" }, "a tool's answer without the id of its call (toolCallId)"],
  ])("%j are a bad request that names the part", (message, what) => {
    const refused = new LmError(`a message holds what cannot be sent: ${what}`, { code: "bad_request" });
    expect(() => sent(message)).toThrow(refused);
  });
});
