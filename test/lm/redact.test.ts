import { describe, expect, test } from "vitest";
import { redactor } from "../../src/lm/redact.ts";

test("takes out known secrets, the longest first, and what looks like a key", () => {
  const redact = redactor(["secret-1", "secret-1-long", undefined]);
  expect(redact("a secret-1-long b secret-1 c sk-proj-abc***xyz d")).toBe("a [secret] b [secret] c [secret] d");
});

test("short values are words", () => {
  expect(redactor(["blue"])("the blue sky, the disk-drive and the task-force")).toBe(
    "the blue sky, the disk-drive and the task-force",
  );
});

describe("what looks like a key, whoever it belongs to", () => {
  test.each([
    ["Groq", "gsk_ABCDEF0123456789abcdef"],
    ["Groq, without a digit", "gsk_ABCDEFabcdefGHIJKL"],
    ["Google", "AIzaSyA1234567890abcdefghijklmnopqrstuvw"],
    ["Google's tokens", "ya29.a0AfB_byC1234567890"],
    ["xAI", "xai-ABCDEF0123456789abcdef"],
    ["Hugging Face", "hf_abcdefGHIJ0123456789xyz"],
    ["Replicate", "r8_abcdefGHIJ0123456789xyz"],
    ["NVIDIA", "nvapi-abcDEF123456789_-x"],
    ["Perplexity", "pplx-abcdef0123456789abcdef"],
    ["Fireworks", "fw_3ZabcdefGHIJ0123456789"],
    ["Cerebras", "csk-abcdef0123456789abcdef"],
    ["Together", "tgp_v1_abcdefGHIJ0123456789"],
    ["OpenAI, in part", "sk-ab***yz"],
    ["AWS", "AKIAIOSFODNN7EXAMPLE"],
    ["GitHub", "ghp_abcdefGHIJ0123456789abcdefGHIJ012345"],
    ["a JSON web token", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"],
    ["Azure and Together, in hex", "0123456789abcdef0123456789abcdef"],
    ["Mistral", "aBcD1234aBcD1234aBcD1234aBcD1234"],
    // hivecommons/hive#1903: LiteLLM tells the hash of a key that it does not know.
    ["a key's hash", "262b781f49581fb2262b781f49581fb2262b781f49581fb2262b781f49581fb2"],
  ])("%s", (_who, key) => {
    expect(redactor([])(`the key ${key}, which it sent`)).toBe("the key [secret], which it sent");
    expect(redactor([])(`{"key": "${key}"}`)).not.toContain(key);
  });

  test.each([
    ["Bearer abc123def456", "Bearer [secret]"],
    ["Basic dXNlcjpwYXNzd29yZDE=", "Basic [secret]"],
    ["x-api-key: abcd1234efgh", "x-api-key: [secret]"],
    ['{"authorization": "Bearer abc123def456"}', '{"authorization": "Bearer [secret]"}'],
    ["https://x.example/models?key=abc&alt=sse", "https://x.example/models?key=[secret]&alt=sse"],
    ["my_token=abcd1234efgh", "my_token=[secret]"],
  ])("by the word before it: %s", (said, clean) => {
    expect(redactor([])(said)).toBe(clean);
  });

  test.each([
    "the bearer token is invalid",
    "max_tokens: 12345678 is too large",
    "token: expected 12 tokens",
    "request id: 202605112024597472269388268d9d6jwygcKzZ",
    "req_0123456789abcdef0123456789abcdef",
    "0f8fad5b-d9cb-469f-a165-70867728950e",
    "model accounts/fireworks/models/llama-v3p1-405b-instruct",
    "check OPENAI_API_KEY",
    "hf_transfer is not installed",
  ])("words stay: %s", (said) => {
    expect(redactor([])(said)).toBe(said);
  });

  test("the value of a header goes with and without its scheme", () => {
    expect(redactor(["Bearer my-secret", "Token other-one"])("bad my-secret, bad other-one")).toBe(
      "bad [secret], bad [secret]",
    );
  });

  test("a body of any length is looked through in one go", () => {
    const long = ["a", "token-", "Ab1 ", "bearer ", "eyJ", "key=", "a1"].map((piece) => piece.repeat(20_000)).join(" ");
    expect(redactor([])(`${long} sk-0123456789`)).not.toContain("sk-0123456789");
  });
});
