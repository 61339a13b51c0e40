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

  const added = (item: object, more: object = {}) => ({ type: "response.output_item.added", item, ...more });
  const itemDone = (item: object, more: object = {}) => ({ type: "response.output_item.done", item, ...more });
  const place = { output_index: 0 };
  const first = { ...message("Hello"), id: "msg_1" };
  const second = { ...message(" and bye"), id: "msg_2" };
  const textDone = (text: string, more: object = {}) => ({ type: "response.output_text.done", text, ...more });

  test.each<[string, readonly object[], readonly string[]]>([
    ["only at its end", [textDone("Hello", { item_id: "msg_1" }), completed()], ["Hello"]],
    [
      "only at its part's end",
      [{ type: "response.content_part.done", part: { type: "output_text", text: "Hello" } }, completed()],
      ["Hello"],
    ],
    [
      "and its end, which lacks the last piece",
      [
        delta("Hel"),
        textDone("Hello", place),
        itemDone(message("Hello"), place),
        completed({ output: [message("Hello")] }),
      ],
      ["Hel", "lo"],
    ],
    [
      "and an end that says it differently",
      [
        delta("Hello "),
        textDone("Hello", place),
        itemDone(message("Hello"), place),
        completed({ output: [message("hello!")] }),
      ],
      ["Hello "],
    ],
    [
      "under ids that change",
      [
        added({ ...first, content: [] }, place),
        delta("Hel", { item_id: "x" }),
        delta("lo", { item_id: "y" }),
        itemDone({ ...first, id: "z" }, place),
        completed({ output: [{ ...first, id: "w" }] }),
      ],
      ["Hel", "lo"],
    ],
    [
      "under no ids and a wrong place",
      [
        added({ ...message(""), content: [] }, place),
        delta("Hel", { output_index: 1 }),
        delta("lo", { output_index: 1 }),
        itemDone(message("Hello"), place),
        completed({ output: [message("Hello")] }),
      ],
      ["Hel", "lo"],
    ],
    [
      "of two messages, the second at the end alone",
      [delta("Hello", { item_id: "msg_1" }), completed({ output: [first, second] })],
      ["Hello", " and bye"],
    ],
    [
      "of two messages at one place",
      [
        added({ ...first, content: [] }, place),
        delta("Hello", { item_id: "msg_1" }),
        itemDone(first, place),
        added({ ...second, content: [] }, place),
        delta(" and bye", { item_id: "msg_2" }),
        itemDone(second, place),
        completed({ output: [first, second] }),
      ],
      ["Hello", " and bye"],
    ],
    ["beside the items", [completed({ output: [], output_text: "Hello" })], ["Hello"]],
    ["as a plain text", [completed({ output: [{ type: "message", content: "Hello" }] })], ["Hello"]],
    ["behind response.done", [{ type: "response.done", response: response({ output: [first] }) }], ["Hello"]],
  ])("bring text once, told %s", (_what, events, expected) => {
    const { texts, answer } = play(events);
    expect(texts).toEqual(expected);
    expect(answer?.completions[0]?.text).toBe(expected.join(""));
  });

  const callOf = (call_id: string, args: unknown, more: object = {}) => ({
    type: "function_call",
    call_id,
    name: "time",
    arguments: args,
    ...more,
  });
  const argumentsOf = (call: "delta" | "done", more: object) => ({
    type: `response.function_call_arguments.${call}`,
    ...more,
  });
  const A = { id: "a", name: "time", arguments: '{"at":1}' };
  const B = { id: "b", name: "time", arguments: '{"at":2}' };
  test.each<[string, readonly object[], readonly object[]]>([
    [
      "only at its arguments' end",
      [
        added(callOf("a", "", { id: "fc" }), place),
        argumentsOf("done", { item_id: "fc", arguments: A.arguments }),
        completed(),
      ],
      [A],
    ],
    [
      "with arguments that are an object",
      [itemDone(callOf("a", { at: 1 }), place), completed({ output: [callOf("a", { at: 1 })] })],
      [A],
    ],
    [
      "in pieces that are objects",
      [added(callOf("a", ""), place), argumentsOf("done", { ...place, arguments: { at: 1 } }), completed()],
      [A],
    ],
    [
      "without places or ids",
      [
        added(callOf("a", "")),
        argumentsOf("delta", { delta: A.arguments }),
        itemDone(callOf("a", A.arguments)),
        added(callOf("b", "")),
        argumentsOf("delta", { delta: B.arguments }),
        itemDone(callOf("b", B.arguments)),
        completed({ output: [callOf("a", A.arguments), callOf("b", B.arguments)] }),
      ],
      [A, B],
    ],
    [
      "whose ids change at the end",
      [
        itemDone(callOf("a", A.arguments, { id: "1" }), place),
        completed({ output: [callOf("z", A.arguments, { id: "2" })] }),
      ],
      [A],
    ],
    [
      "at the end alone, beside one that was told",
      [
        itemDone(callOf("a", A.arguments), place),
        completed({ output: [callOf("a", A.arguments), callOf("b", B.arguments)] }),
      ],
      [A, B],
    ],
    [
      "whose end leaves its name and its arguments out",
      [
        added(callOf("a", "", { id: "fc" }), place),
        argumentsOf("delta", { item_id: "fc", delta: A.arguments }),
        itemDone({ type: "function_call", id: "fc", call_id: "a" }, place),
        completed(),
      ],
      [A],
    ],
    [
      "that are equal, and two",
      [
        itemDone(callOf("a", "{}"), place),
        itemDone(callOf("b", "{}"), place),
        completed({ output: [callOf("a", "{}"), callOf("b", "{}")] }),
      ],
      [
        { ...A, arguments: "{}" },
        { ...B, arguments: "{}" },
      ],
    ],
  ])("bring calls once, told %s", (_what, events, expected) => {
    expect(play(events).answer?.completions[0]?.toolCalls).toEqual(expected);
  });

  test.each([
    ["response.failed", {}, "server"],
    ["response.failed", { status: "completed" }, "server"],
    ["response.cancelled", { status: "cancelled" }, "server"],
    ["response.incomplete", { incomplete_details: { reason: "error" } }, "server"],
    ["response.incomplete", { incomplete_details: { reason: "pause_turn" } }, "malformed_response"],
  ])("%s of %j is a failure", (type, more, code) => {
    const { status: _status, ...rest } = response();
    expect(() => play([delta("hal"), { type, response: { ...rest, ...more } }])).toThrow(
      expect.objectContaining({ code }),
    );
  });

  test.each([
    [{ reason: "max_output_tokens" }, "length"],
    [{ reason: "max_tokens" }, "length"],
    [{ reason: "content_filter" }, "content_filter"],
    [{ reason: "whatever" }, "other"],
    [null, "length"],
  ])("an incomplete answer for %j is %s, whatever its status says", (incomplete_details, expected) => {
    const { answer } = play([
      delta("hal"),
      { type: "response.incomplete", response: response({ incomplete_details }) },
    ]);
    expect(answer?.completions[0]?.finishReason).toBe(expected);
  });

  test("what came of its tokens before the end counts where the end tells none", () => {
    const usage = { input_tokens: 7, output_tokens: 3 };
    const begun = { type: "response.in_progress", response: response({ status: "in_progress", usage }) };
    const zeros = { input_tokens: 0, output_tokens: 0, total_tokens: 0 };
    expect(play([begun, delta("x"), completed({ usage: zeros })]).answer?.usage).toEqual({
      inputTokens: 7,
      outputTokens: 3,
      totalTokens: 10,
    });
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
