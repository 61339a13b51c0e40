import { describe, expect, test } from "vitest";
import { chatEvents } from "../../../src/lm/openai/chat-stream.ts";

const NOTHING_USED = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };

function play(events: readonly unknown[]) {
  const reader = chatEvents();
  return { texts: events.map((event) => reader.push(event)), answer: reader.end() };
}

const delta = (delta: object, finish_reason: string | null = null) => ({ choices: [{ delta, finish_reason }] });
const DONE = delta({}, "stop");

describe("the events of a stream", () => {
  test("bring text, and at last the whole answer", () => {
    const { texts, answer } = play([
      { id: "1", model: "m", ...delta({ role: "assistant", content: "" }) },
      delta({ content: "hel" }),
      delta({ content: "lo" }),
      delta({}, "length"),
      { choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } },
    ]);
    expect(texts).toEqual(["", "hel", "lo", "", ""]);
    expect(answer).toEqual({
      completions: [{ text: "hello", finishReason: "length" }],
      usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
      model: "m",
      id: "1",
    });
  });

  test("bring no answer where they end before it did", () => {
    expect(play([delta({ content: "hel" })]).answer).toBeUndefined();
    expect(play([]).answer).toBeUndefined();
  });

  test("bring a refusal", () => {
    const completion = { text: "", finishReason: "content_filter" };
    expect(play([delta({ refusal: "I can" })]).answer?.completions).toEqual([completion]);
    expect(play([delta({ refusal: "I can" }), DONE]).answer?.completions).toEqual([completion]);
  });

  test.each([
    [
      "arguments as an object (Ollama)",
      [{ index: 0, id: "a", function: { name: "get", arguments: { x: 1 } } }],
      [{ id: "a", name: "get", arguments: '{"x":1}' }],
    ],
    [
      "one index for several calls",
      [
        { index: 0, id: "a", function: { name: "get", arguments: "{}" } },
        { index: 0, id: "b", function: { name: "put", arguments: "{}" } },
      ],
      [
        { id: "a", name: "get", arguments: "{}" },
        { id: "b", name: "put", arguments: "{}" },
      ],
    ],
    [
      "the name in each piece",
      [
        { index: 0, id: "a", function: { name: "get", arguments: "{" } },
        { index: 0, id: "a", function: { name: "get", arguments: "}" } },
      ],
      [{ id: "a", name: "get", arguments: "{}" }],
    ],
    [
      "no index, and an id",
      [
        { id: "a", function: { name: "get", arguments: "{" } },
        { id: "a", function: { arguments: "}" } },
        { id: "b", function: { name: "put", arguments: "{}" } },
      ],
      [
        { id: "a", name: "get", arguments: "{}" },
        { id: "b", name: "put", arguments: "{}" },
      ],
    ],
    [
      "neither",
      [
        { function: { name: "get", arguments: "{" } },
        { function: { arguments: "}" } },
        { function: { name: "put", arguments: "{}" } },
      ],
      [
        { id: "call_0", name: "get", arguments: "{}" },
        { id: "call_1", name: "put", arguments: "{}" },
      ],
    ],
    [
      "an id that changes",
      [
        { index: 0, id: "a", function: { name: "get", arguments: "" } },
        { index: 0, id: "b", function: { arguments: '{"x"' } },
        { index: 0, id: "c", function: { arguments: ":1}" } },
      ],
      [{ id: "a", name: "get", arguments: '{"x":1}' }],
    ],
    [
      "an id that changes, and the name in each piece",
      [
        { index: 0, id: "a", function: { name: "get", arguments: '{"x"' } },
        { index: 0, id: "b", function: { name: "get", arguments: ":1}" } },
      ],
      [{ id: "a", name: "get", arguments: '{"x":1}' }],
    ],
    [
      "an index that changes",
      [
        { index: 0, id: "a", function: { name: "get", arguments: '{"x"' } },
        { index: 1, id: "a", function: { arguments: ":" } },
        { index: 2, id: "a", function: { arguments: "1}" } },
      ],
      [{ id: "a", name: "get", arguments: '{"x":1}' }],
    ],
    [
      "an index that changes, and no id",
      [
        { index: 0, id: "a", function: { name: "get", arguments: "{" } },
        { index: 1, function: { arguments: "}" } },
      ],
      [{ id: "a", name: "get", arguments: "{}" }],
    ],
    [
      "an id and an index that change",
      [
        { index: 0, id: "a", function: { name: "get", arguments: "{" } },
        { index: 1, id: "b", function: { arguments: "}" } },
        { index: 2, id: "c", function: { name: "get", arguments: "{}" } },
      ],
      [
        { id: "a", name: "get", arguments: "{}" },
        { id: "c", name: "get", arguments: "{}" },
      ],
    ],
    [
      "one index and one name for several (Gemini)",
      [
        { index: 0, id: "a", function: { name: "get", arguments: '{"x":1}' } },
        { index: 0, id: "b", function: { name: "get", arguments: '{"x":2}' } },
      ],
      [
        { id: "a", name: "get", arguments: '{"x":1}' },
        { id: "b", name: "get", arguments: '{"x":2}' },
      ],
    ],
    [
      "one id for several",
      [
        { index: 0, id: "call", function: { name: "get", arguments: "" } },
        { index: 0, function: { arguments: '{"x":1}' } },
        { index: 1, id: "call", function: { name: "get", arguments: "" } },
        { index: 1, function: { arguments: '{"x":2}' } },
      ],
      [
        { id: "call", name: "get", arguments: '{"x":1}' },
        { id: "call", name: "get", arguments: '{"x":2}' },
      ],
    ],
    [
      "no id and no index that tells them apart",
      [
        { index: 0, function: { name: "get", arguments: '{"x":1}' } },
        { index: 0, function: { name: "get", arguments: '{"x":2}' } },
      ],
      [
        { id: "call_0", name: "get", arguments: '{"x":1}' },
        { id: "call_1", name: "get", arguments: '{"x":2}' },
      ],
    ],
    [
      "all of it once more at the end",
      [
        { index: 0, id: "a", function: { name: "get", arguments: '{"x"' } },
        { index: 0, function: { arguments: ":1}" } },
        { index: 0, id: "a", function: { name: "get", arguments: '{"x":1}' } },
      ],
      [{ id: "a", name: "get", arguments: '{"x":1}' }],
    ],
    [
      "a name in pieces",
      [
        { index: 0, id: "a", function: { name: "get_", arguments: "" } },
        { index: 0, function: { name: "time", arguments: "{}" } },
      ],
      [{ id: "a", name: "get_time", arguments: "{}" }],
    ],
    [
      "empty ids",
      [
        { index: 0, id: "", function: { name: "get", arguments: "{" } },
        { index: 0, id: "", function: { name: "", arguments: "}" } },
      ],
      [{ id: "call_0", name: "get", arguments: "{}" }],
    ],
  ])("bring calls of tools with %s", (_what, pieces, toolCalls) => {
    const events = pieces.map((piece) => delta({ tool_calls: [piece] }));
    expect(play([...events, delta({}, "tool_calls")]).answer?.completions[0]?.toolCalls).toEqual(toolCalls);
  });

  test("bring calls of tools in pieces, which belong together by their index", () => {
    const piece = (index: number, more: object) => delta({ tool_calls: [{ index, ...more }] });
    const { answer } = play([
      piece(1, { id: "b", type: "function", function: { name: "time", arguments: "" } }),
      piece(0, { id: "a", type: "function", function: { name: "weather", arguments: "" } }),
      piece(0, { function: { arguments: '{"city":' } }),
      piece(1, { function: { arguments: "{}" } }),
      piece(0, { function: { arguments: '"Oslo"}' } }),
      delta({}, "tool_calls"),
    ]);
    expect(answer?.completions).toEqual([
      {
        text: "",
        finishReason: "tool_calls",
        toolCalls: [
          { id: "a", name: "weather", arguments: '{"city":"Oslo"}' },
          { id: "b", name: "time", arguments: "{}" },
        ],
      },
    ]);
  });

  test("bring calls of tools side by side, which go by their turn where nothing else tells", () => {
    const args = (text: string) => ({ function: { arguments: text } });
    const { answer } = play([
      delta({
        tool_calls: [
          { id: "a", function: { name: "weather", arguments: "" } },
          { id: "b", function: { name: "time", arguments: "" } },
        ],
      }),
      delta({ tool_calls: [args('{"city":'), args("{")] }),
      delta({ tool_calls: [args('"Oslo"}'), args("}")] }),
      delta({}, "tool_calls"),
    ]);
    expect(answer?.completions[0]?.toolCalls).toEqual([
      { id: "a", name: "weather", arguments: '{"city":"Oslo"}' },
      { id: "b", name: "time", arguments: "{}" },
    ]);
  });

  test.each([
    ["error", "server"],
    ["abort", "server"],
    ["network_error", "connection"],
    ["insufficient_system_resource", "overloaded"],
  ])("that end in %s are a failure", (word, code) => {
    expect(() => play([delta({ content: "Do not pay bef" }), delta({}, word)])).toThrow(
      expect.objectContaining({ code }),
    );
    // Also where it was said to have ended before.
    expect(() => play([delta({ content: "x" }, "stop"), delta({}, word)])).toThrow(expect.objectContaining({ code }));
  });

  test("say whether the answer is whole, and whether more is told behind it", () => {
    const reader = chatEvents();
    const after = [delta({ content: "x" }), delta({}, "stop"), { choices: [], usage: { prompt_tokens: 1 } }].map(
      (event) => (reader.push(event), reader.whole),
    );
    expect(after).toEqual(["no", "ended", "told"]);
  });

  test("that tell the whole message once more add what is missing of it", () => {
    const call = { id: "a", function: { name: "get", arguments: "{}" } };
    const message = { content: "hello", reasoning_content: "Hm.", tool_calls: [call] };
    const { texts, answer } = play([
      delta({ content: "hel", reasoning_content: "Hm." }),
      delta({ tool_calls: [{ index: 0, ...call }] }),
      { choices: [{ message, finish_reason: "stop" }] },
    ]);
    expect(texts).toEqual(["hel", "", "lo"]);
    expect(answer?.completions[0]).toMatchObject({
      text: "hello",
      reasoning: "Hm.",
      toolCalls: [{ id: "a", name: "get", arguments: "{}" }],
    });
  });

  test("of another choice than the first are nobody's", () => {
    const of = (index: number, content: string) => ({ choices: [{ index, delta: { content }, finish_reason: null }] });
    expect(play([of(0, "a"), of(1, "b"), of(0, "c"), DONE]).answer?.completions[0]?.text).toBe("ac");
  });

  test("bring whole calls without an index or an id, as small servers send them", () => {
    const call = (name: string) => delta({ tool_calls: [{ function: { name, arguments: "{}" } }] });
    expect(play([call("a"), call("b"), DONE]).answer?.completions[0]).toEqual({
      text: "",
      finishReason: "tool_calls",
      toolCalls: [
        { id: "call_0", name: "a", arguments: "{}" },
        { id: "call_1", name: "b", arguments: "{}" },
      ],
    });
  });

  test("bring log probabilities and reasoning", () => {
    const logprobs = (token: string) => ({ content: [{ token, logprob: -0.5, bytes: null, top_logprobs: [] }] });
    const { texts, answer } = play([
      delta({ reasoning_content: "Hm, " }),
      delta({ reasoning_content: "yes." }),
      { choices: [{ delta: { content: "a" }, logprobs: logprobs("a"), finish_reason: null }] },
      { choices: [{ delta: { content: "b" }, logprobs: logprobs("b"), finish_reason: "stop" }] },
    ]);
    expect(texts.join("")).toBe("ab");
    expect(answer).toMatchObject({
      usage: NOTHING_USED,
      completions: [
        {
          reasoning: "Hm, yes.",
          logprobs: [
            { token: "a", logprob: -0.5 },
            { token: "b", logprob: -0.5 },
          ],
        },
      ],
    });
  });

  test("are a single one where the server does not stream", () => {
    const message = { content: "hello", tool_calls: [{ id: "a", function: { name: "look", arguments: "{}" } }] };
    const { texts, answer } = play([{ id: "1", choices: [{ message, finish_reason: "tool_calls" }] }]);
    expect(texts).toEqual(["hello"]);
    expect(answer?.completions).toEqual([
      { text: "hello", finishReason: "tool_calls", toolCalls: [{ id: "a", name: "look", arguments: "{}" }] },
    ]);
  });

  test.each([[null], ["text"], [[]], [{ choices: 1 }], [delta({ content: 1 })], [delta({ tool_calls: 1 })]])(
    "%j is malformed",
    (event) => {
      expect(() => play([event])).toThrow(expect.objectContaining({ code: "malformed_response" }));
    },
  );

  test("a call of a tool without a name is malformed", () => {
    const events = [delta({ tool_calls: [{ index: 0, function: { arguments: "{}" } }] }), DONE];
    expect(() => play(events)).toThrow(expect.objectContaining({ code: "malformed_response" }));
  });
});
