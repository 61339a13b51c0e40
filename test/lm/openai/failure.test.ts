import { describe, expect, test } from "vitest";
import type { LmFailureCode } from "../../../src/lm/failure.ts";
import { errorInBody, httpFailure } from "../../../src/lm/openai/failure.ts";
import { redactor } from "../../../src/lm/redact.ts";

const KEY = "my-very-secret-key";
const asked = {
  provider: "openai",
  model: "gpt-5-mini",
  host: "api.openai.com",
  keyName: "OPENAI_API_KEY",
  redact: redactor([KEY]),
};

function reply(status: number, body: string | object = "", headers: Record<string, string> = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { status, body: text, headers: new Headers(headers), wallTime: Date.parse("2026-11-24T12:00:00Z") };
}

const error = (message: string, code?: string, type?: string): object => ({ error: { message, code, type } });

describe("which failure it is", () => {
  test.each<[string, number, string | object, LmFailureCode]>([
    ["a wrong key", 401, error("Incorrect API key provided"), "auth"],
    ["a key without the right", 403, error("Country not supported"), "permission"],
    ["an unknown model", 404, error("The model `x` does not exist", "model_not_found"), "not_found"],
    ["an unknown address", 404, { detail: "Not Found" }, "not_found"],
    ["a bad setting", 400, error("Unsupported value: 'temperature'", "unsupported_value"), "bad_request"],
    ["a bad schema", 422, { detail: "invalid" }, "bad_request"],
    ["OpenAI's window", 400, error("…", "context_length_exceeded"), "context_too_long"],
    ["llama-server's window", 400, error("…", undefined, "exceed_context_size_error"), "context_too_long"],
    [
      "vLLM's window, without an error object",
      400,
      { object: "error", message: "This model's maximum context length is 4096 tokens.", code: 400 },
      "context_too_long",
    ],
    ["a gateway's window, as a 500", 500, error("the request exceeds the context size"), "context_too_long"],
    ["a payload too large", 413, "Payload Too Large", "bad_request"],
    ["Azure's filter", 400, error("…", "content_filter"), "content_filter"],
    ["a policy", 400, error("…", "content_policy_violation"), "content_filter"],
    ["a rate", 429, error("Rate limit reached", "rate_limit_exceeded", "tokens"), "rate_limited"],
    ["a rate, said in plain text", 429, "slow down", "rate_limited"],
    ["an empty account", 429, error("You exceeded…", "insufficient_quota"), "insufficient_quota"],
    ["an empty account, only said", 429, error("You exceeded your current quota"), "insufficient_quota"],
    ["no credit", 402, error("Insufficient Balance"), "insufficient_quota"],
    ["a request timeout", 408, "", "timeout"],
    ["a conflict", 409, "", "server"],
    ["a server error", 500, "<html>Internal Server Error</html>", "server"],
    ["a bad gateway", 502, "", "server"],
    ["a gateway timeout", 504, "", "server"],
    ["unavailable", 503, "", "overloaded"],
    ["Anthropic's overload", 529, error("Overloaded", undefined, "overloaded_error"), "overloaded"],
    ["an overload, as a 500", 500, error("The engine is currently overloaded"), "overloaded"],
    ["a teapot", 418, "", "bad_request"],
    ["not modified", 304, "", "malformed_response"],
  ])("%s (%d)", (_what, status, body, code) => {
    const failure = httpFailure(reply(status, body), asked);
    expect(failure).toMatchObject({ code, status, provider: "openai" });
    expect(failure.message).not.toContain("\n");
    expect(failure.message).not.toContain("<html>");
  });
});

describe("what it carries", () => {
  test("the provider's own words for programs", () => {
    const body = { error: { message: "no", code: "unsupported_value", type: "invalid_request_error", param: "top_p" } };
    const failure = httpFailure(reply(400, body, { "x-request-id": "req-1" }), asked);
    expect(failure.requestId).toBe("req-1");
    expect(failure.message).toBe("api.openai.com rejected the request (400): no");
    expect(failure.details).toEqual({
      host: "api.openai.com",
      providerCode: "unsupported_value",
      providerType: "invalid_request_error",
      param: "top_p",
    });
  });

  test("the wait that was asked for", () => {
    expect(httpFailure(reply(429, "", { "retry-after": "3" }), asked).retryAfterMs).toBe(3_000);
    expect(httpFailure(reply(429), asked).retryAfterMs).toBeUndefined();
  });

  test("that no retry helps, where the server says so", () => {
    expect(httpFailure(reply(500, "", { "x-should-retry": "false" }), asked).retryable).toBe(false);
    expect(httpFailure(reply(429, error("Request too large for gpt-4 on tokens per min")), asked).retryable).toBe(
      false,
    );
    expect(httpFailure(reply(500), asked).retryable).toBe(true);
  });

  test("no key, in no place", () => {
    const body = { error: { message: `bad ${KEY}`, code: KEY, type: KEY, param: KEY } };
    const failure = httpFailure(reply(401, body), asked);
    expect(failure.message + JSON.stringify(failure.details)).not.toContain(KEY);
    expect(failure.message).toBe(
      "api.openai.com refused the API key (401): check OPENAI_API_KEY; it said: bad [secret]",
    );
  });

  test("one line of bounded length", () => {
    const { message } = httpFailure(reply(500, `first\nsecond ${"x".repeat(10_000)}`), asked);
    expect(message).toMatch(/^api\.openai\.com failed \(500\): first second x+…$/);
    expect(message.length).toBeLessThan(400);
  });
});

describe("an error in a body", () => {
  test.each<[unknown, LmFailureCode]>([
    [{ code: 429, message: "busy" }, "rate_limited"],
    [{ code: "502", message: "bad gateway" }, "server"],
    [{ code: "rate_limit_exceeded", message: "busy" }, "rate_limited"],
    [{ type: "insufficient_quota", message: "empty" }, "insufficient_quota"],
    [{ type: "invalid_request_error", message: "bad" }, "bad_request"],
    [{ code: "model_not_found", message: "no" }, "not_found"],
    [{ type: "authentication_error", message: "no" }, "auth"],
    [{ message: "the context window is 5 tokens" }, "context_too_long"],
    ["plain words", "server"],
    [null, "server"],
  ])("%j is %s", (said, code) => {
    expect(errorInBody(said, asked)).toMatchObject({ code, provider: "openai" });
  });
});
