import { describe, expect, test } from "vitest";
import { redactor } from "../../../src/lm/redact.ts";
import { errorIn, errorInResponse } from "../../../src/lm/said/error-in.ts";
import { readSaid } from "../../../src/lm/said/said.ts";

const WALL = Date.parse("2026-11-24T12:00:00Z");
const read = (body: unknown) => readSaid(body, redactor(["hidden-key"]), WALL);
const openRouter = (raw: unknown): object => ({
  error: {
    message: "Provider returned error",
    code: 400,
    metadata: { raw: typeof raw === "string" ? raw : JSON.stringify(raw), provider_name: "Acme" },
  },
  user_id: "u",
});
const forbidden = { type: "extra_forbidden", loc: ["body", "seed"], msg: "Extra inputs are not permitted" };

describe("what is said, whatever it is wrapped in", () => {
  test.each<[string, unknown, object]>([
    [
      "OpenAI's object",
      { error: { message: "no", type: "t", param: "p", code: "c" } },
      { message: "no", type: "t", param: "p", code: "c" },
    ],
    [
      "Gemini's list",
      [{ error: { code: 429, message: "no", status: "RESOURCE_EXHAUSTED" } }],
      { message: "no", status: 429 },
    ],
    [
      "JSON inside the message",
      { error: { message: '{"error":{"code":429,"message":"inner"}}', code: 500 } },
      { message: "inner", status: 429 },
    ],
    [
      "JSON behind the message's words",
      { error: { message: 'AcmeException - {"error":{"message":"inner"}}' } },
      { message: "inner" },
    ],
    [
      "OpenRouter's raw JSON",
      openRouter({ error: { message: "inner", code: "c", param: "p" } }),
      { message: "inner", code: "c", param: "p" },
    ],
    ["OpenRouter's raw text", openRouter("inner words"), { message: "inner words" }],
    [
      "OpenRouter's raw JSON with the error as text",
      openRouter({ error: "unsupported country" }),
      { message: "unsupported country" },
    ],
    [
      "OpenRouter's raw JSON, cut off",
      openRouter('{"error": {"message": "inn'),
      { message: '{"error": {"message": "inn' },
    ],
    ["FastAPI's text", { detail: "Not Found" }, { message: "Not Found" }],
    [
      "FastAPI's list",
      { detail: [{ type: "missing", loc: ["body", "messages"], msg: "Field required" }] },
      { message: "messages: Field required", param: "messages" },
    ],
    [
      "FastAPI's list of several",
      { detail: [forbidden, { ...forbidden, loc: ["body", "stop"] }] },
      {
        message: "seed: Extra inputs are not permitted; stop: Extra inputs are not permitted",
        code: "extra_forbidden",
        param: "seed",
      },
    ],
    [
      "Mistral's details in the message",
      { object: "error", message: { detail: [forbidden] }, type: "invalid_request_error" },
      { message: "seed: Extra inputs are not permitted", param: "seed" },
    ],
    [
      "Cloudflare's errors",
      { success: false, errors: [{ code: 7003, message: "Could not route" }], messages: [], result: null },
      { message: "Could not route", code: "7003" },
    ],
    ["`msg`", { error_code: 50001, msg: "out of memory" }, { message: "out of memory", code: "50001" }],
    [
      "xAI",
      { code: "Client specified an invalid argument", error: "no" },
      { message: "no", code: "Client specified an invalid argument" },
    ],
    ["TGI", { error: "no", error_type: "validation" }, { message: "no", type: "validation" }],
    [
      "the status in words, and what it is about",
      { statusCode: 400, error: "Bad Request", message: "no" },
      { message: "no", status: 400 },
    ],
    [
      "Azure's inner error",
      { error: { message: "outer", innererror: { code: "c", message: "inner" } } },
      { message: "inner", code: "c" },
    ],
    ["AWS", { __type: "ThrottlingException", message: "no" }, { message: "no", type: "ThrottlingException" }],
    [
      "LiteLLM's None",
      { error: { message: "no", type: "None", param: "None", code: "400" } },
      { message: "no", type: "", param: "", code: "400" },
    ],
    ["text", "slow down", { message: "slow down" }],
    ["text behind a number", "<400> no", { message: "<400> no" }],
    ["a page", "<html><h1>Bad Gateway</h1></html>", { message: "" }],
    ["nothing", "", { message: "" }],
    ["an empty list", "[]", { message: "[]" }],
    ["an id in the body", { error: { message: "no" }, request_id: "req_1" }, { message: "no", requestId: "req_1" }],
  ])("%s", (_what, body, expected) => {
    expect(read(body)).toMatchObject(expected);
    // The same, as it comes over the wire.
    expect(read(typeof body === "string" ? body : JSON.stringify(body))).toEqual(read(body));
  });

  test("without keys, on one line, however deep", () => {
    let body: unknown = { message: "the\nhidden-key" };
    for (let depth = 0; depth < 3; depth += 1) body = { error: body };
    expect(read(body).message).toBe("the [secret]");
    for (let depth = 0; depth < 10_000; depth += 1) body = { error: body };
    expect(read(body).message).toBe("");
    expect(read({ error: { message: "x".repeat(200_000) } }).message).toHaveLength(300);
  });
});

describe("how long it asks to wait", () => {
  const said = (message: string) => ({ error: { message } });
  test.each<[string, unknown, number | undefined]>([
    ["Gemini", [{ error: { message: "no", details: [{ "@type": "x", retryDelay: "1.5s" }] } }], 1_500],
    [
      "Gemini, behind a gateway",
      said(
        `litellm.RateLimitError: x - ${JSON.stringify({ error: { message: "no", details: [{ retryDelay: "20s" }] } })}`,
      ),
      20_000,
    ],
    [
      "protobuf's duration",
      { error: { message: "no", details: [{ retry_delay: { seconds: "3", nanos: 500_000_000 } }] } },
      3_500,
    ],
    ["seconds", { error: { message: "no", retry_after: 7 } }, 7_000],
    ["seconds as text", { error: "no", retryAfter: "7" }, 7_000],
    ["milliseconds", { error: { message: "no", retry_after_ms: 40 } }, 40],
    ["a plan's window", { error: { message: "no", resets_in_seconds: 360 } }, 360_000],
    ["a moment", { error: { message: "no", resets_at: WALL / 1_000 + 9 } }, 9_000],
    ["a moment in ISO's form", { error: { message: "no", reset_at: "2026-11-24T12:00:05Z" } }, 5_000],
    ["a moment that has passed", { error: { message: "no", reset_at: "2026-11-24T11:00:00Z" } }, undefined],
    [
      "a header that the gateway got",
      { error: { message: "no", metadata: { headers: { "X-RateLimit-Reset": String(WALL + 60_000) } } } },
      60_000,
    ],
    ["the time that a load takes", { error: "loading", estimated_time: 20.5 }, 20_500],
    ["OpenAI's words", said("Please try again in 7m12.5s. Visit the page"), 432_500],
    ["OpenAI's words, of a moment", said("Limit 3, Used 3, Requested 1. Please try again in 20ms."), 20],
    ["Gemini's words", said("Please retry in 37.123456789s."), 37_124],
    ["Azure's words", said("Please retry after 20 seconds."), 20_000],
    ["Antigravity's words", said("Your quota will reset after 1h2m3s."), 3_723_000],
    ["words of several units", said("Try again in 2 minutes and 5 seconds"), 125_000],
    ["plain words", said("Please wait 3 seconds before sending another request"), 3_000],
    ["a moment in words", said("try again at 2026-11-24T12:01:00Z."), 60_000],
    ["text", "rate limited, retry in 5 s", 5_000],
    ["a limit, which is none", said("Limit: 30 requests per 60s"), undefined],
    ["no number", said("Please try again later."), undefined],
    ["another number", said("Try again with 30 tokens"), undefined],
  ])("%s", (_who, body, ms) => {
    expect(read(body).waitMs).toBe(ms);
  });
});

describe("an error in the body of a good status, or in an event", () => {
  test.each([
    { error: { message: "no" } },
    { error: "no" },
    [{ error: { message: "no" } }],
    { detail: "no" },
    { errors: [{ message: "no" }], success: false },
    { msg: "no", code: 500 },
    { object: "error", message: "no" },
    { error: { message: "no" }, choices: [] },
  ])("%j is one, in both protocols", (body) => {
    expect(errorIn(body)).toEqual(body);
    expect(errorInResponse(body)).toEqual(body);
  });

  test.each([
    { choices: [] },
    { choices: [], error: null, message: "x" },
    { choices: [], error: {} },
    { object: "chat.completion.chunk", message: "x" },
    { usage: {} },
    { type: "ping" },
    { errors: [] },
    "text",
    [],
    null,
  ])("%j is none", (body) => {
    expect(errorIn(body)).toBeUndefined();
  });

  test("OpenRouter's choice holds it", () => {
    const error = { code: 502, message: "no" };
    expect(errorIn({ choices: [{ index: 0, finish_reason: "error", error }] })).toEqual(error);
  });

  test("in the Responses API the response holds it as well, and its own events are none", () => {
    expect(errorInResponse({ type: "response.failed", response: { error: { message: "no" } } })).toEqual({
      error: { message: "no" },
    });
    expect(errorInResponse({ type: "error", message: "no", code: "c" })).toMatchObject({ message: "no" });
    expect(errorInResponse({ type: "response.output_text.delta", delta: "x", message: "x" })).toBeUndefined();
    expect(errorInResponse({ type: "response.created", response: { error: null } })).toBeUndefined();
  });
});
