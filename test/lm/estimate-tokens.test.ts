import { expect, test } from "vitest";
import { estimateInputTokens, estimateTokens } from "../../src/lm/estimate-tokens.ts";
import type { LmMessage } from "../../src/lm/message.ts";

const messages: readonly LmMessage[] = [{ role: "user", content: "eight ch" }];

test("a prompt counts by its characters, and what is no text by the piece", () => {
  expect(estimateInputTokens({ messages })).toBe(2);
  const image = { type: "image", url: "data:image/png;base64,AAAA" } as const;
  const content = [{ type: "text", text: "eight ch" } as const, image];
  expect(estimateInputTokens({ messages: [{ role: "user", content }] })).toBe(802);
});

test("tools count by their definitions, and calls of them by what they say", () => {
  const tool = { name: "look", parameters: { type: "object" } };
  const more = Math.ceil((8 + JSON.stringify([tool]).length) / 4);
  expect(estimateInputTokens({ messages, tools: [tool] })).toBe(more);
  expect(estimateInputTokens({ messages, tools: [] })).toBe(2);
  const asked: LmMessage = {
    role: "assistant",
    content: "",
    toolCalls: [{ id: "a", name: "look", arguments: '{"a":1} ' }],
  };
  expect(estimateInputTokens({ messages: [...messages, asked] })).toBe(5);
});

test("an answer counts by its bound, for each completion", () => {
  expect(estimateTokens({ messages, maxTokens: 10, n: 3 })).toBe(32);
  expect(estimateTokens({ messages })).toBe(502);
});
