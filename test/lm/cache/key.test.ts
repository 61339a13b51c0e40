import { describe, expect, test } from "vitest";
import { cacheKey } from "../../../src/lm/cache/key.ts";
import type { LmRequest } from "../../../src/lm/language-model.ts";

const lm = { provider: "openai", model: "gpt-5-mini", identity: "https://api.openai.com/v1 x" };
const request: LmRequest = {
  messages: [
    { role: "system", content: "Be brief." },
    { role: "user", content: "Who?" },
  ],
};
const schema = (properties: object) =>
  ({ responseFormat: { type: "json_schema", name: "answer", schema: { properties }, strict: true } }) as const;
const keyOf = (more: object): string | undefined => cacheKey(lm, { ...request, ...more });

test("is short, and the same for the same request, however its fields are ordered", () => {
  expect(cacheKey(lm, request)).toMatch(/^[\w-]{43}$/);
  const a: LmRequest = { messages: request.messages, temperature: 1, seed: 2 };
  const b: LmRequest = { seed: 2, temperature: 1, messages: structuredClone(request.messages) };
  expect(cacheKey(lm, a)).toBe(cacheKey(lm, b));
});

describe("everything that can change the answer changes it", () => {
  const others: Readonly<Record<string, string | undefined>> = {
    "the plain request": keyOf({}),
    "another provider": cacheKey({ ...lm, provider: "other" }, request),
    "another model": cacheKey({ ...lm, model: "gpt-5" }, request),
    "another base URL, or other settings": cacheKey({ ...lm, identity: "https://example.com/v1 x" }, request),
    "another message": keyOf({ messages: request.messages.slice(1) }),
    "another role": keyOf({ messages: request.messages.map((message) => ({ ...message, role: "assistant" })) }),
    "a temperature": keyOf({ temperature: 0 }),
    "another temperature": keyOf({ temperature: 1 }),
    "a token limit": keyOf({ maxTokens: 100 }),
    "stop strings": keyOf({ stop: ["\n"] }),
    "a seed": keyOf({ seed: 1 }),
    "several completions": keyOf({ n: 2 }),
    "a repeat penalty": keyOf({ repeatPenalty: 1.1 }),
    "a model of the same server": keyOf({ model: "tuned" }),
    "a response format": keyOf({ responseFormat: { type: "json_object" } }),
    "a schema": keyOf(schema({ a: {}, b: {} })),
    // The model writes the properties in the schema's order, and may come to something else.
    "the same schema in another order": keyOf(schema({ b: {}, a: {} })),
    "a grammar": keyOf({ grammar: "root ::= [0-9]" }),
    "a rollout id": keyOf({ rolloutId: 1 }),
    "another rollout id": keyOf({ rolloutId: 2 }),
    "a rollout id that is a text": keyOf({ rolloutId: "1" }),
    "a field that does not exist yet": keyOf({ tools: [{ name: "search" }] }),
    "another value of that": keyOf({ tools: [{ name: "find" }] }),
    bytes: keyOf({ image: new Uint8Array([1, 2]) }),
    "other bytes": keyOf({ image: new Uint8Array([1, 3]) }),
  };
  const seen = new Map<string | undefined, string>();
  for (const [what, key] of Object.entries(others)) {
    test(what, () => {
      expect(key).toBeDefined();
      expect(seen.get(key)).toBeUndefined();
      seen.set(key, what);
    });
  }
});

test("what cannot change the answer does not", () => {
  const plain = keyOf({});
  expect(keyOf({ writeAnswer: () => "" })).toBe(plain);
  expect(keyOf({ cache: true })).toBe(plain);
  expect(keyOf({ temperature: undefined })).toBe(plain);
});

test("there is none where an answer must not come from a cache", () => {
  const { identity: _, ...unknown } = lm;
  expect(cacheKey(unknown, request)).toBeUndefined();
  expect(keyOf({ cache: false })).toBeUndefined();
  // JSON would leave these out, or take different ones for the same.
  const odd: readonly unknown[] = [() => 1, Symbol("a"), 1n, new Map([[1, 2]]), new Set([1]), Number.NaN, Infinity];
  for (const value of odd) {
    expect(keyOf({ odd: value })).toBeUndefined();
    expect(keyOf({ odd: { deep: [value] } })).toBeUndefined();
  }
});
