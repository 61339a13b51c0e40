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

describe("a bug in what makes the requests is no network's failure", () => {
  test.each([
    new TypeError("Cannot read properties of undefined (reading 'headers')"),
    new ReferenceError("agent is not defined"),
    new RangeError("Maximum call stack size exceeded"),
    Object.assign(new TypeError('The "data" argument must be of type string'), { code: "ERR_INVALID_ARG_TYPE" }),
    new Error("outer", { cause: new TypeError("undefined is not a function") }),
  ])("%s", (thrown) => {
    const failure = transportFailure(thrown, "headers", asked);
    expect(failure).toMatchObject({ code: "request_crashed", retryable: false, provider: "openai" });
    expect(failure.message).toMatch(
      /^what makes the requests to api\.example has a bug: (?:Type|Reference|Range)Error: /,
    );
    // Where it is.
    expect(failure.cause).toBe(thrown.cause ?? thrown);
  });

  test("and keeps the key out of its cause as well", () => {
    const failure = transportFailure(new TypeError("no hidden-key"), "headers", asked);
    expect([failure.message, failure.cause]).toEqual([
      "what makes the requests to api.example has a bug: TypeError: no [secret]",
      undefined,
    ]);
  });

  test.each([
    "fetch failed",
    "Failed to fetch",
    "terminated",
    "Load failed",
    "NetworkError when attempting to fetch resource.",
  ])("%s is one, of fetches here and elsewhere", (message) => {
    expect(transportFailure(new TypeError(message), "headers", asked)).toMatchObject({
      code: "connection",
      retryable: true,
    });
  });
});

test.each([
  Object.assign(new TypeError("Invalid URL"), { code: "ERR_INVALID_URL" }),
  new TypeError("Failed to parse URL from nonsense/chat/completions"),
  new TypeError("fetch failed", { cause: new Error("unknown scheme") }),
  new TypeError("fetch failed", { cause: new Error("bad port") }),
  new TypeError('Headers.append: "hidden-key\n" is an invalid header value.'),
  Object.assign(new TypeError("Invalid character in header content"), { code: "ERR_INVALID_CHAR" }),
])("what cannot be sent is the caller's to mend: %s", (thrown) => {
  const failure = transportFailure(thrown, "headers", asked);
  expect(failure).toMatchObject({ code: "bad_request", retryable: false });
  expect(failure.message).toBe("the request to api.example cannot be made: check the base URL and the headers");
});
