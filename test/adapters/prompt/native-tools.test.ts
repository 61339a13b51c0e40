import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { AdapterStep, AskStep } from "../../../src/adapters/adapter.ts";
import { chatAdapter } from "../../../src/adapters/chat-adapter.ts";
import { jsonAdapter } from "../../../src/adapters/json-adapter.ts";
import type { LmCapabilities } from "../../../src/lm/language-model.ts";
import type { LmToolCall } from "../../../src/lm/message.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { tool } from "../../../src/signatures/values/tool.ts";

const ABLE: LmCapabilities = { schema: true, tools: true, prefill: false, grammar: false };
const search = tool({
  name: "search",
  description: "Searches.",
  input: z.object({ query: z.string(), k: z.int().default(3) }),
});
const Ask = signature("question, tools: list[Tool] -> answer, calls: ToolCalls", { name: "Ask" });
const INPUTS = { question: "x", tools: [search] };

function begin(inputs: object = INPUTS): AskStep {
  const prepared = jsonAdapter().prepare(Ask, []);
  return prepared.begin(inputs as typeof INPUTS, ABLE);
}

function answer(calls: readonly LmToolCall[], text = ""): AdapterStep {
  return begin().read({ text, finishReason: "tool_calls", ...(calls.length > 0 && { toolCalls: calls }) });
}

function call(args: string, name = "search", id = "c1"): LmToolCall {
  return { id, name, arguments: args };
}

describe("native tools", () => {
  test("leave their fields out of the prompt and stand in the request", () => {
    const { request } = begin();
    expect(request.tools).toEqual([{ name: "search", description: "Searches.", parameters: search.parameters }]);
    expect(JSON.stringify(request.messages)).not.toMatch(/Searches|ToolCalls/);
    expect(request.responseFormat).toMatchObject({ schema: { required: ["answer"] } });
  });

  test("are text where the adapter, or the model, does without them", () => {
    for (const [adapter, capabilities] of [
      [chatAdapter(), ABLE],
      [jsonAdapter({ nativeTools: false }), ABLE],
      [jsonAdapter(), { ...ABLE, tools: false }],
    ] as const) {
      const { request } = adapter.prepare(Ask, []).begin(INPUTS, capabilities);
      expect(request.tools).toBeUndefined();
      expect(JSON.stringify(request.messages)).toContain("Searches.");
    }
  });

  test("are text in a signature that has no field for them, or takes no calls", () => {
    for (const text of ["question -> calls: ToolCalls", "tools: list[Tool] -> answer"] as const) {
      const { request } = jsonAdapter()
        .prepare(signature(text), [])
        .begin({ question: "x", tools: [search] }, ABLE);
      expect(request.tools).toBeUndefined();
    }
  });

  test("nothing is offered where no tool is given", () => {
    expect(begin({ question: "x", tools: [] }).request).not.toHaveProperty("tools");
  });

  test("a call has its arguments checked, and filled in, by the tool's schema", () => {
    expect(answer([call('{"query": "y"}')])).toMatchObject({
      kind: "done",
      fields: { answer: "", calls: [{ id: "c1", name: "search", args: { query: "y", k: 3 } }] },
      mended: [],
    });
  });

  test("loose arguments are read, and it is said what was mended", () => {
    const step = answer([call("{query: 'y', k: '2',}")]);
    expect(step).toMatchObject({ kind: "done", fields: { calls: [{ args: { query: "y", k: 2 } }] } });
    expect(step.kind === "done" && step.mended.length).toBeGreaterThan(0);
    expect(step.kind === "done" && step.mended[0]).toMatch(/^calls: search: /);
  });

  test.each<readonly [string, LmToolCall, RegExp]>([
    ["an unknown tool", call("{}", "find"), /^calls: there is no tool "find"; the tools are search$/],
    ["a missing argument", call('{"k": 1}'), /^calls: search: .*query/],
    ["an argument of another type", call('{"query": "y", "k": "many"}'), /^calls: search: .*k/],
    [
      "an argument that there is not",
      call('{"query": "y", "q": 1}'),
      /takes no argument "q"; its arguments are query, k/,
    ],
    ["no JSON", call("query=y"), /^calls: search: its arguments are no JSON object$/],
  ])("a call that cannot be made is refused: %s", (_what, given, problem) => {
    const step = answer([given, call('{"query": "y"}', "search", "c2")]);
    expect(step).toMatchObject({
      kind: "unreadable",
      field: "calls",
      problem: expect.stringMatching(problem) as string,
    });
    const again = step.kind === "unreadable" ? step.again.request.messages.slice(-3) : [];
    // Providers want an answer to each call before they go on.
    expect(again).toMatchObject([
      { role: "assistant", toolCalls: [{ id: "c1" }, { id: "c2" }] },
      { role: "tool", toolCallId: "c1", content: expect.stringContaining("could not be made") as string },
      { role: "tool", toolCallId: "c2" },
    ]);
  });

  test("an answer without calls has none, and one that is in neither form is refused", () => {
    expect(answer([], '{"answer": "y"}')).toMatchObject({ kind: "done", fields: { answer: "y", calls: [] } });
    expect(answer([])).toMatchObject({ kind: "unreadable", problem: expect.stringMatching(/is empty/) as string });
    expect(answer([], "hm")).toMatchObject({ kind: "unreadable" });
  });

  test("words beside a call that are not in the layout do not lose it", () => {
    const step = answer([call('{"query": "y"}')], "Let me look that up.");
    expect(step).toMatchObject({ kind: "done", fields: { answer: "", calls: [{ name: "search" }] } });
  });

  test("an output that is no text must be there beside calls, unless it may be left out", () => {
    const read = (outputs: "n: int" | "n?: int" | "n: int = 4"): AdapterStep =>
      jsonAdapter()
        .prepare(signature(`tools: list[Tool] -> ${outputs}, calls: ToolCalls`), [])
        .begin({ tools: [search] }, ABLE)
        .read({ text: "", finishReason: "tool_calls", toolCalls: [call('{"query": "y"}')] });
    expect(read("n: int")).toMatchObject({ kind: "unreadable", field: "n" });
    expect(read("n?: int")).toMatchObject({ kind: "done", fields: { n: null } });
    expect(read("n: int = 4")).toMatchObject({ kind: "done", fields: { n: 4 } });
  });

  test("a tool that came as JSON has the names of its arguments checked", () => {
    const plain = JSON.parse(JSON.stringify(search)) as typeof search;
    const read = (args: string): AdapterStep =>
      begin({ question: "x", tools: [plain] }).read({ text: "", finishReason: "tool_calls", toolCalls: [call(args)] });
    expect(read('{"query": 5}')).toMatchObject({ kind: "done", fields: { calls: [{ args: { query: 5 } }] } });
    expect(read("{}")).toMatchObject({ problem: 'calls: search: the argument "query" is missing' });
  });
});
