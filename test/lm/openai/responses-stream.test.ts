import { describe, expect, test } from "vitest";
import { responsesEvents } from "../../../src/lm/openai/responses-stream.ts";

function play(events: readonly unknown[]) {
  const reader = responsesEvents();
  return { texts: events.map((event) => reader.push(event)).filter((text) => text !== ""), answer: reader.end() };
}

const message = (text: string, more: object = {}) => ({
  type: "message",
  role: "assistant",
  content: [{ type: "output_text", text, ...more }],
});
const CALL = { type: "function_call", id: "fc_1", call_id: "a", name: "time", arguments: '{"at":1}' };
const response = (more: object = {}) => ({ id: "resp_1", model: "m", status: "completed", output: [], ...more });
const completed = (more: object = {}) => ({ type: "response.completed", response: response(more) });
const delta = (delta: string, more: object = {}) => ({
  type: "response.output_text.delta",
  output_index: 0,
  delta,
  ...more,
});

describe("the events of a stream", () => {
  test("bring text, and at last the whole answer", () => {
    const { texts, answer } = play([
      { type: "response.created", response: response({ status: "in_progress" }) },
      { type: "response.output_item.added", output_index: 0, item: message("") },
      { type: "response.content_part.added", output_index: 0, part: {} },
      delta("hel"),
      delta("lo"),
      { type: "response.output_item.done", output_index: 0, item: message("hello") },
      completed({ usage: { input_tokens: 3, output_tokens: 2 }, output: [message("hello")] }),
    ]);
    expect(texts).toEqual(["hel", "lo"]);
    expect(answer).toEqual({
      completions: [{ text: "hello", finishReason: "stop" }],
      usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
      model: "m",
      id: "resp_1",
    });
  });

  test("bring no answer where they end before it did", () => {
    expect(play([delta("hel")]).answer).toBeUndefined();
    expect(play([]).answer).toBeUndefined();
  });

  test.each([
    [
      "the item that is done",
      [{ type: "response.output_item.done", output_index: 0, item: message("hello") }, completed()],
    ],
    ["the last event", [completed({ output: [message("hello")] })]],
    [
      "the last event, after an item of another kind",
      [
        { type: "response.output_item.added", output_index: 0, item: { type: "reasoning", summary: [] } },
        completed({ output: [{ type: "reasoning", summary: [] }, message("hello")] }),
      ],
    ],
    ["a body that is no stream", [{ object: "response", ...response({ output: [message("hello")] }) }]],
  ])("bring text that comes only with %s", (_what, events) => {
    const { texts, answer } = play(events);
    expect(texts).toEqual(["hello"]);
    expect(answer?.completions).toEqual([{ text: "hello", finishReason: "stop" }]);
  });

  test.each([
    ["and are told whole", [{ type: "response.output_item.done", output_index: 1, item: CALL }]],
    ["and are never told whole", []],
  ])("bring calls of tools in pieces %s", (_what, done) => {
    const piece = { type: "response.function_call_arguments.delta", output_index: 1 };
    const { texts, answer } = play([
      delta("Let me see."),
      { type: "response.output_item.added", output_index: 1, item: { ...CALL, arguments: "" } },
      { ...piece, delta: '{"at"' },
      { ...piece, delta: ":1}" },
      ...done,
      completed(),
    ]);
    expect(texts).toEqual(["Let me see."]);
    expect(answer?.completions).toEqual([
      {
        text: "Let me see.",
        finishReason: "tool_calls",
        toolCalls: [{ id: "a", name: "time", arguments: '{"at":1}' }],
      },
    ]);
  });

  test("bring log probabilities and reasoning", () => {
    const logprob = (token: string) => ({ logprobs: [{ token, logprob: -0.5 }] });
    const summary = { type: "response.reasoning_summary_text.delta", output_index: 1 };
    const { answer } = play([
      delta("a", logprob("a")),
      delta("b", logprob("b")),
      { ...summary, summary_index: 0, delta: "Hm, " },
      { ...summary, summary_index: 0, delta: "yes." },
      { ...summary, summary_index: 1, delta: "So be it." },
      completed(),
    ]);
    expect(answer?.completions[0]).toMatchObject({
      logprobs: [
        { token: "a", logprob: -0.5 },
        { token: "b", logprob: -0.5 },
      ],
      reasoning: "Hm, yes.\n\nSo be it.",
    });
  });

  test("bring a refusal, and an end before its time", () => {
    const refusal = { type: "response.refusal.delta", output_index: 0, delta: "I can" };
    expect(play([refusal, completed()]).answer?.completions[0]?.finishReason).toBe("content_filter");
    const cut = { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } };
    const incomplete = { type: "response.incomplete", response: response(cut) };
    expect(play([delta("hal"), incomplete]).answer?.completions).toEqual([{ text: "hal", finishReason: "length" }]);
  });

  test.each([
    [null],
    ["text"],
    [[]],
    [{ type: "response.completed" }],
    [{ type: "response.output_item.done", item: 7 }],
  ])("%j is malformed", (event) => {
    expect(() => play([event])).toThrow(expect.objectContaining({ code: "malformed_response" }));
  });
});
