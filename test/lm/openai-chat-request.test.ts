import { describe, expect, test } from "vitest";
import type { LmRequest } from "../../src/lm/language-model.ts";
import { writeChatBody } from "../../src/lm/openai-chat-request.ts";
import { isReasoningModel } from "../../src/lm/openai-protocol.ts";
import type { BodySettings } from "../../src/lm/openai-protocol.ts";

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
