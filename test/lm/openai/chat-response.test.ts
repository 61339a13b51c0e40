import { describe, expect, test } from "vitest";
import { LmError } from "../../../src/lm/failure.ts";
import { readChatAnswer } from "../../../src/lm/openai/chat-response.ts";

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
    ["eos", "stop"],
    ["whatever", "other"],
    [null, "other"],
  ])("finish reason %s is %s", (finish_reason, expected) => {
    expect(readChatAnswer(whole({ content: "x" }, { finish_reason })).completions[0]?.finishReason).toBe(expected);
  });

  test.each([
    ["error", "server", true],
    ["insufficient_system_resource", "overloaded", true],
    ["network_error", "connection", true],
    ["pause_turn", "malformed_response", false],
  ])("one that ended in %s has failed", (finish_reason, code, retryable) => {
    expect(() => readChatAnswer(whole({ content: "Do not pay bef" }, { finish_reason }))).toThrow(
      expect.objectContaining({ code, retryable, details: expect.objectContaining({ finishReason: finish_reason }) }),
    );
  });

  test("of several, those that did not fail", () => {
    const choice = (content: string, finish_reason: string) => ({ message: { content }, finish_reason });
    const body = { choices: [choice("a", "error"), choice("b", "stop"), choice("c", "length")] };
    expect(readChatAnswer(body).completions).toEqual([
      { text: "b", finishReason: "stop" },
      { text: "c", finishReason: "length" },
    ]);
    expect(() => readChatAnswer({ choices: [choice("a", "error"), choice("b", "abort")] })).toThrow(
      expect.objectContaining({ code: "server" }),
    );
  });

  test("the one call of before there were several", () => {
    const message = { content: null, function_call: { name: "time", arguments: "{}" } };
    expect(readChatAnswer(whole(message, { finish_reason: "function_call" })).completions).toEqual([
      { text: "", finishReason: "tool_calls", toolCalls: [{ id: "call_0", name: "time", arguments: "{}" }] },
    ]);
  });

  test("a refusal is withheld content", () => {
    expect(readChatAnswer(whole({ content: null, refusal: "I cannot." })).completions).toEqual([
      { text: "", finishReason: "content_filter" },
    ]);
  });

  const call = { id: "a", type: "function", function: { name: "time", arguments: "{}" } };
  const toolCalls = [{ id: "a", name: "time", arguments: "{}" }];

  test("that asks for tools", () => {
    const body = whole({ content: null, tool_calls: [call] }, { finish_reason: "tool_calls" });
    expect(readChatAnswer(body).completions).toEqual([{ text: "", finishReason: "tool_calls", toolCalls }]);
    // As OpenAI ends an answer that had to ask for the one tool that was named.
    const named = whole({ content: null, tool_calls: [call] });
    expect(readChatAnswer(named).completions[0]).toMatchObject({ finishReason: "tool_calls", toolCalls });
    const small = whole({ tool_calls: [{ function: { name: "time", arguments: { at: 1 } } }] });
    expect(readChatAnswer(small).completions[0]?.toolCalls).toEqual([
      { id: "call_0", name: "time", arguments: '{"at":1}' },
    ]);
  });

  test("with log probabilities, unless they cannot be read", () => {
    const content = [
      { token: "he", logprob: -0.1, bytes: [104, 101], top_logprobs: [{ token: "ha", logprob: -2, bytes: null }] },
      { token: "llo", logprob: -0.2, bytes: null, top_logprobs: [] },
    ];
    expect(readChatAnswer(whole({ content: "hello" }, { logprobs: { content } })).completions[0]?.logprobs).toEqual([
      { token: "he", logprob: -0.1, top: [{ token: "ha", logprob: -2 }] },
      { token: "llo", logprob: -0.2 },
    ]);
    for (const logprobs of [
      null,
      {},
      { content: null },
      { content: [...content, { token: "x" }] },
      { content: [null] },
    ]) {
      const [completion] = readChatAnswer(whole({ content: "hello" }, { logprobs })).completions;
      expect(completion).toEqual({ text: "hello", finishReason: "stop" });
    }
  });

  test.each(["reasoning_content", "reasoning"])("with what vLLM and others tell in %s", (name) => {
    const [completion] = readChatAnswer(whole({ content: "hello", [name]: "Say hello." })).completions;
    expect(completion).toEqual({ text: "hello", finishReason: "stop", reasoning: "Say hello." });
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
    [{ choices: [{ message: { tool_calls: 5 } }] }, "expected a list of tool calls in the response, got 5"],
    [
      { choices: [{ message: { tool_calls: [{ function: {} }] } }] },
      "expected the name of a function in each tool call in the response, got an object",
    ],
    [{ choices: [{ message: { content: 5 } }] }, "expected text as the message's content in the response, got 5"],
  ])("%j is malformed, and not quoted", (body, message) => {
    expect(() => readChatAnswer(body)).toThrow(new LmError(message, { code: "malformed_response" }));
  });
});
