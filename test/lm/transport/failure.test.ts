import { describe, expect, test } from "vitest";
import { LmError } from "../../../src/lm/failure.ts";
import type { LmFailureCode } from "../../../src/lm/failure.ts";
import { redactor } from "../../../src/lm/redact.ts";
import { transportFailure } from "../../../src/lm/transport/failure.ts";

const asked = {
  provider: "openai",
  model: "m",
  host: "api.example",
  keyName: "OPENAI_API_KEY",
  redact: redactor(["hidden-key"]),
};

const coded = (code: string): Error => Object.assign(new Error(`it was ${code}`), { code });
const fetchFailed = (code: string): Error => new TypeError("fetch failed", { cause: coded(code) });

describe("while nothing had come", () => {
  test.each<[string, LmFailureCode, boolean, object]>([
    ["ECONNREFUSED", "connection", true, {}],
    ["ENOTFOUND", "connection", true, {}],
    ["EAI_AGAIN", "connection", true, {}],
    ["ENETUNREACH", "connection", true, {}],
    ["ECONNRESET", "connection", true, { beforeFirstByte: true }],
    ["EPIPE", "connection", true, { beforeFirstByte: true }],
    ["UND_ERR_SOCKET", "connection", true, { beforeFirstByte: true }],
    ["ETIMEDOUT", "timeout", true, { phase: "connect" }],
    ["UND_ERR_CONNECT_TIMEOUT", "timeout", true, { phase: "connect" }],
    ["UND_ERR_HEADERS_TIMEOUT", "timeout", true, { phase: "first_byte" }],
    ["HPE_INVALID_CONSTANT", "malformed_response", true, {}],
    ["HPE_INVALID_EOF_STATE", "connection", true, { beforeFirstByte: false }],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "connection", false, {}],
    ["CERT_HAS_EXPIRED", "connection", false, {}],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "connection", false, {}],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "connection", false, {}],
  ])("%s is %s", (system, code, retryable, details) => {
    const failure = transportFailure(fetchFailed(system), "headers", asked);
    expect(failure).toMatchObject({ code, retryable, provider: "openai" });
    expect(failure.details).toEqual({ host: "api.example", system, ...details });
    expect(failure.message).toContain("api.example");
  });
});

describe("while the answer was coming", () => {
  test.each<[string, LmFailureCode, object]>([
    ["ECONNRESET", "connection", { beforeFirstByte: false }],
    ["UND_ERR_SOCKET", "connection", { beforeFirstByte: false }],
    ["UND_ERR_BODY_TIMEOUT", "timeout", { phase: "idle" }],
    ["UND_ERR_RES_CONTENT_LENGTH_MISMATCH", "connection", { beforeFirstByte: false }],
  ])("%s is %s", (system, code, details) => {
    const failure = transportFailure(new TypeError("terminated", { cause: coded(system) }), "body", asked);
    expect(failure.code).toBe(code);
    expect(failure.details).toEqual({ host: "api.example", system, ...details });
  });

  test("what is no HTTP is malformed", () => {
    const cause = Object.assign(new Error("Response does not match"), { name: "HTTPParserError" });
    expect(transportFailure(new TypeError("fetch failed", { cause }), "headers", asked)).toMatchObject({
      code: "malformed_response",
      message: "what api.example answered is no HTTP",
    });
  });

  test("what is no JSON is malformed", () => {
    expect(transportFailure(new SyntaxError("Unexpected token"), "body", asked).code).toBe("malformed_response");
  });
});

test("a failure that is known already is found among the causes", () => {
  const known = new LmError("known", { code: "auth" });
  expect(transportFailure(new Error("outer", { cause: new Error("middle", { cause: known }) }), "body", asked)).toBe(
    known,
  );
});

test("anything else is a connection's failure, with its innermost words and without the key", () => {
  const thrown = new TypeError("fetch failed", { cause: new Error("out of luck,\nhidden-key") });
  expect(transportFailure(thrown, "headers", asked)).toMatchObject({
    code: "connection",
    message: "the request to api.example failed: out of luck, [secret]",
    details: { host: "api.example" },
  });
  expect(transportFailure("nonsense", "headers", asked).message).toBe("the request to api.example failed: nonsense");
});

test("a ring of causes ends", () => {
  const first = new Error("first");
  const second = new Error("second", { cause: first });
  first.cause = second;
  expect(transportFailure(first, "headers", asked).code).toBe("connection");
});
