import { describe, expect, test } from "vitest";
import { LmError } from "../../../src/lm/failure.ts";
import type { LmRequest } from "../../../src/lm/language-model.ts";
import type { LmMessage } from "../../../src/lm/message.ts";
import type { BodySettings } from "../../../src/lm/openai/protocol.ts";
import { writeResponsesBody } from "../../../src/lm/openai/responses-request.ts";

const messages = [{ role: "user", content: "hi" }] as const;
const capabilities = { schema: true, tools: true, prefill: false, grammar: false };
const LEAST = { model: "m", input: [{ role: "user", content: [{ type: "input_text", text: "hi" }] }], store: false };

function body(request: Partial<LmRequest>, settings: Partial<BodySettings> = {}, stream = false) {
  const all = { model: "m", reasoning: false, capabilities, ...settings };
  return writeResponsesBody({ messages, ...request }, all, stream);
}

describe("the body", () => {
  test("is the least that will do, and keeps nothing at the provider", () => {
    expect(body({})).toEqual(LEAST);
    expect(body({}, { extraBody: { store: true } })).toEqual({ ...LEAST, store: true });
    const extraBody = { text: { verbosity: "low" }, reasoning: { summary: "auto" } };
    const asked = { responseFormat: { type: "json_object" }, reasoningEffort: "low" } as const;
    expect(body(asked, { extraBody, reasoning: true })).toMatchObject({
      text: { format: { type: "json_object" }, verbosity: "low" },
      reasoning: { effort: "low", summary: "auto" },
    });
    expect(body({}, {}, true)).toEqual({ ...LEAST, stream: true });
  });

  test("leaves out what there is no word for", () => {
    const request = {
      stop: ["\n"],
      seed: 7,
      n: 2,
      repeatPenalty: 1.1,
      grammar: "root ::= [a-z]",
      writeAnswer: () => "",
    };
    expect(body(request, { capabilities: { ...capabilities, grammar: true, prefill: true } })).toEqual(LEAST);
  });

  const sampling = {
    temperature: 0.2,
    topP: 0.9,
    maxTokens: 10,
    logprobs: true,
    topLogprobs: 2,
    reasoningEffort: "low",
  };

  test("carries sampling settings", () => {
    expect(body(sampling)).toEqual({
      ...LEAST,
      temperature: 0.2,
      top_p: 0.9,
      max_output_tokens: 10,
      include: ["message.output_text.logprobs"],
      top_logprobs: 2,
    });
  });

  test("of a reasoning model carries its effort, and a summary where one is wanted", () => {
    const reasoning = { reasoning: true, reasoningSummary: "auto" };
    expect(body(sampling, reasoning)).toEqual({
      ...LEAST,
      max_output_tokens: 10,
      reasoning: { effort: "low", summary: "auto" },
    });
    expect(body({}, { reasoning: true })).toEqual(LEAST);
    expect(body({}, { reasoningSummary: "auto" })).toEqual(LEAST);
  });

  test("carries the format of the text", () => {
    const schema = { type: "object" };
    const responseFormat = { type: "json_schema", name: "Simple QA/2", schema, strict: true } as const;
    const text = { format: { type: "json_schema", name: "Simple_QA_2", schema, strict: true } };
    expect(body({ responseFormat })).toEqual({ ...LEAST, text });
    expect(body({ responseFormat: { type: "json_object" } })).toEqual({
      ...LEAST,
      text: { format: { type: "json_object" } },
    });
  });

  test("carries tools in their flat form, strict only where that was asked for", () => {
    const tools = [
      { name: "weather", description: "Of a place.", parameters: { type: "object" }, strict: true },
      { name: "time", parameters: { type: "object" } },
    ];
    expect(body({ tools, toolChoice: { name: "time" }, parallelToolCalls: false })).toEqual({
      ...LEAST,
      tools: [
        { type: "function", name: "weather", description: "Of a place.", parameters: { type: "object" }, strict: true },
        { type: "function", name: "time", parameters: { type: "object" }, strict: false },
      ],
      tool_choice: { type: "function", name: "time" },
      parallel_tool_calls: false,
    });
    expect(body({ tools: [], toolChoice: "required" })).toEqual(LEAST);
  });
});

describe("the input", () => {
  const input = (...messages: readonly LmMessage[]) => {
    const { instructions, input } = body({ messages });
    return { instructions, input };
  };
  const user = { role: "user", content: "hi" } as const;

  test("has the system's messages at its beginning as instructions", () => {
    const asked = input({ role: "system", content: "Be brief." }, { role: "system", content: "Be kind." }, user, {
      role: "system",
      content: "Now.",
    });
    expect(asked).toEqual({
      instructions: "Be brief.\n\nBe kind.",
      input: [...LEAST.input, { role: "system", content: [{ type: "input_text", text: "Now." }] }],
    });
  });

  test("is never empty", () => {
    expect(input({ role: "system", content: "Say something." })).toEqual({
      instructions: undefined,
      input: [{ role: "system", content: [{ type: "input_text", text: "Say something." }] }],
    });
  });

  test("has parts that are not text, also in what a tool gives back", () => {
    const data = "data:application/pdf;base64,AAAA";
    const content: LmMessage["content"] = [
      { type: "text", text: "Look:" },
      { type: "image", url: "https://example.com/cat.png" },
      { type: "file", url: "https://example.com/a.pdf" },
      { type: "file", url: data, filename: "a.pdf" },
      { type: "file", fileId: "file-1" },
    ];
    const parts = [
      { type: "input_text", text: "Look:" },
      { type: "input_image", image_url: "https://example.com/cat.png", detail: "auto" },
      { type: "input_file", file_url: "https://example.com/a.pdf" },
      { type: "input_file", file_data: data, filename: "a.pdf" },
      { type: "input_file", file_id: "file-1" },
    ];
    expect(input({ role: "user", content }, { role: "tool", toolCallId: "a", content }).input).toEqual([
      { role: "user", content: parts },
      { type: "function_call_output", call_id: "a", output: parts },
    ]);
  });

  test("has calls of tools and their answers as items of their own", () => {
    const toolCalls = [{ id: "a", name: "time", arguments: "{}" }];
    const call = { type: "function_call", call_id: "a", name: "time", arguments: "{}" };
    expect(
      input(
        { role: "assistant", content: "", toolCalls },
        { role: "tool", content: "noon", toolCallId: "a" },
        { role: "assistant", content: "It is noon.", toolCalls },
      ).input,
    ).toEqual([
      call,
      { type: "function_call_output", call_id: "a", output: "noon" },
      { role: "assistant", content: [{ type: "output_text", text: "It is noon." }] },
      call,
    ]);
  });

  test.each<[LmMessage, string]>([
    [
      { role: "user", content: [{ type: "audio", data: "AAAA", format: "wav" }] },
      "a part of type audio, which the Responses API does not take: use Chat Completions",
    ],
    [
      { role: "assistant", content: [{ type: "image", url: "data:image/png;base64,AAAA" }] },
      "a part of type image in an assistant's turn, which takes text only",
    ],
    [{ role: "tool", content: "x" }, "a tool's answer without the id of its call (toolCallId)"],
  ])("%j is a bad request that names the part", (message, what) => {
    const refused = new LmError(`a message holds what cannot be sent: ${what}`, { code: "bad_request" });
    expect(() => input(message)).toThrow(refused);
  });
});
