import { describe, expect, test } from "vitest";
import { errorInBody, httpFailure } from "../../../src/lm/openai/failure.ts";
import { redactor } from "../../../src/lm/redact.ts";
import { CODED_ROWS } from "./wording-rows.ts";

const asked = { provider: "p", model: "m", host: "api.example", keyName: "KEY", redact: redactor([]) };
const wallTime = Date.parse("2026-11-24T12:00:00Z");
const httpError = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  httpFailure(
    { status, body: typeof body === "string" ? body : JSON.stringify(body), headers: new Headers(headers), wallTime },
    asked,
  );
const said = (message: string, more: object = {}): object => ({ error: { message, ...more } });

describe("what servers say tells failures apart", () => {
  test.each(CODED_ROWS)("$code: $who ($status)", ({ code, status, body }) => {
    expect(httpError(status, body).code).toBe(code);
  });

  test.each(CODED_ROWS.filter(({ anywhere }) => anywhere))("$code, where a 200 had begun: $who", ({ code, body }) => {
    expect(errorInBody(body, asked, wallTime).code).toBe(code);
  });
});

describe("an account that has run out, and a rate that is limited", () => {
  const exceeded = "You exceeded your current quota, please check your plan and billing details.";

  test("a header that says when is a time to come back as well", () => {
    expect(httpError(429, said(exceeded), { "retry-after": "20" })).toMatchObject({
      code: "rate_limited",
      retryable: true,
    });
    expect(httpError(429, said(exceeded)).code).toBe("insufficient_quota");
  });

  test("a quota of nothing is not asked for again, whatever time it names", () => {
    const none = httpError(429, said(`${exceeded} limit: 0`, { details: [{ retryDelay: "37s" }] }));
    expect(none).toMatchObject({ code: "insufficient_quota", retryable: false });
  });
});

test("what counts may come behind much else", () => {
  const message = `${"upstream of a gateway of a gateway, ".repeat(20)} prompt is too long: 9 tokens > 8 maximum`;
  expect(httpError(400, said(message)).code).toBe("context_too_long");
  // However long a message is, it is read in no time.
  expect(httpError(400, said("the input tokens of the prompt, ".repeat(8_000))).code).toBe("bad_request");
});

test("contents that are unavailable for legal reasons", () => {
  expect(httpError(451, said("This content is blocked in your country")).code).toBe("content_filter");
  expect(httpError(451, "").code).toBe("permission");
});

// router-for-me/CLIProxyAPI#2712
test("an overload inside a stream, by whichever of its words", () => {
  for (const told of [
    said("no", { type: "service_unavailable_error", code: "server_is_overloaded" }),
    { type: "error", error: { type: "overloaded_error", message: "no" } },
    { type: "error", code: "server_is_overloaded", message: "no" },
  ])
    expect(errorInBody(told, asked).code).toBe("overloaded");
});

// Kilo-Org/kilocode#9006
test("that nobody takes what was asked for is no wrong address", () => {
  const failure = httpError(404, said("No endpoints found that support tool use. To learn more, visit the page"));
  expect(failure.code).toBe("bad_request");
  expect(failure.message).not.toContain("base URL");
});

test("what the model wrote and its server could not read is asked for again", () => {
  for (const code of ["json_validate_failed", "tool_use_failed", "output_parse_failed"]) {
    const body = said("Failed. See 'failed_generation' for more details.", { code, failed_generation: "{" });
    expect(httpError(400, body)).toMatchObject({
      code: "malformed_response",
      retryable: true,
      message:
        "api.example could not read what its model wrote (400): Failed. See 'failed_generation' for more details.",
    });
    expect(errorInBody(body, asked)).toMatchObject({ code: "malformed_response", retryable: true });
  }
  const cut = "max completion tokens reached before generating a valid document";
  expect(httpError(400, said(cut, { code: "json_validate_failed" }))).toMatchObject({
    code: "cut_off",
    retryable: false,
  });
});

test("a gateway's status gives way to the one that it got", () => {
  const inner = (status: number) => httpError(500, said("upstream", { code: status })).code;
  expect([401, 402, 404, 429, 503].map(inner)).toEqual([
    "auth",
    "insufficient_quota",
    "not_found",
    "rate_limited",
    "overloaded",
  ]);
});
