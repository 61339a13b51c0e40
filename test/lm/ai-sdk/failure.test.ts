// Errors of AI SDK models, which their packages throw in several ways. Fed to a model made here, and over a provider's package.
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { inspect } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import { fromAiSdk } from "../../../src/lm/ai-sdk/ai-sdk.ts";
import type { AiSdkModel } from "../../../src/lm/ai-sdk/model.ts";
import { LmError, type LmFailureCode } from "../../../src/lm/failure.ts";
import type { LmRequest } from "../../../src/lm/language-model.ts";
import { openaiServer } from "../../../src/testing/openai-server.ts";
import type { ServerReply } from "../../../src/testing/openai-reply.ts";

const request: LmRequest = { messages: [{ role: "user", content: "hi" }] };

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function failure(model: AiSdkModel, stream = false): Promise<LmError> {
  const lm = await fromAiSdk(model).open();
  ends.push(() => lm.close());
  const asking = async (): Promise<unknown> => {
    if (!stream) return lm.generate(request);
    for await (const _ of lm.stream(request));
    return undefined;
  };
  const outcome: unknown = await asking().catch((error: unknown) => error);
  if (!(outcome instanceof LmError)) throw new Error("expected an LmError", { cause: outcome });
  return outcome;
}

const throwing = (thrown: unknown): AiSdkModel => ({
  specificationVersion: "v3",
  provider: "stub",
  modelId: "m",
  doGenerate: () => Promise.reject(thrown),
  doStream: () => Promise.reject(thrown),
});

const apiCall = (statusCode: number | undefined, responseBody: unknown, more: object = {}): Error =>
  Object.assign(new Error("the package's words"), {
    name: "AI_APICallError",
    isRetryable: true,
    requestBodyValues: {},
    statusCode,
    responseBody,
    responseHeaders: {},
    ...more,
  });

describe.each([false, true])("streamed: %s", (stream) => {
  const body = (value: unknown): string => JSON.stringify(value);
  const gemini = {
    error: {
      code: 429,
      message: "You exceeded your current quota. Please retry in 1.5s.",
      status: "RESOURCE_EXHAUSTED",
    },
  };
  test.each<[string, unknown, LmFailureCode, object]>([
    ["Gemini's list", apiCall(429, body([gemini])), "rate_limited", { retryAfterMs: 1_500 }],
    [
      "a gateway's wrapper",
      apiCall(
        400,
        body({
          error: {
            message: "Provider returned error",
            metadata: { raw: body({ error: { message: "prompt is too long: 9 tokens > 8 maximum" } }) },
          },
        }),
      ),
      "context_too_long",
      {},
    ],
    ["an error in a 200", apiCall(200, body({ error: { message: "Rate limited", code: 429 } })), "rate_limited", {}],
    ["an error in a 200 that was read", apiCall(200, { detail: "Incorrect API key provided" }), "auth", {}],
    [
      "an id under another name",
      apiCall(500, "", { responseHeaders: { "Request-Id": "req_7" } }),
      "server",
      { requestId: "req_7" },
    ],
    [
      "a gateway's own error",
      Object.assign(new Error("no credits: insufficient funds"), { name: "GatewayError", statusCode: 402 }),
      "insufficient_quota",
      {},
    ],
    ["a gateway's error around an answer", new Error("outer", { cause: apiCall(503, "") }), "overloaded", {}],
    [
      "an address that is none",
      Object.assign(new TypeError("Invalid URL"), { code: "ERR_INVALID_URL" }),
      "bad_request",
      { retryable: false },
    ],
    [
      "an address of another kind",
      apiCall(undefined, undefined, { cause: new Error("unknown scheme") }),
      "bad_request",
      { retryable: false },
    ],
    ["a bug in its fetch", new TypeError("x is not a function"), "request_crashed", { retryable: false }],
    [
      "what it could not read, and is an error",
      Object.assign(new Error("no"), { name: "AI_TypeValidationError", value: { error: "upstream overloaded" } }),
      "overloaded",
      {},
    ],
    [
      "what it could not read, and is none",
      Object.assign(new Error("no"), { name: "AI_TypeValidationError", value: { hello: 1 } }),
      "malformed_response",
      {},
    ],
    ["words", "upstream overloaded", "overloaded", {}],
    [
      "what the provider sent",
      { type: "error", error: { type: "overloaded_error", message: "Overloaded" } },
      "overloaded",
      {},
    ],
  ])("%s", async (_what, thrown, code, facts) => {
    expect(await failure(throwing(thrown), stream)).toMatchObject({ code, ...facts });
  });
});

describe("what its package sends is nobody's to see", () => {
  const KEY = "whatever this is";
  const TOKEN = "gateway-word";
  const echo: ServerReply = { status: 401, body: { error: { message: `bad ${KEY}, bad ${TOKEN}` } } };
  const makers: Readonly<Record<string, (baseURL: string) => AiSdkModel>> = {
    "openai-compatible": (baseURL) =>
      createOpenAICompatible({ name: "x", baseURL, apiKey: KEY, headers: { "x-gateway": TOKEN } })("m"),
    openai: (baseURL) => createOpenAI({ baseURL, apiKey: KEY, headers: { "x-gateway": TOKEN } }).chat("m"),
  };
  test.each(Object.entries(makers))("%s: its key and its headers, whatever they look like", async (_name, make) => {
    for (const stream of [false, true]) {
      const server = await openaiServer({ answer: () => echo });
      ends.push(() => server.close());
      const failed = await failure(make(server.baseURL), stream);
      expect(failed.message).toContain("bad [secret], bad [secret]");
      expect(inspect(failed, { depth: 10, showHidden: true })).not.toMatch(new RegExp(`${KEY}|${TOKEN}`));
    }
  });

  test("where a package keeps them elsewhere, what looks like a key goes all the same", async () => {
    const thrown = apiCall(401, "Invalid API key: Bearer gsk_ABCDEF0123456789abcdef");
    for (const config of [
      undefined,
      7,
      { headers: () => Promise.reject(new Error("no")) },
      {
        headers: () => {
          throw new Error("no");
        },
      },
    ])
      expect((await failure({ ...throwing(thrown), config } as AiSdkModel)).message).toContain("Bearer [secret]");
  });
});
