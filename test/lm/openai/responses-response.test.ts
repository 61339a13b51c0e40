import { describe, expect, test } from "vitest";
import { LmError } from "../../../src/lm/failure.ts";
import { readResponsesAnswer } from "../../../src/lm/openai/responses-response.ts";

const text = (text: string, more: object = {}) => ({ type: "output_text", text, annotations: [], ...more });
const message = (...content: readonly object[]) => ({ type: "message", id: "msg_1", role: "assistant", content });
const CALL = { type: "function_call", id: "fc_1", call_id: "a", name: "time", arguments: "{}" };

function whole(output: readonly unknown[], more: object = {}): object {
  return { id: "resp_1", object: "response", status: "completed", error: null, model: "gpt-5-mini", output, ...more };
}

function completion(output: readonly unknown[], more: object = {}) {
  return readResponsesAnswer(whole(output, more)).completions[0];
}

describe("a whole response", () => {
  test("as OpenAI sends it", () => {
    const usage = {
      input_tokens: 19,
      input_tokens_details: { cached_tokens: 4 },
      output_tokens: 10,
      output_tokens_details: { reasoning_tokens: 6 },
      total_tokens: 29,
    };
    const summary = [
      { type: "summary_text", text: "First." },
      { type: "summary_text", text: "Second." },
    ];
    const output = [{ type: "reasoning", id: "rs_1", summary }, message(text("hello"))];
    expect(readResponsesAnswer(whole(output, { usage, incomplete_details: null }))).toEqual({
      completions: [{ text: "hello", finishReason: "stop", reasoning: "First.\n\nSecond." }],
      usage: { inputTokens: 19, outputTokens: 10, totalTokens: 29, cachedInputTokens: 4, reasoningTokens: 6 },
      model: "gpt-5-mini",
      id: "resp_1",
    });
  });

  test("with as little as small servers send", () => {
    expect(readResponsesAnswer({ output: [message({ type: "output_text", text: "hello" })] })).toEqual({
      completions: [{ text: "hello", finishReason: "stop" }],
      usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
      model: undefined,
      id: undefined,
    });
  });

  test("of several messages and parts is one text; items of other kinds are passed over", () => {
    const output = [message(text("a"), text("b")), { type: "web_search_call" }, message(text("c"), { type: "new" })];
    expect(completion(output)).toEqual({ text: "abc", finishReason: "stop" });
  });

  test("that asks for tools", () => {
    const expected = [
      { id: "a", name: "time", arguments: "{}" },
      { id: "call_1", name: "time", arguments: "" },
    ];
    expect(completion([CALL, { type: "function_call", name: "time" }])).toEqual({
      text: "",
      finishReason: "tool_calls",
      toolCalls: expected,
    });
  });

  test("with log probabilities", () => {
    const logprobs = [{ token: "a", logprob: -0.5, bytes: [97], top_logprobs: [{ token: "b", logprob: -1 }] }];
    expect(completion([message(text("a", { logprobs }))])?.logprobs).toEqual([
      { token: "a", logprob: -0.5, top: [{ token: "b", logprob: -1 }] },
    ]);
    expect(completion([message(text("a", { logprobs: [] }))])).toEqual({ text: "a", finishReason: "stop" });
  });

  test.each([
    ["max_output_tokens", "length"],
    ["content_filter", "content_filter"],
    ["something new", "other"],
  ])("that is incomplete by %s ended with %s", (reason, finishReason) => {
    const more = { status: "incomplete", incomplete_details: { reason } };
    expect(completion([message(text("hal")), CALL], more)).toMatchObject({ text: "hal", finishReason });
  });

  test("that refuses is withheld content", () => {
    const output = [message({ type: "refusal", refusal: "I cannot." })];
    expect(completion(output)).toEqual({ text: "", finishReason: "content_filter" });
  });

  test.each<[unknown, string]>([
    [undefined, "expected a JSON object in the response, got undefined"],
    [{ choices: [] }, "expected a list of output items in the response, got undefined"],
    [whole(["secret"]), "expected an object in each output item in the response, got text of 6 characters"],
    [whole([{ type: "message" }]), "expected a list of parts in each message in the response, got undefined"],
    [whole([{ type: "function_call" }]), "expected the name of a function in each call in the response, got an object"],
    [whole([], { status: "queued" }), "expected a response that has ended in the response, got text of 6 characters"],
  ])("%j is malformed, and not quoted", (body, message) => {
    expect(() => readResponsesAnswer(body)).toThrow(new LmError(message, { code: "malformed_response" }));
  });

  test("that failed, and does not say why, is a failure of the server", () => {
    expect(() => completion([], { status: "failed" })).toThrow(expect.objectContaining({ code: "server" }));
  });
});
