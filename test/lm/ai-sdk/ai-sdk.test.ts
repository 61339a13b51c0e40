import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { inspect } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import { UsageError } from "../../../src/foundation/errors.ts";
import { type FromAiSdkOptions, fromAiSdk } from "../../../src/lm/ai-sdk/ai-sdk.ts";
import type { AiSdkModel } from "../../../src/lm/ai-sdk/model.ts";
import { LmError, type LmFailureCode } from "../../../src/lm/failure.ts";
import type { LanguageModel, LmChunk, LmRequest } from "../../../src/lm/language-model.ts";
import { openaiServer, type OpenAiServer } from "../../../src/testing/openai-server.ts";
import { type OpenAiServerOptions } from "../../../src/testing/server-options.ts";
import { errorReply } from "../../../src/testing/openai-reply.ts";
import type { ServerReply } from "../../../src/testing/openai-reply.ts";
import { testClock } from "../../../src/testing/test-clock.ts";
import { until } from "../../../src/testing/until.ts";
import { describeLanguageModel } from "../../conformance/language-model.ts";
import { CALLS, obedientReply } from "../../conformance/obedient-answer.ts";

const request: LmRequest = { messages: [{ role: "user", content: "hi" }] };
const KEY = "sk-test-0123456789abcdef";

const RESPONSES = "openai, the Responses API";

/** Providers' packages, pointed at a server. */
const PROVIDERS: Readonly<Record<string, (baseURL: string) => AiSdkModel>> = {
  "openai-compatible": (baseURL) =>
    createOpenAICompatible({ name: "loopback", baseURL, apiKey: KEY, includeUsage: true })("test-model"),
  openai: (baseURL) => createOpenAI({ baseURL, apiKey: KEY }).chat("test-model"),
  [RESPONSES]: (baseURL) => createOpenAI({ baseURL, apiKey: KEY }).responses("test-model"),
};

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function serve(
  provider: string,
  server: OpenAiServerOptions,
  options: FromAiSdkOptions = {},
): Promise<{ readonly server: OpenAiServer; readonly lm: LanguageModel }> {
  const running = await openaiServer(server);
  ends.push(() => running.close());
  const lm = await fromAiSdk(modelOf(provider, running.baseURL), options).open();
  ends.push(() => lm.close());
  return { server: running, lm };
}

function modelOf(provider: string, baseURL: string): AiSdkModel {
  const make = PROVIDERS[provider];
  if (make === undefined) throw new Error(`no provider ${provider}`);
  return make(baseURL);
}

async function failure(promise: Promise<unknown>): Promise<LmError> {
  const outcome = await promise.catch((error: unknown) => error);
  if (!(outcome instanceof LmError)) throw new Error("expected an LmError", { cause: outcome });
  expect(outcome.message).not.toContain("\n");
  expect(outcome.provider).toBeDefined();
  return outcome;
}

async function collect(stream: AsyncIterable<LmChunk>): Promise<readonly LmChunk[]> {
  const chunks: LmChunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

for (const provider of Object.keys(PROVIDERS)) {
  describeLanguageModel(`fromAiSdk over ${provider}`, async () => {
    const server = await openaiServer({
      answer: obedientReply,
      contextTokens: 1_000,
    });
    const clock = testClock();
    return {
      spec: fromAiSdk(modelOf(provider, server.baseURL), { clock }),
      timers: () => clock.pending,
      request,
      slow: { messages: [{ role: "user", content: "slow" }] },
      several: false,
      parts: provider === RESPONSES ? ["image", "file"] : ["image", "audio", "file"],
      toolCalls: CALLS,
      failing: {
        "a prompt beyond the window": {
          request: { messages: [{ role: "user", content: "long ".repeat(1_000) }] },
          code: "context_too_long",
        },
      },
      inFlight: () => server.inFlight,
      cleanup: () => server.close(),
    };
  });
}

describe.each(Object.keys(PROVIDERS))("over %s", (provider) => {
  test("what is asked for arrives as it was meant", async () => {
    const { server, lm } = await serve(provider, { answer: () => '{"a":1}' });
    const schema = { type: "object", properties: { a: { type: "number" } }, required: ["a"] };
    await lm.generate({
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Who?" },
        { role: "assistant", content: "Ann." },
        { role: "user", content: "And?" },
      ],
      temperature: 0.5,
      maxTokens: 9,
      stop: ["###"],
      seed: 4,
      responseFormat: { type: "json_schema", name: "answer", schema, strict: true },
      cache: false,
      rolloutId: 7,
      writeAnswer: () => "never sent",
    });
    const [served] = server.requests;
    const limit = provider === RESPONSES ? { max_output_tokens: 9 } : { max_tokens: 9 };
    expect(served?.body).toMatchObject({ model: "test-model", temperature: 0.5, ...limit });
    expect(served?.body?.messages.map(({ role }) => role)).toEqual(["system", "user", "assistant", "user"]);
    const sent = JSON.stringify(served?.body);
    expect(sent).toMatch(/"(?:response_)?format":\{"type":"json_/);
    // The Responses API has no word for it: the text is cut there when it has come.
    expect(sent.includes('"###"')).toBe(provider !== RESPONSES);
    expect(sent).not.toMatch(/never sent|rollout|"cache"/);
  });

  const faults: readonly (readonly [string, ServerReply, LmFailureCode, object])[] = [
    ["no such key", { status: 401, body: { error: { message: `bad key ${KEY}` } } }, "auth", { status: 401 }],
    ["no such model", { status: 404, body: { error: { message: "no model" } } }, "not_found", { status: 404 }],
    [
      "a limit",
      { status: 429, body: { error: { message: "slow down" } }, headers: { "retry-after": "3" } },
      "rate_limited",
      { retryAfterMs: 3_000, retryable: true },
    ],
    ["a server's error", { status: 500, body: { error: { message: "oops" } } }, "server", { retryable: true }],
    ["an overload", { status: 503, body: "full" }, "overloaded", { retryable: true }],
    ["a reset before the answer", { fault: "reset_before_headers" }, "connection", { retryable: true }],
    ["an answer that breaks off", { fault: "cut_in_body" }, "connection", { retryable: true }],
    ["a body that is no answer", { status: 200, body: { hello: 1 } }, "malformed_response", { retryable: true }],
    ["damaged JSON", { fault: "cut_json" }, "malformed_response", { retryable: true }],
  ];
  test.each(faults)("%s is a failure of its kind, once", async (_what, reply, code, facts) => {
    const { server, lm } = await serve(provider, { answer: () => reply });
    const marked = { messages: [{ role: "user" as const, content: "MARKER" }] };
    const error = await failure(lm.generate(marked));
    expect(error).toMatchObject({ code, ...facts });
    expect(server.requests).toHaveLength(1);
    // Neither keys nor what was asked, however deep one looks.
    expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/MARKER|0123456789abcdef/);
  });

  test("a stream that breaks off is a failure, after the pieces that came", async () => {
    const { lm } = await serve(provider, { answer: () => ({ fault: "cut_in_body", text: "It is what I say." }) });
    const pieces: string[] = [];
    const error = await failure(
      (async () => {
        for await (const chunk of lm.stream(request)) if (chunk.type === "text") pieces.push(chunk.text);
      })(),
    );
    expect(error.code).toBe("connection");
    expect("It is what I say.").toContain(pieces.join(""));
  });

  test("nobody there is a connection that failed", async () => {
    const server = await openaiServer({ answer: () => "never" });
    await server.close();
    const lm = await fromAiSdk(modelOf(provider, server.baseURL)).open();
    expect(await failure(lm.generate(request))).toMatchObject({ code: "connection", retryable: true });
    expect(await failure(collect(lm.stream(request)))).toMatchObject({ code: "connection", retryable: true });
  });

  test("a stalled body ends at its deadline, and the request with it", async () => {
    const clock = testClock();
    const options = { clock, timeoutMs: 5_000 };
    const { server, lm } = await serve(provider, { answer: () => ({ fault: "stall_in_body" }) }, options);
    const answer = failure(lm.generate(request));
    await until(() => server.inFlight === 1);
    await clock.advance(5_000);
    expect(await answer).toMatchObject({ code: "timeout", details: { phase: "total" } });
    await until(() => server.inFlight === 0);
  });
});

describe("results of every version of the specification", () => {
  const content = [
    { type: "reasoning", text: "hm" },
    { type: "text", text: "It " },
    { type: "text", text: "is." },
  ];
  const stub = (specificationVersion: string, result: object): AiSdkModel => ({
    specificationVersion,
    provider: "stub",
    modelId: "m",
    doGenerate: () => Promise.resolve({ content, ...result }),
    doStream: () => Promise.reject(new Error("not streamed")),
  });
  const ask = async (model: AiSdkModel, more: Partial<LmRequest> = {}) =>
    (await fromAiSdk(model).open()).generate({ ...request, ...more });

  test("version 2, with plain numbers and words", async () => {
    const usage = { inputTokens: 9, outputTokens: 4, totalTokens: 99, reasoningTokens: 2, cachedInputTokens: 3 };
    expect(await ask(stub("v2", { finishReason: "length", usage, response: { id: "r1", modelId: "m-1" } }))).toEqual({
      completions: [{ text: "It is.", finishReason: "length", reasoning: "hm" }],
      usage: { inputTokens: 9, outputTokens: 4, totalTokens: 13, cachedInputTokens: 3, reasoningTokens: 2 },
      model: "m-1",
      id: "r1",
    });
  });

  test.each(["v3", "v4"])("version %s, with parts", async (version) => {
    const usage = {
      inputTokens: { total: 9, noCache: 6, cacheRead: 3, cacheWrite: undefined },
      outputTokens: { total: 4, text: 2, reasoning: 2 },
    };
    expect(await ask(stub(version, { finishReason: { unified: "tool-calls", raw: "x" }, usage }))).toEqual({
      completions: [{ text: "It is.", finishReason: "tool_calls", reasoning: "hm" }],
      usage: { inputTokens: 9, outputTokens: 4, totalTokens: 13, cachedInputTokens: 3, reasoningTokens: 2 },
      model: "m",
      id: "stub-1",
    });
  });

  test.each([
    ["stop", "stop"],
    ["content-filter", "content_filter"],
    ["unknown", "other"],
    ["something new", "other"],
  ])("finish reason %s is %s", async (word, finishReason) => {
    expect((await ask(stub("v2", { finishReason: word }))).completions[0]).toMatchObject({ finishReason });
  });

  test.each([
    [{ unified: "stop", raw: "pause_turn" }, "malformed_response", false],
    [{ unified: "other", raw: "network_error" }, "connection", true],
    [{ unified: "other", raw: "insufficient_system_resource" }, "overloaded", true],
    [{ unified: "stop", raw: "error" }, "server", true],
    ["error", "server", true],
    ["interrupted", "connection", true],
  ])("one that ended in %j has failed", async (finishReason, code, retryable) => {
    const usage = { inputTokens: 3, outputTokens: 2 };
    const error = await failure(ask(stub("v3", { finishReason, usage })));
    expect(error).toMatchObject({ code, retryable, provider: "stub", details: { usage: { totalTokens: 5 } } });
    expect(error.message).toMatch(/^stub /);
  });

  test("a turn that is paused is not the end, where only the provider's answer tells", async () => {
    const response = { body: { stop_reason: "pause_turn" } };
    expect(await failure(ask(stub("v2", { finishReason: "stop", response })))).toMatchObject({
      code: "malformed_response",
      retryable: false,
    });
  });

  test.each([
    [{ unified: "other", raw: "model_length" }, "length"],
    [{ unified: "other", raw: "MAX_TOKENS" }, "length"],
    [{ unified: undefined, raw: "end_turn" }, "stop"],
    [{ unified: "length", raw: "stop" }, "length"],
  ])("finish reason %j is %s", async (finishReason, expected) => {
    expect((await ask(stub("v3", { finishReason }))).completions[0]?.finishReason).toBe(expected);
  });

  test.each<[string, object, object]>([
    [
      "cached tokens beside the input's",
      { inputTokens: 12, outputTokens: 30, totalTokens: 42, cachedInputTokens: 17_102 },
      { inputTokens: 17_114, outputTokens: 30, totalTokens: 17_144, cachedInputTokens: 17_102 },
    ],
    [
      "reasoning beside the output's",
      { inputTokens: 12, outputTokens: 2, totalTokens: 334, reasoningTokens: 320 },
      { inputTokens: 12, outputTokens: 322, totalTokens: 334, reasoningTokens: 320 },
    ],
    [
      "parts without a total",
      { inputTokens: { noCache: 6, cacheRead: 3 }, outputTokens: { text: 2, reasoning: 2 } },
      { inputTokens: 9, outputTokens: 4, totalTokens: 13, cachedInputTokens: 3, reasoningTokens: 2 },
    ],
  ])("usage with %s", async (_what, usage, expected) => {
    expect((await ask(stub("v3", { finishReason: "stop", usage }))).usage).toEqual(expected);
  });

  test("a stream that stays open behind its last part is over, and one that pauses its turn has failed", async () => {
    const clock = testClock();
    const streaming = (finishReason: object): AiSdkModel => ({
      ...stub("v3", {}),
      doStream: () =>
        Promise.resolve({
          stream: new ReadableStream<unknown>({
            start(controller) {
              controller.enqueue({ type: "text-delta", id: "1", delta: "It is." });
              controller.enqueue({ type: "finish", finishReason, usage: { inputTokens: 3, outputTokens: 2 } });
            },
          }),
        }),
    });
    const read = async (finishReason: object) => {
      const chunks = collect((await fromAiSdk(streaming(finishReason), { clock }).open()).stream(request));
      let over = false;
      void chunks.then(
        () => (over = true),
        () => (over = true),
      );
      await until(async () => (await clock.advance(250), over));
      return chunks;
    };
    expect((await read({ unified: "stop", raw: "end_turn" })).at(-1)).toMatchObject({
      type: "done",
      response: { completions: [{ text: "It is.", finishReason: "stop" }], usage: { totalTokens: 5 } },
    });
    expect(await failure(read({ unified: "stop", raw: "pause_turn" }))).toMatchObject({ code: "malformed_response" });
    expect(clock.now()).toBeLessThan(5_000);
  });

  test("calls of tools, but for those that the provider itself makes", async () => {
    const call = { type: "tool-call", toolCallId: "a", toolName: "look", input: '{"at":1}' };
    const said = [call, { ...call, providerExecuted: true }, { ...call, toolCallId: "b", input: { at: 2 } }];
    const model = { ...stub("v2", {}), doGenerate: () => Promise.resolve({ content: said, finishReason: "stop" }) };
    expect((await ask(model)).completions).toEqual([
      {
        text: "",
        finishReason: "tool_calls",
        toolCalls: [
          { id: "a", name: "look", arguments: '{"at":1}' },
          { id: "b", name: "look", arguments: '{"at":2}' },
        ],
      },
    ]);
    const nameless = { ...stub("v2", {}), doGenerate: () => Promise.resolve({ content: [{ type: "tool-call" }] }) };
    expect((await failure(ask(nameless))).code).toBe("malformed_response");
  });

  test("an answer that says it failed, or was interrupted, is a failure", async () => {
    const finish = (unified: string) => stub("v4", { finishReason: { unified, raw: undefined } });
    expect(await failure(ask(finish("error")))).toMatchObject({ code: "server" });
    expect(await failure(ask(finish("interrupted")))).toMatchObject({ code: "connection" });
  });

  test("text for JSON that the model itself points out is taken, where JSON was asked for", async () => {
    const model = stub("v4", { finishReason: { unified: "stop" }, structuredOutputText: '{"a":1}' });
    expect((await ask(model)).completions[0]?.text).toBe("It is.");
    const json = await ask(model, { responseFormat: { type: "json_object" } });
    expect(json.completions[0]?.text).toBe('{"a":1}');
  });

  test("what is no result is malformed, and a package's own errors are told by their names", async () => {
    expect(await failure(ask({ ...stub("v4", {}), doGenerate: () => Promise.resolve("hm") }))).toMatchObject({
      code: "malformed_response",
      provider: "stub",
    });
    const named = (name: string) =>
      ask({ ...stub("v4", {}), doGenerate: () => Promise.reject(Object.assign(new Error("hm"), { name })) });
    expect((await failure(named("AI_LoadAPIKeyError"))).code).toBe("auth");
    expect((await failure(named("AI_UnsupportedFunctionalityError"))).code).toBe("bad_request");
    expect((await failure(named("AI_TypeValidationError"))).code).toBe("malformed_response");
    const thrown = {
      ...stub("v4", {}),
      doGenerate: () => {
        throw new TypeError("a bug");
      },
    };
    expect(await failure(ask(thrown))).toMatchObject({ code: "request_crashed", retryable: false });
  });
});

test("a stream brings reasoning and calls of tools, and ends before a stop string without them", async () => {
  const parts = [
    { type: "reasoning-delta", id: "1", delta: "Hm, " },
    { type: "reasoning-delta", id: "1", delta: "yes." },
    { type: "text-delta", id: "2", delta: "Let me ## see." },
    { type: "tool-call", toolCallId: "a", toolName: "look", input: "{}" },
    { type: "finish", finishReason: { unified: "tool-calls", raw: "x" }, usage: {} },
  ];
  const model: AiSdkModel = {
    specificationVersion: "v4",
    provider: "stub",
    modelId: "m",
    doGenerate: () => Promise.resolve({}),
    doStream: () => Promise.resolve({ stream: ReadableStream.from(parts) }),
  };
  const lm = await fromAiSdk(model).open();
  const last = async (more: Partial<LmRequest>) => (await collect(lm.stream({ ...request, ...more }))).at(-1);
  const toolCalls = [{ id: "a", name: "look", arguments: "{}" }];
  expect(await last({})).toMatchObject({
    response: {
      completions: [{ text: "Let me ## see.", finishReason: "tool_calls", toolCalls, reasoning: "Hm, yes." }],
    },
  });
  expect(await last({ stop: ["##"] })).toMatchObject({
    response: { completions: [{ text: "Let me ", finishReason: "stop", reasoning: "Hm, yes." }] },
  });
});

test("an error in a stream is read as what the provider sent", async () => {
  const stream = () =>
    new ReadableStream({
      start(controller) {
        controller.enqueue({ type: "text-delta", id: "1", delta: "It" });
        controller.enqueue({ type: "error", error: { message: "too many", type: "rate_limit_error" } });
        controller.close();
      },
    });
  const model: AiSdkModel = {
    specificationVersion: "v4",
    provider: "stub",
    modelId: "m",
    doGenerate: () => Promise.resolve({}),
    doStream: () => Promise.resolve({ stream: stream() }),
  };
  const lm = await fromAiSdk(model, { identity: "https://example.com" }).open();
  expect(lm.identity).toBe("https://example.com");
  expect(await failure(collect(lm.stream(request)))).toMatchObject({ code: "rate_limited", retryable: true });
});

describe("a stream that is not read to its end", () => {
  /** Told when it is cancelled; opened as its package sees fit. */
  function streaming(chunk: () => unknown, open: (stream: ReadableStream<unknown>) => Promise<unknown>) {
    const seen = { pulled: 0, cancelled: 0 };
    const stream = new ReadableStream<unknown>({
      pull(controller) {
        seen.pulled += 1;
        const next = chunk();
        if (next === undefined) return new Promise(() => {});
        controller.enqueue(next);
        return undefined;
      },
      cancel: () => void (seen.cancelled += 1),
    });
    const doStream = (async () => {
      await open(stream);
      return { stream };
    }) as AiSdkModel["doStream"];
    const about = { specificationVersion: "v4", provider: "stub", modelId: "m" };
    const model: AiSdkModel = { ...about, doGenerate: () => Promise.resolve({}), doStream };
    return { model, seen };
  }
  const delta = { type: "text-delta", id: "1", delta: "word ".repeat(100) };
  const atOnce = (): Promise<unknown> => Promise.resolve();

  test.each(["text-delta", "reasoning-delta", "tool-input-delta"])(
    "%s without end fails at its limit",
    async (type) => {
      const { model, seen } = streaming(() => ({ ...delta, type }), atOnce);
      const lm = await fromAiSdk(model, { maxAnswerBytes: 5_000 }).open();
      const failed = await failure(collect(lm.stream(request)));
      expect(failed).toMatchObject({
        code: "malformed_response",
        retryable: false,
        provider: "stub",
        details: { maxAnswerBytes: 5_000 },
      });
      expect(seen.cancelled).toBe(1);
      expect(seen.pulled).toBeLessThan(15);
    },
  );

  test("one that is left while it waits is cancelled at its source", async () => {
    const { model, seen } = streaming(() => undefined, atOnce);
    const chunks = (await fromAiSdk(model).open()).stream(request)[Symbol.asyncIterator]();
    const waiting = chunks.next();
    await until(() => seen.pulled === 1);
    await chunks.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    await until(() => seen.cancelled === 1);
  });

  test("one that is opened only when nobody wants it any more is cancelled then", async () => {
    let opened = (): void => {};
    const opening = new Promise<void>((resolve) => {
      opened = resolve;
    });
    const { model, seen } = streaming(
      () => delta,
      () => opening,
    );
    const clock = testClock();
    const lm = await fromAiSdk(model, { clock }).open();
    const stop = new AbortController();
    const failed = failure(collect(lm.stream(request, { signal: stop.signal })));
    stop.abort();
    expect((await failed).code).toBe("cancelled");
    opened();
    await until(() => seen.cancelled === 1);
    expect(clock.pending).toBe(0);
  });
});

test.each<[string, unknown, object, string]>([
  ["a name", "gpt-5", {}, 'fromAiSdk: expected a language model of the AI SDK, got "gpt-5": a name alone needs'],
  ["nothing", undefined, {}, "fromAiSdk: expected a language model of the AI SDK, got undefined"],
  ["an object", { provider: "x" }, {}, "fromAiSdk: expected a language model of the AI SDK, got {"],
  [
    "an old specification",
    { specificationVersion: "v1", provider: "x", modelId: "m", doGenerate: () => {}, doStream: () => {} },
    {},
    'fromAiSdk: the model is of specification "v1"; known are v2, v3 and v4',
  ],
  [
    "a timeout of nothing",
    { specificationVersion: "v4", provider: "x", modelId: "m", doGenerate: () => {}, doStream: () => {} },
    { timeoutMs: 0 },
    "fromAiSdk: timeoutMs must be milliseconds above 0, got 0",
  ],
  [
    "a limit of nothing",
    { specificationVersion: "v4", provider: "x", modelId: "m", doGenerate: () => {}, doStream: () => {} },
    { maxAnswerBytes: 0 },
    "fromAiSdk: maxAnswerBytes must be bytes above 0, got 0",
  ],
])("%s is refused", (_what, model, options, message) => {
  const refused = () => fromAiSdk(model as AiSdkModel, options);
  expect(refused).toThrow(UsageError);
  expect(refused).toThrow(message);
});

describe.each(["openai", RESPONSES])("a schema that is turned down, over %s", (provider) => {
  const responseFormat = { type: "json_schema", name: "answer", schema: { type: "object" }, strict: true } as const;
  const other = { ...responseFormat, schema: { type: "object", title: "Other" } };
  const refusal = errorReply(400, "Invalid schema for response_format 'answer': 'oneOf' is not permitted.", {
    param: "response_format",
  });

  function formats(server: OpenAiServer): readonly unknown[] {
    return server.requests.map(({ body = {} }) => {
      const { response_format: chat, text } = body as Readonly<Record<string, unknown>>;
      const format = chat ?? (text as { readonly format?: unknown } | undefined)?.format;
      return (format as { readonly type?: string } | undefined)?.type;
    });
  }

  test("fails once, and JSON of any kind is asked for from then on, for this schema alone", async () => {
    const { server, lm } = await serve(provider, { replies: [refusal, "{}", "{}"] });
    const refused = await failure(lm.generate({ ...request, responseFormat }));
    expect(refused).toMatchObject({ code: "bad_request", retryable: true, details: { unsupported: "json_schema" } });
    await lm.generate({ ...request, responseFormat });
    await lm.generate({ ...request, responseFormat: other });
    expect(formats(server)).toEqual(["json_schema", "json_object", "json_schema"]);
  });

  test("is remembered of a stream too, and where no schema is taken", async () => {
    const none = errorReply(400, "'response_format' of type 'json_schema' is not supported with this model.");
    const { server, lm } = await serve(provider, { replies: [none, "{}", "{}"] });
    expect((await failure(collect(lm.stream({ ...request, responseFormat })))).retryable).toBe(true);
    await collect(lm.stream({ ...request, responseFormat: other }));
    await lm.generate({ ...request, responseFormat });
    expect(formats(server)).toEqual(["json_schema", "json_object", "json_object"]);
  });
});

describe.each(["openai", "openai-compatible"])("a parameter that is turned down, over %s", (provider) => {
  const sent = (server: OpenAiServer, name: string): readonly unknown[] =>
    server.requests.map(({ body = {} }) => (body as Readonly<Record<string, unknown>>)[name]);

  test.each<[asked: Partial<LmRequest>, says: string, name: string]>([
    [{ temperature: 0.1 }, "Unsupported parameter: 'temperature' is not supported with this model.", "temperature"],
    [{ topP: 0.5 }, "`top_p` is deprecated for this model.", "top_p"],
    [{ seed: 3 }, "m does not support parameters: ['seed']", "seed"],
    [{ stop: ["X"] }, "Argument not supported on this model: stop", "stop"],
  ])("%j costs one request", async (asked, says, name) => {
    const { server, lm } = await serve(provider, { replies: [errorReply(400, says), "yes X no", "yes X no"] });
    const refused = await failure(lm.generate({ ...request, ...asked }));
    expect(refused).toMatchObject({ code: "bad_request", retryable: true, details: { unsupported: name } });
    const { completions } = await lm.generate({ ...request, ...asked });
    await collect(lm.stream({ ...request, ...asked }));
    expect(sent(server, name).map((value) => value !== undefined)).toEqual([true, false, false]);
    // Stop strings cut the text all the same.
    expect(completions[0]?.text).toBe(asked.stop === undefined ? "yes X no" : "yes ");
  });

  test("one value of it is left out by itself, and a limit of tokens never", async () => {
    const only = errorReply(400, "Unsupported value: 'temperature' does not support 0.1 with this model.", {
      param: "temperature",
      code: "unsupported_value",
    });
    const limit = errorReply(400, "Unsupported parameter: 'max_tokens' is not supported with this model.");
    const { server, lm } = await serve(provider, { replies: [only, "a", "a", limit] });
    expect((await failure(lm.generate({ ...request, temperature: 0.1 }))).retryable).toBe(true);
    await lm.generate({ ...request, temperature: 0.1 });
    await lm.generate({ ...request, temperature: 1 });
    expect(sent(server, "temperature")).toEqual([0.1, undefined, 1]);
    expect((await failure(lm.generate({ ...request, maxTokens: 9 }))).retryable).toBe(false);
  });
});
