import { describe, expect, test } from "vitest";
import { UsageError } from "../../src/foundation/errors.ts";
import { checkedLm } from "../../src/lm/check-answer.ts";
import { LmError } from "../../src/lm/failure.ts";
import type { LanguageModel, LmChunk, LmRequest, LmResponse } from "../../src/lm/language-model.ts";
import { NO_USAGE } from "../../src/lm/language-model.ts";
import { toldUsage } from "../../src/lm/told-usage.ts";
import { wrapModel } from "../../src/lm/wrap-model.ts";

const request: LmRequest = { messages: [{ role: "user", content: "Who?" }] };
const right: LmResponse = {
  completions: [{ text: "Ann", finishReason: "stop" }],
  usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
  model: "mine",
  id: "1",
};
const base: LanguageModel = {
  provider: "me",
  model: "mine",
  identity: "here",
  capabilities: { schema: false, tools: true, prefill: false, grammar: false },
  generate: async () => right,
  stream: async function* () {
    yield { type: "done", response: right };
  },
  close: async () => {},
};

/** What a model's code may give, whatever the types say. */
const answering = (answer: unknown): LanguageModel =>
  checkedLm("test", { ...base, generate: async () => answer as LmResponse });
const streaming = (pieces: unknown): LanguageModel =>
  checkedLm("test", { ...base, stream: () => pieces as AsyncIterable<LmChunk> });

async function* each(...items: readonly unknown[]): AsyncGenerator {
  yield* items;
}

async function read(lm: LanguageModel): Promise<LmChunk[]> {
  const seen: LmChunk[] = [];
  for await (const chunk of lm.stream(request)) seen.push(chunk);
  return seen;
}

const completion = (edits: object): object => ({
  ...right,
  completions: [{ text: "Ann", finishReason: "stop", ...edits }],
});

const UNUSABLE: readonly [string, unknown, string][] = [
  ["nothing", undefined, "an answer, got undefined"],
  ["a text", "Ann", "an answer, got text of 3 characters"],
  ["a list", [right], "an answer, got a list of 1"],
  ["no completions", { ...right, completions: undefined }, "a list of at least one in completions, got undefined"],
  ["none", { ...right, completions: [] }, "a list of at least one in completions, got a list of 0"],
  [
    "completions that are no list",
    { ...right, completions: { 0: {} } },
    "a list of at least one in completions, got an object",
  ],
  [
    "a completion that is none",
    { ...right, completions: ["Ann"] },
    "an object in each of completions, got text of 3 characters",
  ],
  ["no text", completion({ text: null }), "a text in a completion's text, got null"],
  ["a number as the text", completion({ text: 42 }), "a text in a completion's text, got 42"],
  [
    "an unknown finish reason",
    completion({ finishReason: "max_tokens" }),
    "one of stop, length, content_filter, tool_calls, other in a completion's finishReason, got text of 10 characters",
  ],
  [
    "no finish reason",
    completion({ finishReason: undefined }),
    "one of stop, length, content_filter, tool_calls, other in a completion's finishReason, got undefined",
  ],
  [
    "a call without a name",
    completion({ toolCalls: [{ id: "1", arguments: "{}" }] }),
    "a list of { id, name, arguments }, all texts, in a completion's toolCalls, got a list of 1",
  ],
  [
    "log probabilities that are none",
    completion({ logprobs: [0.5] }),
    "a list of { token, logprob } in a completion's logprobs, got a list of 1",
  ],
  [
    "reasoning that is no text",
    completion({ reasoning: ["hm"] }),
    "a text in a completion's reasoning, got a list of 1",
  ],
];

describe("an answer of no use", () => {
  test.each(UNUSABLE)(
    "%s, is a malformed response, whole and as the end of a stream",
    async (_what, answer, message) => {
      const failure = {
        name: "LmError",
        code: "malformed_response",
        retryable: false,
        provider: "me",
        message: `mine: expected ${message}: the model's code answers wrongly`,
      };
      await expect(answering(answer).generate(request)).rejects.toMatchObject(failure);
      await expect(read(streaming(each({ type: "done", response: answer })))).rejects.toMatchObject(failure);
    },
  );

  test.each<[string, unknown, string]>([
    ["nothing", undefined, "an async iterable of chunks from stream, got undefined"],
    ["a promise of a stream", Promise.resolve(each()), "an async iterable of chunks from stream, got an object"],
    ["an item that is none", each(undefined), "a chunk from the stream, got undefined"],
    ["a text as an item", each("Ann"), "a chunk from the stream, got text of 3 characters"],
    ["an item of no kind", each({ type: "ping" }), "text or done as the type of a chunk, got text of 4 characters"],
    ["a text that is none", each({ type: "text", text: 5 }), "a text in a chunk of type text, got 5"],
    [
      "results that are none",
      { [Symbol.asyncIterator]: () => ({ next: async () => undefined }) },
      "an iterator's result from the stream, got undefined",
    ],
  ])("a stream that gives %s, too", async (_what, pieces, message) => {
    await expect(read(streaming(pieces))).rejects.toMatchObject({
      code: "malformed_response",
      retryable: false,
      message: `mine: expected ${message}: the model's code answers wrongly`,
    });
  });

  test("a stream that ends before its response may fare better when asked again", async () => {
    await expect(read(streaming(each({ type: "text", text: "A" })))).rejects.toMatchObject({
      code: "malformed_response",
      retryable: true,
      message: "mine: the stream ended without its response",
    });
  });
});

describe("an answer that can be used", () => {
  test("is not copied where all is well", async () => {
    expect(await answering(right).generate(request)).toBe(right);
    const done = { type: "done", response: right };
    expect((await read(streaming(each(done))))[0]).toBe(done);
  });

  test.each<[string, object, Partial<LmResponse>]>([
    ["has no usage", { usage: undefined }, { usage: NO_USAGE }],
    [
      "has a usage of no sense",
      { usage: { inputTokens: Number.NaN, outputTokens: 1, totalTokens: 1 } },
      { usage: NO_USAGE },
    ],
    ["does not name its model or itself", { model: undefined, id: 7 }, { model: "mine", id: "" }],
    ["tells limits that are none", { rateLimit: { tokens: { remaining: Number.NaN } } }, {}],
    [
      "tells limits that are",
      { id: undefined, rateLimit: { tokens: { remaining: 5 } } },
      { id: "", rateLimit: { tokens: { remaining: 5 } } },
    ],
  ])("and %s is put right", async (_what, edits, expected) => {
    const answer = Object.freeze({ ...right, ...edits });
    expect(await answering(answer).generate(request)).toEqual({ ...right, ...expected });
    expect(await read(streaming(each({ type: "done", response: answer })))).toEqual([
      { type: "done", response: { ...right, ...expected } },
    ]);
  });
});

test("a usage in which all is well is not copied", () => {
  expect(toldUsage(right.usage)).toBe(right.usage);
});

test.each<[unknown, unknown]>([
  [right.usage, right.usage],
  [undefined, NO_USAGE],
  [null, NO_USAGE],
  ["5 tokens", NO_USAGE],
  [{}, NO_USAGE],
  [
    { inputTokens: 3, outputTokens: 2 },
    { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
  ],
  [
    { inputTokens: 3, outputTokens: 2, totalTokens: Number.NaN },
    { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
  ],
  [
    { inputTokens: 3, outputTokens: 2, totalTokens: 1e12 },
    { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
  ],
  [{ inputTokens: -1, outputTokens: 2, totalTokens: 1 }, NO_USAGE],
  [{ inputTokens: 1.5, outputTokens: 2, totalTokens: 3.5 }, NO_USAGE],
  [{ inputTokens: "3", outputTokens: 2, totalTokens: 5 }, NO_USAGE],
  [{ inputTokens: 1e12, outputTokens: 2, totalTokens: 5 }, NO_USAGE],
  [{ inputTokens: 3, outputTokens: Infinity, totalTokens: 5 }, NO_USAGE],
  [
    { ...right.usage, cachedInputTokens: Number.NaN, reasoningTokens: -1, cacheHits: 1 },
    { ...right.usage, cacheHits: 1 },
  ],
])("of the usage %j that is told which makes sense: %j", (usage, expected) => {
  expect(toldUsage(usage)).toEqual(expected);
});

test.each([Number.NaN, -1])("a failure that asks for a wait of %s asks for none", (retryAfterMs) => {
  expect(new LmError("full", { code: "overloaded", retryAfterMs }).retryAfterMs).toBeUndefined();
});

describe("a stream", () => {
  test("that says it is done twice, or goes on without end, is over when it has its response", async () => {
    let given = 0;
    let left = 0;
    async function* endless(): AsyncGenerator {
      try {
        for (;;) {
          given += 1;
          yield { type: "done", response: { ...right, id: String(given) } };
        }
      } finally {
        left += 1;
      }
    }
    expect(await read(streaming(endless()))).toEqual([{ type: "done", response: { ...right, id: "1" } }]);
    expect([given, left]).toEqual([2, 1]);
  });

  test("of rubbish is returned, and so is one that is left, also while it is waited for", async () => {
    const returned: string[] = [];
    const pieces = (name: string, next: () => Promise<unknown>): unknown => ({
      [Symbol.asyncIterator]: () => ({
        next,
        return: async () => {
          returned.push(name);
          throw new Error("its last words are nobody's");
        },
      }),
    });
    const rubbish = pieces("rubbish", async () => ({ done: false, value: 5 }));
    await expect(read(streaming(rubbish))).rejects.toMatchObject({ code: "malformed_response" });
    const waiting = streaming(pieces("left", () => new Promise(() => {}))).stream(request);
    const left = waiting[Symbol.asyncIterator]();
    void left.next();
    await expect(left.return?.()).rejects.toThrow("its last words are nobody's");
    expect(returned).toEqual(["rubbish", "left"]);
  });

  test("fails with the model's own error", async () => {
    const failure = new TypeError("a bug");
    async function* failing(): AsyncGenerator {
      yield { type: "text", text: "A" };
      throw failure;
    }
    await expect(read(streaming(failing()))).rejects.toBe(failure);
  });
});

describe("the model that is checked", () => {
  test("loses nothing of what it has, as an object or as an instance of a class", async () => {
    class Mine {
      readonly provider = "me";
      readonly #name = "mine";
      readonly capabilities = base.capabilities;
      get model(): string {
        return this.#name;
      }
      async generate(): Promise<LmResponse> {
        return { ...right, id: this.#name };
      }
      async *stream(): AsyncGenerator<LmChunk> {
        yield { type: "done", response: { ...right, id: this.#name } };
      }
      async close(): Promise<void> {
        await this.embed();
      }
      async embed(): Promise<string> {
        return this.#name;
      }
    }
    const lm = checkedLm("test", new Mine());
    expect({ ...wrapModel(lm, {}) }).toMatchObject({ provider: "me", model: "mine", capabilities: base.capabilities });
    expect([await lm.generate(request), await read(lm)]).toEqual([
      { ...right, id: "mine" },
      [{ type: "done", response: { ...right, id: "mine" } }],
    ]);
    await lm.close();
    const embed: unknown = Reflect.get(wrapModel(lm, {}), "embed");
    expect(await (embed as () => Promise<string>)()).toBe("mine");
    const plain = { ...base, embed: async () => "plain" };
    expect(checkedLm("test", plain)).toMatchObject({ identity: "here", embed: plain.embed });
  });

  test.each<[string, unknown, string]>([
    ["nothing", undefined, "expected an open language model, got undefined"],
    ["a function", () => right, "expected an open language model, got function (anonymous)"],
    [
      "parts of one",
      { provider: "me", generate: base.generate },
      "what was opened is no language model: it has no model, capabilities, stream, close (see LanguageModel)",
    ],
    ["one with an odd identity", { ...base, identity: 5 }, "a model's identity must be a text, got 5"],
  ])("cannot be %s", (_what, lm, message) => {
    expect(() => checkedLm("test", lm as LanguageModel)).toThrow(new UsageError(`test: ${message}`));
  });

  test("may close as it likes", async () => {
    const close = (how: () => unknown) => checkedLm("test", { ...base, close: how as () => Promise<void> }).close();
    await expect(close(() => undefined)).resolves.toBeUndefined();
    await expect(close(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
    await expect(
      close(() => {
        throw new Error("no");
      }),
    ).rejects.toThrow("no");
  });
});
