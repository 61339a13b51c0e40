import { expect, test } from "vitest";
import { failedFinish, finishWord, isFailed, readFinish } from "../../src/lm/read-finish.ts";

test.each([
  ["stop", "stop eos eos_token end_turn stop_sequence STOP COMPLETE FINISH_REASON_STOP"],
  [
    "length",
    "length max_tokens MAX_TOKENS max-tokens model_length max_output_tokens token_limit ERROR_LIMIT model_context_window_exceeded",
  ],
  ["content_filter", "content_filter content-filter SAFETY RECITATION sensitive refusal guardrail_intervened"],
  ["tool_calls", "tool_calls tool-calls tool_use TOOL_CALL function_call"],
  ["other", "unknown whatever FINISH_REASON_UNSPECIFIED"],
])("%s: %s", (expected, words) => {
  for (const word of words.split(" ")) expect(readFinish(word), word).toBe(expected);
});

test.each([
  ["server", true, "error ERROR abort aborted cancelled server_error engine_error"],
  ["overloaded", true, "insufficient_system_resource"],
  ["connection", true, "network_error"],
  ["timeout", true, "timeout time_limit"],
  ["malformed_response", true, "MALFORMED_FUNCTION_CALL UNEXPECTED_TOOL_CALL"],
  ["malformed_response", false, "pause_turn"],
])("%s, retryable: %s: %s", (code, retryable, words) => {
  for (const word of words.split(" ")) {
    const told = readFinish(word);
    expect(isFailed(told) && failedFinish(told, word), word).toMatchObject({
      code,
      retryable,
      details: { finishReason: word },
    });
  }
});

test("Gemini's words behind words", () => {
  expect(readFinish("function_call_filter: MALFORMED_FUNCTION_CALL")).toMatchObject({ failed: "malformed_response" });
  expect(readFinish("content_filter: PROHIBITED_CONTENT")).toBe("content_filter");
  expect(readFinish("content_filter: ANOTHER")).toBe("content_filter");
  expect(readFinish(undefined)).toBe("other");
});

test.each([
  ["stop", "error", "error"],
  ["stop", "pause_turn", "pause_turn"],
  ["whatever", "MAX_TOKENS", "MAX_TOKENS"],
  ["length", "stop", "length"],
  ["stop", undefined, "stop"],
  [undefined, "stop", undefined],
])("of a gateway's %s and its provider's %s, %s counts", (own, native, expected) => {
  expect(finishWord(own, native)).toBe(expected);
});
