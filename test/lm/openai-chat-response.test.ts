import { describe, expect, test } from "vitest";
import { LmError } from "../../src/lm/failure.ts";
import { readChatAnswer } from "../../src/lm/openai-chat-response.ts";

const whole = (message: object, more: object = {}): object => ({
  id: "chatcmpl-1",
  model: "gpt-5-mini-2025-08-07",
  choices: [{ index: 0, message, finish_reason: "stop", ...more }],
});

describe("a whole response", () => {
  test("as OpenAI sends it", () => {
    const body = {
      ...whole({ role: "assistant", content: "hello", refusal: null }),
      usage: {
        prompt_tokens: 19,
        completion_tokens: 10,
        total_tokens: 29,
        prompt_tokens_details: { cached_tokens: 4, audio_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 6, accepted_prediction_tokens: 0 },
      },
    };
    expect(readChatAnswer(body)).toEqual({
      completions: [{ text: "hello", finishReason: "stop" }],
      usage: { inputTokens: 19, outputTokens: 10, totalTokens: 29, cachedInputTokens: 4, reasoningTokens: 6 },
      model: "gpt-5-mini-2025-08-07",
      id: "chatcmpl-1",
    });
  });

  test("with as little as small servers send", () => {
    expect(readChatAnswer({ choices: [{ message: { content: "hello" } }] })).toEqual({
      completions: [{ text: "hello", finishReason: "other" }],
      usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
      model: undefined,
      id: undefined,
    });
  });

  test.each([
    ["stop", "stop"],
    ["length", "length"],
    ["content_filter", "content_filter"],
    ["tool_calls", "tool_calls"],
    ["function_call", "tool_calls"],
    ["eos", "other"],
    [null, "other"],
  ])("finish reason %s is %s", (finish_reason, expected) => {
    expect(readChatAnswer(whole({ content: "x" }, { finish_reason })).completions[0]?.finishReason).toBe(expected);
  });

  test("a refusal is withheld content", () => {
    expect(readChatAnswer(whole({ content: null, refusal: "I cannot." })).completions).toEqual([
      { text: "", finishReason: "content_filter" },
    ]);
  });

  test("content in parts is joined", () => {
    const content = [{ type: "text", text: "a" }, { type: "image" }, { type: "text", text: "b" }];
    expect(readChatAnswer(whole({ content })).completions[0]?.text).toBe("ab");
  });

  test.each([
    [undefined, "expected a JSON object in the response, got undefined"],
    ["secret answer", "expected a JSON object in the response, got text of 13 characters"],
    [[1, 2], "expected a JSON object in the response, got a list of 2"],
    [{ choices: "x" }, "expected a list of choices in the response, got text of 1 characters"],
    [{ choices: [] }, "expected a list of choices in the response, got a list of 0"],
    [{ choices: [null] }, "expected a message in each choice in the response, got null"],
    [{ choices: [{ message: { content: 5 } }] }, "expected text as the message's content in the response, got 5"],
  ])("%j is malformed, and not quoted", (body, message) => {
    expect(() => readChatAnswer(body)).toThrow(new LmError(message, { code: "malformed_response" }));
  });
});
