import { expect, test } from "vitest";
import { nearestName } from "../../src/foundation/nearest-name.ts";

const NAMES = ["temperature", "maxTokens", "topP", "topLogprobs", "seed", "n", "baseURL", "maxConcurrency"];

test.each([
  ["temprature", "temperature"],
  ["tempreature", "temperature"],
  ["max_tokens", "maxTokens"],
  ["maxtoken", "maxTokens"],
  ["top_p", "topP"],
  ["baseUrl", "baseURL"],
  ["maxConcurency", "maxConcurrency"],
  ["sede", "seed"],
  ["colour", undefined],
  ["x", undefined],
  ["presencePenalty", undefined],
])("%s: %s", (wrong, right) => {
  expect(nearestName(wrong, NAMES)).toBe(right);
});

test("there is none among none", () => {
  expect(nearestName("a", [])).toBeUndefined();
});
