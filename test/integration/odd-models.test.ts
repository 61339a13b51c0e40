// A user's own model or retriever that answers rubbish: its call fails or goes on, and nobody else hears of it.
import { afterEach, describe, expect, test } from "vitest";
import { client, clientName } from "../../src/actors/client/client.ts";
import { UsageError } from "../../src/foundation/errors.ts";
import { fromAiSdk } from "../../src/lm/ai-sdk/ai-sdk.ts";
import type { LanguageModel, LmChunk, LmResponse, LmSpec } from "../../src/lm/language-model.ts";
import { textOf } from "../../src/lm/message.ts";
import { backoff } from "../../src/lm/retry/retry-policy.ts";
import { forward } from "../../src/programs/bare/forward.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import { retrieve } from "../../src/programs/modules/retrieve.ts";
import { stream } from "../../src/programs/bare/stream.ts";
import type { Retriever, RetrieverSpec } from "../../src/retrieval/retriever.ts";
import { signature } from "../../src/signatures/signature.ts";
import type { ChildSpec } from "../../src/supervisors/child-spec.ts";
import { startSystem, type System } from "../../src/system.ts";
import { testClock } from "../../src/testing/test-clock.ts";

const qa = predict(signature("question -> answer"), { name: "qa" });
const TEXT = "[[ ## answer ## ]]\nAnn\n\n[[ ## completed ## ]]";
const completions = [{ text: TEXT, finishReason: "stop" }];
const RIGHT: unknown = {
  completions,
  usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
  model: "mine",
  id: "",
};

const systems: System[] = [];
afterEach(async () => {
  for (const system of systems.splice(0)) await system.stop();
});

/** A model whose question `odd` is answered so; `slow` waits to be let go on, and all else is answered rightly. */
function oddModel(answer: unknown, pieces?: () => unknown) {
  let letGo: (() => void) | undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const answerTo = async (text: string): Promise<unknown> => {
    if (text.includes("odd")) return answer;
    if (text.includes("slow")) await held;
    return RIGHT;
  };
  const asked = (messages: LmRequestMessages): string => textOf(messages.at(-1)?.content ?? "");
  const lm: LanguageModel = {
    provider: "me",
    model: "mine",
    capabilities: { schema: false, tools: false, prefill: false, grammar: false },
    // The casts are the point: nobody's code is held to the types when it runs.
    generate: ({ messages }) => answerTo(asked(messages)) as Promise<LmResponse>,
    stream({ messages }) {
      const text = asked(messages);
      if (text.includes("odd") && pieces !== undefined) return pieces() as AsyncIterable<LmChunk>;
      return (async function* () {
        const response = (await answerTo(text)) as LmResponse;
        yield { type: "done" as const, response };
      })();
    },
    close: async () => {},
  };
  const spec: LmSpec = { kind: "lm", provider: "me", model: "mine", open: async () => lm };
  return { spec, lm, letGo: () => letGo?.() };
}

type LmRequestMessages = Parameters<LanguageModel["generate"]>[0]["messages"];

async function start(...children: readonly ChildSpec[]) {
  const clock = testClock();
  const system = await startSystem({
    clock,
    logger: false,
    cache: false,
    children,
    retry: backoff({ maxAttempts: 3 }),
  });
  systems.push(system);
  return { system, clock };
}

const BAD: readonly [string, unknown][] = [
  ["undefined", undefined],
  ["a text", TEXT],
  ["no completions", { ...(RIGHT as object), completions: undefined }],
  ["completions that are no list", { ...(RIGHT as object), completions: { text: TEXT } }],
  ["none", { ...(RIGHT as object), completions: [] }],
  ["a text that is none", { ...(RIGHT as object), completions: [{ text: { a: 1 }, finishReason: "stop" }] }],
  ["an unknown finish reason", { ...(RIGHT as object), completions: [{ text: TEXT, finishReason: "eos" }] }],
];

const USAGES: readonly [string, unknown][] = [
  ["none", undefined],
  ["NaN", { inputTokens: Number.NaN, outputTokens: Number.NaN, totalTokens: Number.NaN }],
  ["negative ones", { inputTokens: -5, outputTokens: -5, totalTokens: -10 }],
  ["10¹²", { inputTokens: 1e12, outputTokens: 1e12, totalTokens: 2e12 }],
  ["fractions", { inputTokens: 0.5, outputTokens: 0.5, totalTokens: 1 }],
  ["texts", { inputTokens: "5", outputTokens: "5", totalTokens: "10" }],
  ["a number", 12],
];

async function read(items: AsyncIterable<{ readonly type: string }>): Promise<unknown> {
  let last: unknown;
  for await (const item of items) last = item;
  return last;
}

describe.each(["whole", "streamed"] as const)("a model's answer, %s,", (how) => {
  const ask = async (system: System, question: string): Promise<unknown> =>
    how === "whole" ? system.forward(qa, { question }) : read(system.stream(qa, { question }));

  test.each(BAD)("that is %s fails its own call, once, under a system and bare", async (_what, answer) => {
    const { spec, lm, letGo } = oddModel(answer);
    const { system } = await start(client({ name: "main", lm: spec }));
    const first = system.runtime.whereis(clientName("main").name);
    const slow = ask(system, "slow");
    const failure = { code: "malformed_response", retryable: false, details: { attempts: 1 } };
    await expect(ask(system, "odd")).rejects.toMatchObject(failure);
    letGo();
    expect(await slow).toBeDefined();
    expect(system.runtime.whereis(clientName("main").name)).toBe(first);
    // Of no use, and paid for all the same where it tells tokens.
    const paid = typeof answer === "object" ? 10 : 5;
    expect(system.usage()).toMatchObject({ requests: 2, failures: 1, tokens: { totalTokens: paid } });
    const options = { clients: { main: lm } };
    const bare =
      how === "whole" ? forward(qa, { question: "odd" }, options) : read(stream(qa, { question: "odd" }, options));
    await expect(bare).rejects.toMatchObject(failure);
  });

  test.each(USAGES)(
    "that tells %s as its tokens is charged by the estimate, and shuts nobody out",
    async (_what, usage) => {
      const { spec } = oddModel({ ...(RIGHT as object), usage });
      const { system, clock } = await start(client({ name: "main", lm: spec, limits: { tokensPerMinute: 60_000 } }));
      const first = system.runtime.whereis(clientName("main").name);
      await ask(system, "odd");
      const next = ask(system, "next");
      await clock.advance(2_000);
      await next;
      expect(system.runtime.whereis(clientName("main").name)).toBe(first);
      const { requests, failures, tokens } = system.usage();
      // Its prompt and its text by their length, and the 5 that the other one told.
      const text = Math.ceil(TEXT.length / 4);
      expect([requests, failures, tokens.outputTokens > text]).toEqual([2, 0, true]);
      expect(tokens.totalTokens).toBe(tokens.inputTokens + tokens.outputTokens);
      expect(tokens.inputTokens).toBeGreaterThan(50);
      expect(JSON.stringify(system.tree())).not.toContain("null");
      // What was spent is no less than the prompt.
      const short = system.forward(qa, { question: "odd" }, { budget: { tokens: 1 } });
      await expect(short).rejects.toMatchObject({ code: "budget_exceeded" });
    },
  );
});

describe("a model of the AI SDK", () => {
  const version = "v3";
  /** One whose provider tells what it likes. */
  const telling = (answer: object) => {
    const whole = { content: [{ type: "text", text: TEXT }], finishReason: "stop", ...answer };
    const doStream = async () => ({
      stream: ReadableStream.from([
        { type: "text-delta", id: "1", delta: TEXT },
        { type: "finish", ...whole },
      ]),
    });
    return fromAiSdk({
      specificationVersion: version,
      provider: "p",
      modelId: "m",
      doGenerate: async () => whole,
      doStream,
    });
  };

  test.each(USAGES)("that tells %s as its tokens is answered, and charged by the estimate", async (_what, usage) => {
    const { system } = await start(client({ name: "main", lm: telling({ usage }) }));
    expect(await system.forward(qa, { question: "?" })).toMatchObject({ answer: "Ann" });
    expect(await read(system.stream(qa, { question: "?" }))).toMatchObject({ prediction: { answer: "Ann" } });
    expect(system.usage()).toMatchObject({ requests: 2, failures: 0 });
    const { inputTokens, outputTokens, totalTokens } = system.usage().tokens;
    // Twice the same prompt, and the same text.
    expect(outputTokens).toBe(2 * Math.ceil(TEXT.length / 4));
    expect([inputTokens > 100, inputTokens % 2, totalTokens]).toEqual([true, 0, inputTokens + outputTokens]);
  });
});

test.each<[string, () => unknown]>([
  [
    "gives rubbish",
    () =>
      (async function* () {
        yield 5;
      })(),
  ],
  [
    "ends without its response",
    () =>
      (async function* () {
        yield { type: "text", text: "A" };
      })(),
  ],
  ["is no stream", () => undefined],
  [
    "is a promise of one",
    () =>
      Promise.resolve(
        (async function* () {
          yield 5;
        })(),
      ),
  ],
])("a stream that %s fails its own call", async (_what, pieces) => {
  const { spec, lm, letGo } = oddModel(RIGHT, pieces);
  const { system, clock } = await start(client({ name: "main", lm: spec }));
  const slow = read(system.stream(qa, { question: "slow" }));
  const odd = read(system.stream(qa, { question: "odd" })).catch((failure: unknown) => failure);
  for (let n = 0; n < 5; n += 1) await clock.advance(1_000);
  expect(await odd).toMatchObject({ code: "malformed_response" });
  letGo();
  expect(await slow).toMatchObject({ type: "prediction" });
  const bare = stream(qa, { question: "odd" }, { clients: { main: lm }, retry: backoff({ maxAttempts: 1 }) });
  await expect(read(bare)).rejects.toMatchObject({ code: "malformed_response" });
});

test("a stream that says twice that it is done is answered and counted once", async () => {
  const { spec } = oddModel(RIGHT, async function* () {
    yield { type: "done", response: RIGHT };
    yield { type: "done", response: RIGHT };
  });
  const { system } = await start(client({ name: "main", lm: spec }));
  expect(await read(system.stream(qa, { question: "odd" }))).toMatchObject({ prediction: { answer: "Ann" } });
  expect(system.usage()).toMatchObject({ requests: 1, tokens: { totalTokens: 5 } });
});

describe("a retriever", () => {
  const passages = [{ text: "a lake", score: 1, source: "geneva" }];
  const search = async (query: string): Promise<typeof passages> => (query === "odd" ? (undefined as never) : passages);
  const kb: Retriever = { search, close: async () => {} };
  const spec: RetrieverSpec = { kind: "retriever", name: "mine", open: async () => kb };

  test("that finds rubbish fails its own search, under a system and bare", async () => {
    const { system } = await start(client({ name: "kb", retriever: spec }));
    const first = system.runtime.whereis(clientName("kb").name);
    const failure = { code: "malformed_response", message: expect.stringContaining('client "kb"') as unknown };
    await expect(system.forward(retrieve(), { query: "odd" })).rejects.toMatchObject(failure);
    await expect(forward(retrieve(), { query: "odd" }, { clients: { kb } })).rejects.toMatchObject(failure);
    expect(await system.forward(retrieve(), { query: "lake" })).toMatchObject({ passages: ["a lake"] });
    expect(system.runtime.whereis(clientName("kb").name)).toBe(first);
  });

  test("that cannot describe itself does not blind the tree", async () => {
    const describing: Retriever = {
      ...kb,
      describe: () => {
        throw new Error("not now");
      },
    };
    const { system } = await start(client({ name: "kb", retriever: { ...spec, open: async () => describing } }));
    expect(JSON.stringify(system.tree())).toContain("not now");
    expect(await system.forward(retrieve(), { query: "lake" })).toMatchObject({ passages: ["a lake"] });
  });
});

describe("what is opened and is no model", () => {
  const opening = (opened: unknown): LmSpec => ({
    ...oddModel(RIGHT).spec,
    open: (async () => opened) as LmSpec["open"],
  });
  const said = "what was opened is no language model: it has no model, capabilities, stream, close (see LanguageModel)";
  const half = { provider: "me", generate: async () => RIGHT };

  test.each<[string, unknown, string]>([
    ["nothing", undefined, "expected an open language model, got undefined"],
    ["half of one", half, said],
  ])("%s: is said at the start, and bare at the call", async (_what, opened, message) => {
    const error = new UsageError(`client "main": ${message}`);
    await expect(start(client({ name: "main", lm: opening(opened) }))).rejects.toEqual(error);
    const bare = forward(qa, { question: "?" }, { clients: { main: opening(opened) } });
    await expect(bare).rejects.toEqual(new UsageError(`forward: client "main": ${message}`));
  });

  test("no retriever either", async () => {
    const spec = { kind: "retriever", name: "mine", open: async () => undefined as unknown as Retriever } as const;
    const error = new UsageError('client "kb": expected an open retriever, got undefined');
    await expect(start(client({ name: "kb", retriever: spec }))).rejects.toEqual(error);
  });

  test("an open that gives the model itself, and no promise, will do", async () => {
    const { lm, spec } = oddModel(RIGHT);
    const { system } = await start(
      client({ name: "main", lm: { ...spec, open: (() => lm) as unknown as LmSpec["open"] } }),
    );
    expect(await system.forward(qa, { question: "?" })).toMatchObject({ answer: "Ann" });
  });
});
