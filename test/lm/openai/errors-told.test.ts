// What servers tell of their failures arrives, whatever it is wrapped in: over both protocols, whole and streamed, and of embedders.
import { expect, describe, test } from "vitest";
import type { LmFailureCode } from "../../../src/lm/failure.ts";
import { openaiEmbedder } from "../../../src/lm/openai/embedder.ts";
import { openai } from "../../../src/lm/openai/openai.ts";
import { openaiServer } from "../../../src/testing/openai-server.ts";
import type { HttpErrorReply } from "../../../src/testing/openai-reply.ts";
import { collect, failure, KEY, open, request, serve } from "../served-model.ts";

const raw = { error: { message: "prompt is too long: 213462 tokens > 200000 maximum", code: "too_long" } };
const exceeded = "You exceeded your current quota, please check your plan and billing details.";

const ROWS: readonly (readonly [string, HttpErrorReply, LmFailureCode, string, object])[] = [
  [
    "Gemini's list",
    {
      status: 429,
      body: [
        { error: { code: 429, message: exceeded, status: "RESOURCE_EXHAUSTED", details: [{ retryDelay: "1.5s" }] } },
      ],
    },
    "rate_limited",
    exceeded,
    { retryAfterMs: 1_500, retryable: true },
  ],
  [
    "OpenRouter's wrapper",
    {
      status: 400,
      body: { error: { message: "Provider returned error", code: 400, metadata: { raw: JSON.stringify(raw) } } },
    },
    "context_too_long",
    raw.error.message,
    { details: { providerCode: "too_long" } },
  ],
  [
    "an error in a list, with a good status",
    { status: 200, body: [{ error: { code: 503, message: "full" } }] },
    "overloaded",
    "full",
    {},
  ],
  [
    "an error that is text, with a good status",
    { status: 200, body: { error: "Content Exists Risk" } },
    "content_filter",
    "Content Exists Risk",
    {},
  ],
  [
    "FastAPI's detail, with a good status",
    { status: 200, body: { detail: "Incorrect API key provided" } },
    "auth",
    "Incorrect API key",
    {},
  ],
  [
    "MiniMax's outcome beside the choices",
    {
      status: 200,
      body: { id: "x", choices: null, base_resp: { status_code: 1_008, status_msg: "insufficient balance" } },
    },
    "insufficient_quota",
    "insufficient balance",
    {},
  ],
  [
    "MiniMax's outcome alone",
    { status: 200, body: { base_resp: { status_code: 1_004, status_msg: "login fail: carry the API secret key" } } },
    "auth",
    "login fail",
    {},
  ],
  [
    "`msg`, with a good status",
    { status: 200, body: { code: 500, msg: "out of memory" } },
    "server",
    "out of memory",
    {},
  ],
  [
    "an id under another name",
    { status: 500, body: "no", headers: { "x-request-id": "", "request-id": "req_9" } },
    "server",
    "no",
    { requestId: "req_9" },
  ],
];

describe.each(["chat", "responses"] as const)("over %s", (api) => {
  test.each(ROWS)("%s", async (_what, reply, code, words, facts) => {
    const { server, lm } = await serve({ answer: () => reply }, { api });
    const failures = [await failure(lm.generate(request)), await failure(collect(lm.stream(request)))];
    for (const failed of failures) {
      expect(failed).toMatchObject({ code, ...facts });
      expect(failed.message).toContain(words);
    }
    expect(server.counts.requests).toBe(2);
  });

  test("what a failed answer cost is in its details", async () => {
    const usage =
      api === "chat"
        ? { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 }
        : { input_tokens: 7, output_tokens: 3 };
    const error = { code: "server_error", message: "out of memory" };
    const failed = { id: "r", object: "response", status: "failed", model: "m", output: [], error, usage };
    const choice = { index: 0, message: { role: "assistant", content: "hal" }, finish_reason: "error" };
    const body = api === "chat" ? { id: "c", choices: [choice], usage } : failed;
    const { lm } = await serve({ answer: () => ({ status: 200, body }) }, { api });
    for (const asking of [lm.generate(request), collect(lm.stream(request))])
      expect(await failure(asking)).toMatchObject({
        code: "server",
        details: { usage: { inputTokens: 7, outputTokens: 3, totalTokens: 10 } },
      });
  });

  test("a parameter that a gateway turns down costs one request", async () => {
    const no: HttpErrorReply = {
      status: 400,
      body: {
        error: {
          message:
            "litellm.BadRequestError: OpenAIException - Unsupported parameter: 'temperature' is not supported with this model.",
          type: "None",
          param: "None",
          code: "400",
        },
      },
    };
    const { server, lm } = await serve({ replies: [no, "x", "x"] }, { api });
    expect(await failure(lm.generate({ ...request, temperature: 0.5 }))).toMatchObject({
      retryable: true,
      details: { unsupported: "temperature" },
    });
    await lm.generate({ ...request, temperature: 0.5 });
    await collect(lm.stream({ ...request, temperature: 0.5 }));
    expect(server.requests.map(({ body }) => body?.["temperature"])).toEqual([0.5, undefined, undefined]);
  });

  test("several parameters that are named at once cost one", async () => {
    const message =
      "litellm.UnsupportedParamsError: acme does not support parameters: ['temperature', 'top_p'], for model=m.";
    const { server, lm } = await serve({ replies: [{ status: 400, body: { error: { message } } }, "x"] }, { api });
    const asked = { ...request, temperature: 0.5, topP: 0.5 };
    expect((await failure(lm.generate(asked))).details["unsupported"]).toBe("temperature, top_p");
    await lm.generate(asked);
    expect(server.requests.at(-1)?.body).not.toHaveProperty("temperature");
    expect(server.requests.at(-1)?.body).not.toHaveProperty("top_p");
  });

  test("a bug in a `fetch` is no network's failure", async () => {
    let asked = 0;
    const broken = (): never => {
      asked += 1;
      throw new TypeError("agent.dispatch is not a function");
    };
    const lm = await openai("m", {
      baseURL: "http://127.0.0.1:9/v1",
      apiKey: KEY,
      env: {},
      api,
      fetch: broken,
    }).open();
    open.push(() => lm.close());
    for (const asking of [lm.generate(request), collect(lm.stream(request))])
      expect(await failure(asking)).toMatchObject({ code: "request_crashed", retryable: false });
    expect(asked).toBe(2);
  });
});

test.each(ROWS)("an embedder: %s", async (_what, reply, code, words, facts) => {
  const server = await openaiServer({ answer: () => "none", embeddings: () => reply });
  open.push(() => server.close());
  const embedder = await openaiEmbedder("e", { baseURL: server.baseURL, apiKey: KEY, env: {} }).open();
  open.push(() => embedder.close());
  const failed = await failure(embedder.embed(["text"]));
  expect(failed).toMatchObject({ code, ...facts });
  expect(failed.message).toContain(words);
});
