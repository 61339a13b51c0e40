import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { UsageError } from "../../../src/foundation/errors.ts";
import type { LanguageModel } from "../../../src/lm/language-model.ts";
import { openai } from "../../../src/lm/openai/openai.ts";
import type { OpenAiOptions } from "../../../src/lm/openai/openai.ts";
import { openaiServer } from "../../../src/testing/openai-server.ts";
import { testClock } from "../../../src/testing/test-clock.ts";
import { until } from "../../../src/testing/until.ts";
import { describeLanguageModel } from "../../conformance/language-model.ts";
import { CALLS, obedientReply } from "../../conformance/obedient-answer.ts";
import { KEY, collect, failure, open, request, serve } from "../served-model.ts";

const WAYS: readonly (readonly [string, OpenAiOptions])[] = [
  ["Chat Completions", { api: "chat" }],
  ["the Responses API", { api: "responses" }],
  ["Chat Completions and a fetch", { api: "chat", fetch: globalThis.fetch }],
  ["a fetch that cannot be aborted", { api: "chat", fetch: (url, init) => fetch(url, { ...init, signal: null }) }],
];

describe.each(WAYS)("over %s", (_way, options) => {
  describeLanguageModel("openai", async () => {
    const server = await openaiServer({ answer: obedientReply, contextTokens: 1_000 });
    const clock = testClock();
    return {
      spec: openai("test-model", { baseURL: server.baseURL, apiKey: KEY, env: {}, clock, ...options }),
      timers: () => clock.pending,
      request,
      slow: { messages: [{ role: "user", content: "slow" }] },
      several: options.api === "chat",
      parts: options.api === "chat" ? ["image", "audio", "file"] : ["image", "file"],
      toolCalls: CALLS,
      logprobs: true,
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
});

describe("opening", () => {
  test("reads the key when it is opened, not before", async () => {
    const env: Record<string, string> = {};
    const spec = openai("gpt-5-mini", { env });
    await expect(spec.open()).rejects.toThrow(
      new UsageError('openai("gpt-5-mini"): no API key for api.openai.com: set OPENAI_API_KEY, or pass apiKey'),
    );
    env["OPENAI_API_KEY"] = `${KEY}\n`;
    expect((await spec.open()).model).toBe("gpt-5-mini");
  });

  test("a local server may do without a key", async () => {
    const server = await openaiServer({ replies: ["hello"] });
    open.push(() => server.close());
    const lm = await openai("m", { env: { OPENAI_BASE_URL: server.baseURL } }).open();
    await lm.generate(request);
    expect(server.requests[0]?.headers.authorization).toBe("Bearer no-key");
  });

  test("organization, project and further headers are sent", async () => {
    const env = { OPENAI_ORG_ID: "org-1", OPENAI_PROJECT_ID: "proj-1" };
    const { server, lm } = await serve({ replies: ["hello"] }, { env, headers: { "x-team": "blue" } });
    await lm.generate(request);
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: `Bearer ${KEY}`,
      "openai-organization": "org-1",
      "openai-project": "proj-1",
      "x-team": "blue",
    });
  });

  test.each<[string, () => unknown, string]>([
    ["no model", () => openai(""), 'openai: expected the name of a model ("gpt-5-mini"), got ""'],
    [
      "no URL",
      () => openai("m", { baseURL: "localhost:8080" }),
      'openai: baseURL must be an http or https URL ("https://api.openai.com/v1"), got "localhost:8080"',
    ],
    [
      "a deadline that is none",
      () => openai("m", { idleTimeoutMs: Number.NaN }),
      'openai("m"): idleTimeoutMs must be milliseconds above 0, got NaN',
    ],
    [
      "a part of a connection",
      () => openai("m", { maxConnections: 0.5 }),
      'openai("m"): maxConnections must be a whole number above 0, got 0.5',
    ],
    [
      "a CA for another's fetch",
      () => openai("m", { fetch, ca: "pem" }),
      'openai("m"): ca cannot be given beside fetch, whose connections are its own',
    ],
    ["no room", () => openai("m", { maxAnswerBytes: 0 }), 'openai("m"): maxAnswerBytes must be bytes above 0, got 0'],
    ["no time", () => openai("m", { timeoutMs: 0 }), 'openai("m"): timeoutMs must be milliseconds above 0, got 0'],
  ])("%s is refused at once", (_what, make, message) => {
    expect(make).toThrow(new UsageError(message));
  });

  test("a key that no header can carry is refused without being quoted", async () => {
    const opened = openai("m", { apiKey: "sk-first\nsk-second", env: {} }).open();
    const message = 'openai("m"): the apiKey option holds blanks or other characters that no key has';
    await expect(opened).rejects.toThrow(new UsageError(message));
  });
});

describe("an answer", () => {
  test("carries usage with cached and reasoning tokens", async () => {
    const usage = { inputTokens: 100, outputTokens: 50, cachedInputTokens: 64, reasoningTokens: 32 };
    const { lm } = await serve({ replies: [{ text: "x", usage }] });
    expect((await lm.generate(request)).usage).toEqual({ ...usage, totalTokens: 150 });
  });

  test("is cut at stop strings that extraBody's took the place of", async () => {
    const { server, lm } = await serve({ answer: () => "one END two" }, { extraBody: { stop: ["###"] } });
    const { completions } = await lm.generate({ ...request, stop: ["END"] });
    expect(completions).toEqual([{ text: "one ", finishReason: "stop" }]);
    expect(server.requests[0]?.body).toMatchObject({ stop: ["###"] });
  });

  test("of a reasoning model is cut at stop strings that it does not take, whole and streamed", async () => {
    const replies = ["one ##END two", "one ##END two"];
    const { server, lm } = await serve({ replies }, { model: "gpt-5-mini" });
    const asked = { ...request, stop: ["##END"], temperature: 0, maxTokens: 9 };
    expect((await lm.generate(asked)).completions).toEqual([{ text: "one ", finishReason: "stop" }]);
    const chunks = await collect(lm.stream(asked));
    expect(chunks.map((chunk) => (chunk.type === "text" ? chunk.text : "")).join("")).toBe("one ");
    expect(server.requests[0]?.body).toEqual({
      model: "gpt-5-mini",
      messages: request.messages,
      max_completion_tokens: 9,
    });
  });

  test.each([
    [
      "in its choice",
      { choices: [{ message: { content: "" }, finish_reason: "error", error: { code: 429, message: "busy" } }] },
    ],
    [
      "in Groq's way",
      { choices: [{ message: { content: "hal" }, finish_reason: "stop" }], x_groq: { error: "rate_limit" } },
    ],
  ])("with an error %s is that error, whole and streamed", async (_what, body) => {
    const { lm } = await serve({
      replies: [
        { status: 200, body },
        { status: 200, body },
      ],
    });
    for (const ask of [() => lm.generate(request), () => collect(lm.stream(request))])
      expect((await failure(ask())).code).toMatch(/^rate_limited$|^server$/);
  });

  test("is asked for without halves of characters", async () => {
    const { server, lm } = await serve({ replies: ["x"] });
    const content = "a\uD83D b🙂 \\ud83d \uDE42";
    await lm.generate({ messages: [{ role: "user", content }] });
    expect(server.requests[0]?.body).toMatchObject({ messages: [{ content: content.toWellFormed() }] });
  });

  test("with an error in it is that error", async () => {
    const body = { error: { code: 429, message: "the provider behind us is busy" } };
    const { lm } = await serve({ replies: [{ status: 200, body }] });
    expect((await failure(lm.generate(request))).code).toBe("rate_limited");
  });
});

describe("one request makes one request", () => {
  test.each([500, 503, 429, 408, 409])("also when %d comes back", async (status) => {
    const { server, lm } = await serve({ replies: [{ status }, "never asked for"] });
    expect((await failure(lm.generate(request))).status).toBe(status);
    expect(server.requests).toHaveLength(1);
  });

  test("also when the connection is reset", async () => {
    const { server, lm } = await serve({ replies: [{ fault: "reset_before_headers" }, "never asked for"] });
    await failure(lm.generate(request));
    expect(server.requests).toHaveLength(1);
  });
});

describe("failures of the connection", () => {
  const whole = (lm: LanguageModel) => lm.generate(request);
  const streamed = (lm: LanguageModel) => collect(lm.stream(request));

  test.each([
    ["whole", whole],
    ["streamed", streamed],
  ])("a reset before the answer (%s)", async (_how, ask) => {
    const { server, lm } = await serve({ replies: [{ fault: "reset_before_headers" }] });
    expect(await failure(ask(lm))).toMatchObject({
      code: "connection",
      retryable: true,
      message: `127.0.0.1:${server.port} closed the connection before it answered (ECONNRESET)`,
      details: { beforeFirstByte: true, system: "ECONNRESET" },
    });
  });

  test.each([
    ["reset_in_body", "whole", whole],
    ["reset_in_body", "streamed", streamed],
    ["cut_in_body", "whole", whole],
    ["cut_in_body", "streamed", streamed],
  ] as const)("%s (%s)", async (fault, _how, ask) => {
    const { lm } = await serve({ replies: [{ fault }] });
    expect(await failure(ask(lm))).toMatchObject({ code: "connection", details: { beforeFirstByte: false } });
  });

  test("a stream that ends politely but too early", async () => {
    const event = { id: "1", choices: [{ index: 0, delta: { content: "half an" }, finish_reason: null }] };
    const reply = {
      status: 200,
      body: `data: ${JSON.stringify(event)}\n\n`,
      headers: { "content-type": "text/event-stream" },
    };
    const { lm } = await serve({ replies: [reply] });
    expect(await failure(collect(lm.stream(request)))).toMatchObject({
      code: "connection",
      details: { beforeFirstByte: false },
    });
  });

  test.each([
    ["stall_before_headers", whole],
    ["stall_in_body", whole],
    ["stall_in_body", streamed],
  ] as const)("%s ends at the deadline, which covers the body", async (fault, ask) => {
    const clock = testClock();
    const { server, lm } = await serve({ replies: [{ fault }] }, { clock, timeoutMs: 1_000 });
    const answer = failure(ask(lm));
    await until(() => server.requests[0]?.outcome === "faulted");
    await clock.advance(999);
    expect(server.inFlight).toBe(1);
    await clock.advance(1);
    expect(await answer).toMatchObject({
      code: "timeout",
      message: `127.0.0.1:${server.port} did not finish its answer within 1000 ms`,
      details: { phase: "total" },
    });
    await until(() => server.inFlight === 0, { what: "the socket is closed" });
    expect(clock.pending).toBe(0);
  });

  test("nothing listens", async () => {
    const server = await openaiServer({ replies: [] });
    await server.close();
    const lm = await openai("m", { baseURL: server.baseURL, env: {} }).open();
    const error = await failure(lm.generate(request));
    expect(error.message).toBe(
      `nothing answers at 127.0.0.1:${server.port} (ECONNREFUSED): is the server running, and the base URL right?`,
    );
    expect(error.details["beforeFirstByte"]).toBeUndefined();
  });

  test("an abort reaches the socket", async () => {
    const stop = new AbortController();
    const { server, lm } = await serve({ replies: [{ fault: "stall_before_headers" }] });
    const answer = failure(lm.generate(request, { signal: stop.signal }));
    await until(() => server.inFlight === 1);
    stop.abort();
    expect((await answer).code).toBe("cancelled");
    await until(() => server.inFlight === 0);
  });
});

describe("answers that are not what the protocol promises", () => {
  const json = { "content-type": "application/json" };
  test.each([
    ["damaged JSON", '{"choices": [{"mess', json],
    ["an empty body", "", json],
    ["text", "hello", { "content-type": "text/plain" }],
    ["a page", "<html>hello</html>", { "content-type": "text/html" }],
    ["no choices", "{}", json],
    ["an empty list of choices", '{"choices":[]}', json],
    ["a choice without a message", '{"choices":[{}]}', json],
    ["a number as content", '{"choices":[{"message":{"content":7}}]}', json],
    ["null", "null", json],
  ])("%s", async (_what, body, headers) => {
    const { lm } = await serve({ replies: [{ status: 200, body, headers }] });
    expect(await failure(lm.generate(request))).toMatchObject({ code: "malformed_response", retryable: true });
  });

  test("damaged JSON in a stream", async () => {
    const reply = { status: 200, body: 'data: {"choi\n\n', headers: { "content-type": "text/event-stream" } };
    const { lm } = await serve({ replies: [reply] });
    expect((await failure(collect(lm.stream(request)))).code).toBe("malformed_response");
  });

  test("an error in a stream", async () => {
    const error = { error: { message: "the server is overloaded", type: "server_error" } };
    const body = `data: ${JSON.stringify(error)}\n\n`;
    const { lm } = await serve({ replies: [{ status: 200, body, headers: { "content-type": "text/event-stream" } }] });
    expect(await failure(collect(lm.stream(request)))).toMatchObject({ code: "overloaded" });
  });
});

describe("what a user sees", () => {
  test("a wrong key", async () => {
    const { server, lm } = await serve({ replies: [], apiKey: "sk-the-right-one" });
    const error = await failure(lm.generate(request));
    expect(error).toMatchObject({ code: "auth", status: 401, provider: "openai", retryable: false });
    expect(error.message).toBe(
      `127.0.0.1:${server.port} refused the API key (401): check the apiKey option; ` +
        "it said: Incorrect API key provided: [secret]",
    );
  });

  test("a model that does not exist", async () => {
    const { server, lm } = await serve({ replies: [], models: ["gpt-5-mini"] }, { model: "gpt-17" });
    const error = await failure(lm.generate(request));
    expect(error.code).toBe("not_found");
    expect(error.message).toBe(
      `model "gpt-17" does not exist at 127.0.0.1:${server.port} (404): check its name, and whether the key may use it`,
    );
  });

  test("a wrong address", async () => {
    const server = await openaiServer({ replies: [] });
    open.push(() => server.close());
    const lm = await openai("m", { baseURL: server.baseURL.replace("/v1", "/v2"), env: {} }).open();
    const error = await failure(lm.generate(request));
    expect(error.code).toBe("not_found");
    expect(error.message).toBe(
      `127.0.0.1:${server.port} has nothing at this address (404): check the base URL and the model "m": ` +
        "Invalid URL (POST /v2/chat/completions)",
    );
  });

  test("a prompt that is too long", async () => {
    const { lm } = await serve({ replies: [], contextTokens: 10 });
    const error = await failure(lm.generate({ ...request, maxTokens: 100 }));
    expect(error.code).toBe("context_too_long");
    expect(error.message).toBe(
      'the prompt and its answer are too long for model "test-model": shorten the inputs or lower maxTokens: ' +
        "This model's maximum context length is 10 tokens, but 101 were asked for.",
    );
  });
});

describe("the key", () => {
  const secretHeader = "header-secret-42";
  const everything = (value: unknown): string =>
    inspect(value, { depth: 20, showHidden: true, getters: true }) + JSON.stringify(value);

  test.each([
    [
      "echoed by an error",
      (auth: string) => ({ status: 401, body: { error: { message: `bad ${auth}`, code: auth } } }),
    ],
    ["echoed in plain text", (auth: string) => ({ status: 400, body: `you sent\n${auth}` })],
    ["echoed by a server that fails", (auth: string) => ({ status: 500, body: { detail: auth } })],
    ["echoed in an answer that is no chat", (auth: string) => ({ status: 200, body: { choices: auth } })],
    [
      "echoed in the body of a 200",
      (auth: string) => ({ status: 200, body: { error: { message: auth, type: auth } } }),
    ],
  ])("%s stays out of the failure", async (_what, reply) => {
    const { lm, server } = await serve(
      { answer: () => reply(`${server.requests.at(-1)?.headers.authorization} ${secretHeader}`) },
      { headers: { "x-secret": secretHeader } },
    );
    const error = await failure(lm.generate(request));
    expect(server.requests[0]?.headers.authorization).toContain(KEY);
    for (const text of [everything(error), error.stack ?? "", String(error)]) {
      expect(text).not.toContain(KEY);
      expect(text).not.toContain(secretHeader);
    }
  });

  test("stays out of a failed connection, the spec and the model", async () => {
    const spec = openai("m", { apiKey: KEY, baseURL: "http://127.0.0.1:9/v1", env: {} });
    const lm = await spec.open();
    const error = await failure(lm.generate(request));
    for (const value of [spec, lm, error]) expect(everything(value)).not.toContain(KEY);
  });
});

test.each(WAYS)("the first byte of an answer is told, whole and streamed, over %s", async (_way, options) => {
  const { lm } = await serve({ replies: ["hello", "hello"] }, options);
  const told: string[] = [];
  await lm.generate(request, { onFirstByte: () => told.push("whole") });
  for await (const { type } of lm.stream(request, { onFirstByte: () => told.push("streamed") })) told.push(type);
  expect([...new Set(told)]).toEqual(["whole", "streamed", "text", "done"]);
  expect(told.filter((each) => each === "whole" || each === "streamed")).toHaveLength(2);
});
