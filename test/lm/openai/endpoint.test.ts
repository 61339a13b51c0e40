import { expect, test } from "vitest";
import { UsageError } from "../../../src/foundation/errors.ts";
import { isLocal, readEndpoint } from "../../../src/lm/openai/endpoint.ts";

test.each([
  ["localhost", true],
  ["ollama", true],
  ["127.0.0.1", true],
  ["[::1]", true],
  ["0.0.0.0", true],
  ["10.1.2.3", true],
  ["192.168.0.7", true],
  ["172.20.0.2", true],
  ["host.docker.internal", true],
  ["box.local", true],
  ["172.32.0.1", false],
  ["api.openai.com", false],
  ["localhost.example.com", false],
  ["10.example.com", false],
])("%s is local: %s", (host, expected) => {
  expect(isLocal(host)).toBe(expected);
});

test("options come before the environment, and blanks around values are dropped", () => {
  const env = { OPENAI_API_KEY: " env-key\n", OPENAI_BASE_URL: "https://gateway.example/v1/", OPENAI_ORG_ID: "" };
  expect(readEndpoint('openai("m")', {}, env)).toEqual({
    baseURL: "https://gateway.example/v1",
    host: "gateway.example",
    apiKey: "env-key",
    keyName: "OPENAI_API_KEY",
    organization: null,
    project: null,
  });
  expect(
    readEndpoint('openai("m")', { apiKey: "own", baseURL: "https://own.example", organization: "o" }, env),
  ).toMatchObject({
    baseURL: "https://own.example",
    apiKey: "own",
    keyName: "the apiKey option",
    organization: "o",
  });
});

test.each([
  ["no key", {}, 'openai("m"): no API key for api.openai.com: set OPENAI_API_KEY, or pass apiKey'],
  [
    "an empty key",
    { OPENAI_API_KEY: " " },
    'openai("m"): no API key for api.openai.com: set OPENAI_API_KEY, or pass apiKey',
  ],
  [
    "an environment with a broken URL",
    { OPENAI_BASE_URL: "nonsense" },
    'openai: OPENAI_BASE_URL must be an http or https URL ("https://api.openai.com/v1"), got "nonsense"',
  ],
  [
    "a URL with a password",
    { OPENAI_BASE_URL: "https://me:secret@host.example/v1" },
    "openai: OPENAI_BASE_URL must hold no user or password; pass them as headers",
  ],
])("%s is named in one line", (_what, env, message) => {
  expect(() => readEndpoint('openai("m")', {}, env)).toThrow(new UsageError(message));
});
