import { expect, test } from "vitest";
import { asHit, isKeepable, readResponse, sizeInMemory } from "../../../src/lm/cache/entry.ts";
import type { LmFinishReason } from "../../../src/lm/language-model.ts";
import { cachedResponse } from "../cached-response.ts";

test.each<[LmFinishReason, string, boolean]>([
  ["stop", "an answer", true],
  ["tool_calls", "", false],
  ["tool_calls", "Let me see.", true],
  ["stop", "", false],
  ["stop", " \n", false],
  ["length", "half an ans", false],
  ["content_filter", "no", false],
  ["other", "something", false],
])("an answer that ended with %s and says %j: kept %s", (finishReason, text, kept) => {
  expect(isKeepable(cachedResponse(text, finishReason))).toBe(kept);
});

const toolCalls = [{ id: "a", name: "look", arguments: "{}" }];

test("an answer that only calls tools is kept", () => {
  const { completions: _, ...rest } = cachedResponse("");
  expect(isKeepable({ ...rest, completions: [{ text: "", finishReason: "tool_calls", toolCalls }] })).toBe(true);
});

test("of several completions all must be good", () => {
  const { completions, ...rest } = cachedResponse("one");
  expect(isKeepable({ ...rest, completions: [...completions, { text: "tw", finishReason: "length" }] })).toBe(false);
  expect(isKeepable({ ...rest, completions: [] })).toBe(false);
});

test("a hit costs no tokens and no dollars, and says that it is one", () => {
  const response = cachedResponse("one");
  expect(asHit(response)).toEqual({
    ...response,
    usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0, cacheHits: 1 },
    usd: 0,
  });
});

test("what is read from disk is looked at", () => {
  const response = cachedResponse("one");
  expect(readResponse(JSON.parse(JSON.stringify(response)))).toEqual(response);
  const logprobs = [{ token: "one", logprob: -0.5, top: [{ token: "two", logprob: -1 }] }];
  const rich = { text: "one", finishReason: "tool_calls", toolCalls, logprobs, reasoning: "Hm." };
  const full = { ...response, completions: [rich] };
  expect(readResponse(JSON.parse(JSON.stringify(full)))).toEqual(full);
  const damaged = [
    { toolCalls: {} },
    { toolCalls: [{ id: "a", name: "look" }] },
    { logprobs: [{ token: "one", logprob: "-1" }] },
    { logprobs: [{ token: "one", logprob: -1, top: [null] }] },
    { logprobs: "none" },
    { reasoning: 1 },
  ];
  for (const more of damaged) expect(readResponse({ ...full, completions: [{ ...rich, ...more }] })).toBeUndefined();
  const wrong: readonly unknown[] = [
    null,
    "text",
    [],
    { ...response, completions: [] },
    { ...response, completions: [{ text: 1, finishReason: "stop" }] },
    { ...response, completions: [{ text: "one", finishReason: "eos" }] },
    { ...response, usage: { inputTokens: 1 } },
    { ...response, model: undefined },
  ];
  for (const value of wrong) expect(readResponse(value)).toBeUndefined();
});

test("the size in memory grows with the text", () => {
  const small = sizeInMemory("key", cachedResponse("x"));
  expect(sizeInMemory("key", cachedResponse("x".repeat(1_001)))).toBeGreaterThanOrEqual(small + 2_000);
  const { completions, ...rest } = cachedResponse("x");
  const logprobs = Array.from({ length: 100 }, () => ({ token: "x", logprob: -0.123 }));
  const more = completions.map((completion) => ({ ...completion, logprobs, reasoning: "x".repeat(100) }));
  expect(sizeInMemory("key", { ...rest, completions: more })).toBeGreaterThanOrEqual(small + 5_000);
});
