import type { ServerReply } from "../../../src/testing/openai-reply.ts";
import { errorReply } from "../../../src/testing/openai-reply.ts";

/** One way for a provider to fail. */
export interface Fault {
  readonly name: string;
  readonly reply: ServerReply;
}

export interface FaultGroup {
  readonly title: string;
  readonly faults: readonly Fault[];
}

/** When the test's server says `Retry-After` with a date: two seconds after the test begins. */
const IN_TWO_SECONDS = "Thu, 01 Jan 2026 00:00:02 GMT";

const limited = (headers: Readonly<Record<string, string>>): ServerReply => ({
  ...errorReply(429, "Rate limit reached", { type: "requests", code: "rate_limit_exceeded" }),
  headers,
});

export const FAULT_GROUPS: readonly FaultGroup[] = [
  {
    title: "Statuses that waiting mends",
    faults: [
      { name: "429", reply: limited({}) },
      { name: "429, `retry-after: 1`", reply: limited({ "retry-after": "1" }) },
      { name: "429, `retry-after-ms: 40`", reply: limited({ "retry-after": "1", "retry-after-ms": "40" }) },
      { name: "429, `retry-after` a date in 2 s", reply: limited({ "retry-after": IN_TWO_SECONDS }) },
      { name: "429, `retry-after: 120`", reply: limited({ "retry-after": "120" }) },
      { name: "408", reply: errorReply(408, "Request timed out") },
      { name: "409", reply: errorReply(409, "Conflict") },
      { name: "500", reply: errorReply(500, "Internal error") },
      { name: "502 with a page of HTML", reply: { status: 502, body: "<html>Bad gateway</html>" } },
      { name: "503", reply: errorReply(503, "Unavailable") },
      { name: "503, `retry-after: 3`", reply: { ...errorReply(503, "Unavailable"), headers: { "retry-after": "3" } } },
      { name: "529", reply: errorReply(529, "Overloaded", { type: "overloaded_error" }) },
    ],
  },
  {
    title: "Statuses that no waiting mends",
    faults: [
      { name: "400", reply: errorReply(400, "Unknown parameter") },
      { name: "400, context too long", reply: errorReply(400, "Too long", { code: "context_length_exceeded" }) },
      { name: "400, contents refused", reply: errorReply(400, "Flagged", { code: "content_policy_violation" }) },
      { name: "401", reply: errorReply(401, "Incorrect API key", { code: "invalid_api_key" }) },
      { name: "402", reply: errorReply(402, "Insufficient balance") },
      { name: "403", reply: errorReply(403, "Not allowed") },
      { name: "404, no such model", reply: errorReply(404, "No such model", { code: "model_not_found" }) },
      { name: "429, quota used up", reply: errorReply(429, "Quota", { code: "insufficient_quota" }) },
      {
        name: "500, `x-should-retry: false`",
        reply: { ...errorReply(500, "Internal error"), headers: { "x-should-retry": "false" } },
      },
    ],
  },
  {
    title: "Connections",
    faults: [
      { name: "reset before the answer", reply: { fault: "reset_before_headers" } },
      { name: "reset in the middle of the answer", reply: { fault: "reset_in_body" } },
      { name: "closed in the middle of the answer", reply: { fault: "cut_in_body" } },
      { name: "no answer begins", reply: { fault: "stall_before_headers" } },
      { name: "the answer stops in the middle", reply: { fault: "stall_in_body" } },
      { name: "the answer comes slowly", reply: { fault: "slow_stream" } },
    ],
  },
  {
    title: "Answers",
    faults: [
      { name: "JSON that breaks off", reply: { fault: "cut_json" } },
      { name: "a page of HTML with status 200", reply: { status: 200, body: "<html>Welcome</html>" } },
      { name: "an error with status 200", reply: { status: 200, body: { error: { message: "busy", code: 429 } } } },
      { name: "text in no known layout", reply: { fault: "off_format" } },
      { name: "no text", reply: { fault: "empty_content" } },
      { name: "text cut at the token limit", reply: { text: "[[ ## ans", finishReason: "length" } },
      { name: "text withheld by a content filter", reply: { text: "", finishReason: "content_filter" } },
    ],
  },
];
