import { afterEach, describe, expect, test } from "vitest";
import { UsageError } from "../../src/foundation/errors.ts";
import { openaiServer } from "../../src/testing/openai-server.ts";
import type { OpenAiServer } from "../../src/testing/openai-server.ts";
import type { OpenAiServerOptions } from "../../src/testing/server-options.ts";
import { testClock } from "../../src/testing/test-clock.ts";
import { until } from "../../src/testing/until.ts";

const running: OpenAiServer[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.close();
});

async function start(options: OpenAiServerOptions): Promise<OpenAiServer> {
  const server = await openaiServer(options);
  running.push(server);
  return server;
}

function chat(server: OpenAiServer, body: object = {}, init: RequestInit = {}): Promise<Response> {
  const messages = [{ role: "user", content: "eight chars and more" }];
  return fetch(`${server.baseURL}/chat/completions`, {
    method: "POST",
    body: JSON.stringify({ model: "m", messages, ...body }),
    ...init,
  });
}

describe("answers", () => {
  test("a string, as a Chat Completion", async () => {
    const server = await start({ replies: ["hello"] });
    const response = await chat(server);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      id: "chatcmpl-1",
      object: "chat.completion",
      model: "m",
      choices: [{ index: 0, message: { role: "assistant", content: "hello" }, finish_reason: "stop" }],
      usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 },
    });
    expect(server.requests).toMatchObject([{ method: "POST", path: "/v1/chat/completions", body: { model: "m" } }]);
    await until(() => server.requests[0]?.outcome === "answered");
  });

  test("streamed, as events that end in [DONE]", async () => {
    const server = await start({ replies: ["hello there"] });
    const response = await chat(server, { stream: true, stream_options: { include_usage: true } });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const events = (await response.text()).trimEnd().split("\n\n");
    expect(events.at(-1)).toBe("data: [DONE]");
    const parsed = events.slice(0, -1).map((event) => JSON.parse(event.slice("data: ".length)) as object);
    expect(parsed).toMatchObject([
      { choices: [{ delta: { role: "assistant", content: "" } }] },
      { choices: [{ delta: { content: "hello" } }] },
      { choices: [{ delta: { content: " there" } }] },
      { choices: [{ delta: {}, finish_reason: "stop" }] },
      { choices: [], usage: { completion_tokens: 3 } },
    ]);
  });

  test("from a function that sees the request", async () => {
    const server = await start({ answer: async ({ messages }, index) => `${index}: ${String(messages[0]?.content)}` });
    await chat(server);
    expect(await (await chat(server)).text()).toContain("1: eight chars and more");
  });

  test("a status with a body and headers", async () => {
    const server = await start({ replies: [{ status: 429, headers: { "retry-after": "2" } }] });
    const response = await chat(server);
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, "2"]);
  });

  test("a 500 that says so when the replies have run out", async () => {
    const response = await chat(await start({ replies: [] }));
    expect(response.status).toBe(500);
    expect(await response.text()).toContain("request 1 came, but only 0 replies were given");
  });

  test("a 500 with what the test's own function threw", async () => {
    const server = await start({
      answer: () => {
        throw new Error("a mistake in the test");
      },
    });
    expect(await (await chat(server)).text()).toContain("a mistake in the test");
  });

  test("the models there are", async () => {
    const response = await fetch(`${(await start({ replies: [], models: ["a", "b"] })).baseURL}/models`);
    expect(await response.json()).toMatchObject({ data: [{ id: "a" }, { id: "b" }] });
  });

  test("after the latency, by the given clock", async () => {
    const clock = testClock();
    const server = await start({ replies: ["late"], latencyMs: 60_000, clock });
    const answer = chat(server);
    await until(() => clock.pending === 1);
    await clock.advance(60_000);
    expect((await answer).status).toBe(200);
  });
});

describe("the Responses API", () => {
  const ask = (server: OpenAiServer, body: object = {}): Promise<Response> =>
    fetch(`${server.baseURL}/responses`, {
      method: "POST",
      body: JSON.stringify({ model: "m", instructions: "Be brief.", input: "eight chars and more", ...body }),
    });
  const rich = {
    text: "hello there",
    reasoning: "Greet.",
    toolCalls: [{ id: "a", name: "look", arguments: '{"at":1}' }],
    logprobs: [
      { token: "hello", logprob: -0.5, top: [{ token: "hi", logprob: -1 }] },
      { token: " there", logprob: -0.25 },
    ],
  };

  test("answers whole", async () => {
    const server = await start({ replies: ["hello"] });
    const response = await ask(server);
    expect(await response.json()).toMatchObject({
      id: "resp_1",
      object: "response",
      status: "completed",
      error: null,
      output: [{ type: "message", role: "assistant", content: [{ type: "output_text", text: "hello", logprobs: [] }] }],
      usage: { input_tokens: 8, output_tokens: 2, total_tokens: 10 },
    });
    expect(server.requests[0]?.body?.messages).toEqual([
      { role: "system", content: "Be brief." },
      { role: "user", content: "eight chars and more" },
    ]);
  });

  test("answers with reasoning, tools and, where they are asked for, log probabilities", async () => {
    const server = await start({ replies: [rich, { text: "cut", finishReason: "length" }] });
    const response = await ask(server, { include: ["message.output_text.logprobs"] });
    expect(await response.json()).toMatchObject({
      output: [
        { type: "reasoning", summary: [{ type: "summary_text", text: "Greet." }] },
        { type: "message", content: [{ text: "hello there", logprobs: [{ token: "hello" }, { logprob: -0.25 }] }] },
        { type: "function_call", call_id: "a", name: "look", arguments: '{"at":1}' },
      ],
    });
    expect(await (await ask(server)).json()).toMatchObject({
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
    });
  });

  test("streams, in events that are named and counted", async () => {
    const server = await start({ replies: [rich] });
    const body = await (await ask(server, { stream: true })).text();
    const events = body
      .trimEnd()
      .split("\n\n")
      .map((event) => /^event: (.*)\ndata: (.*)$/.exec(event)?.slice(1) ?? []);
    const parsed = events.map(([, data = ""]) => JSON.parse(data) as { type: string; sequence_number: number });
    expect(parsed.map(({ type }) => type)).toEqual(events.map(([name]) => name));
    expect(parsed.map((event) => event.sequence_number)).toEqual(parsed.map((_, index) => index));
    expect(parsed.map(({ type }) => type.replace("response.", ""))).toEqual([
      "created",
      "in_progress",
      "output_item.added",
      "reasoning_summary_text.delta",
      "reasoning_summary_text.delta",
      "output_item.done",
      "output_item.added",
      "output_text.delta",
      "output_text.delta",
      "output_item.done",
      "output_item.added",
      "function_call_arguments.delta",
      "function_call_arguments.delta",
      "output_item.done",
      "completed",
    ]);
  });
});

describe("what the models do not take", () => {
  test.each([
    ["temperature", { temperature: 0 }, { param: "temperature", code: "unsupported_parameter" }],
    ["reasoning.effort", { reasoning: { effort: "low" } }, { param: "reasoning.effort" }],
    ["json_schema", { response_format: { type: "json_schema" } }, { param: null, code: null }],
  ])("%s gets a 400 in OpenAI's words", async (name, body, error) => {
    const server = await start({ replies: ["hello"], unsupported: [name] });
    const response = await chat(server, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { type: "invalid_request_error", ...error } });
    expect((await chat(server)).status).toBe(200);
  });
});

describe("refusals", () => {
  test.each<[string, OpenAiServerOptions, RequestInit, number, string]>([
    ["a wrong key", { apiKey: "right" }, { headers: { authorization: "Bearer wrong" } }, 401, "invalid_api_key"],
    ["an unknown model", { models: ["other"] }, {}, 404, "model_not_found"],
    ["a prompt that is too long", { contextTokens: 4 }, {}, 400, "context_length_exceeded"],
    ["a body that is no JSON", {}, { body: "{" }, 400, "invalid_request_error"],
  ])("%s", async (_what, options, init, status, code) => {
    const response = await chat(await start({ replies: ["never said"], ...options }), {}, init);
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(code);
  });
});

test("it sees that a client has hung up", async () => {
  const server = await start({ replies: [{ fault: "stall_before_headers" }, "slow"], latencyMs: 0 });
  const stop = new AbortController();
  const answer = chat(server, {}, { signal: stop.signal }).catch((error: unknown) => error);
  await until(() => server.inFlight === 1);
  stop.abort();
  await answer;
  await until(() => server.inFlight === 0);
});

test("closing frees every socket, stalled ones too, and may be done twice", async () => {
  const server = await start({ replies: [{ fault: "stall_in_body" }, { fault: "stall_before_headers" }] });
  const answers = [chat(server), chat(server)].map((answer) =>
    answer.then((response) => response.text()).catch((error: unknown) => error),
  );
  await until(() => server.requests.filter(({ outcome }) => outcome === "faulted").length === 2);
  await server.close();
  await server.close();
  expect((await Promise.all(answers)).every((answer) => answer instanceof Error)).toBe(true);
  expect(server.connections).toBe(0);
});

test("it must be told what to say", async () => {
  await expect(openaiServer({})).rejects.toThrow(new UsageError("openaiServer: give either replies or answer"));
  const mixedUp = (options: object): Promise<unknown> => openaiServer(options);
  await expect(mixedUp({ replies: () => "hi" })).rejects.toThrow(
    "replies must be a list, got function replies; a function",
  );
  await expect(mixedUp({ answer: ["hi"] })).rejects.toThrow('answer must be a function, got ["hi"]; a list is replies');
});
