import { expect, test } from "vitest";
import { z } from "zod";
import { jsonAdapter } from "../../src/adapters/json-adapter.ts";
import { NO_USAGE } from "../../src/lm/language-model.ts";
import type { LanguageModel, LmRequest } from "../../src/lm/language-model.ts";
import type { LmToolCall } from "../../src/lm/message.ts";
import { forward } from "../../src/programs/bare/forward.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import { signature } from "../../src/signatures/signature.ts";
import { tool } from "../../src/signatures/values/tool.ts";
import { scripted } from "../../src/testing/scripted.ts";

/** A model that calls tools by its own means, one list of calls for each request. */
function calling(replies: readonly (readonly LmToolCall[])[]): LanguageModel & { readonly requests: LmRequest[] } {
  const requests: LmRequest[] = [];
  return {
    ...scripted([]),
    capabilities: { schema: true, tools: true, prefill: false, grammar: false },
    requests,
    generate(request) {
      const toolCalls = replies[requests.push(request) - 1] ?? [];
      const completions = [{ text: "", finishReason: "tool_calls" as const, toolCalls }];
      return Promise.resolve({ completions, usage: NO_USAGE, model: "calling", id: "r" });
    },
  };
}

const search = tool({ name: "search", description: "Searches.", input: z.object({ query: z.string() }) });
const plan = predict(signature("question, tools: list[Tool] -> calls: ToolCalls"), { adapter: jsonAdapter() });

test("a call of a tool that there is not is asked for again, as the tool's own answer", async () => {
  const lm = calling([
    [{ id: "c1", name: "find", arguments: '{"query": "x"}' }],
    [{ id: "c2", name: "search", arguments: "{query: 'x'}" }],
  ]);
  const result = await forward(plan, { question: "Who?", tools: [search] }, { clients: { lm } });
  expect(result).toEqual({ calls: [{ id: "c2", name: "search", args: { query: "x" } }] });
  expect(result.$meta).toMatchObject({ attempts: 2, repairs: 1 });
  expect(result.$meta.mended.join()).toMatch(/^calls: search: /);
  expect(lm.requests[1]?.messages.slice(-2)).toMatchObject([
    { role: "assistant", toolCalls: [{ id: "c1" }] },
    { role: "tool", toolCallId: "c1" },
  ]);
  expect(result.$meta.messages.at(-1)).toMatchObject({ role: "assistant", toolCalls: [{ id: "c2" }] });
});

test("calls that cannot be made after asking again fail as an answer that cannot be read, with the calls", async () => {
  const wrong = [{ id: "c1", name: "find", arguments: "{}" }];
  const failed = forward(
    plan,
    { question: "Who?", tools: [search] },
    { clients: { lm: calling([wrong, wrong, wrong]) } },
  );
  await expect(failed).rejects.toMatchObject({
    code: "unparsable_output",
    details: { field: "calls", raw: JSON.stringify(wrong) },
  });
});
