// What is particular to the Responses API in a whole model: how it fails, and what it leaves to us.
import { describe, expect, test } from "vitest";
import { UsageError } from "../../../src/foundation/errors.ts";
import type { LmFailureCode } from "../../../src/lm/failure.ts";
import { openai } from "../../../src/lm/openai/openai.ts";
import { collect, failure, request, serve } from "../served-model.ts";

const EVENTS = { "content-type": "text/event-stream" };
const sse = (...events: readonly (readonly [name: string | undefined, data: object])[]) => ({
  status: 200,
  headers: EVENTS,
  body: events
    .map(([name, data]) => `${name === undefined ? "" : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`)
    .join(""),
});
const failed = (code: string) => ({ object: "response", status: "failed", output: [], error: { code, message: "no" } });

describe("a response that failed", () => {
  const codes: readonly (readonly [string, LmFailureCode])[] = [
    ["server_error", "server"],
    ["rate_limit_exceeded", "rate_limited"],
    ["invalid_prompt", "bad_request"],
    ["invalid_image_url", "bad_request"],
    ["image_content_policy_violation", "content_filter"],
    ["bio_policy", "content_filter"],
    ["something new", "server"],
  ];

  test.each(codes)("by %s is %s, whole and streamed", async (said, code) => {
    const whole = { status: 200, body: failed(said) };
    const event = sse(["response.failed", { type: "response.failed", response: failed(said) }]);
    const { lm } = await serve({ replies: [whole, event] }, { api: "responses" });
    const facts = { code, provider: "openai", status: 200, details: { providerCode: said } };
    expect(await failure(lm.generate(request))).toMatchObject(facts);
    expect(await failure(collect(lm.stream(request)))).toMatchObject(facts);
  });

  test("without saying why is the server's failure", async () => {
    const whole = { ...failed(""), error: null };
    const event = sse([undefined, { type: "response.failed", response: whole }]);
    const { lm } = await serve({ replies: [{ status: 200, body: whole }, event] }, { api: "responses" });
    expect(await failure(lm.generate(request))).toMatchObject({ code: "server", provider: "openai" });
    expect(await failure(collect(lm.stream(request)))).toMatchObject({ code: "server", provider: "openai" });
  });

  test.each([
    ["named", "error"],
    ["unnamed", undefined],
  ])("by an event of its own, %s", async (_what, name) => {
    const error = { type: "error", code: "rate_limit_exceeded", message: "slow down", param: null };
    const text = { type: "response.output_text.delta", output_index: 0, delta: "It" };
    const { lm } = await serve({ replies: [sse([undefined, text], [name, error])] }, { api: "responses" });
    const seen: string[] = [];
    const streaming = async (): Promise<void> => {
      for await (const chunk of lm.stream(request)) if (chunk.type === "text") seen.push(chunk.text);
    };
    expect(await failure(streaming())).toMatchObject({ code: "rate_limited", retryable: true });
    expect(seen).toEqual(["It"]);
  });

  test("a stream that ends politely but too early is a connection that was lost", async () => {
    const text = { type: "response.output_text.delta", output_index: 0, delta: "It" };
    const { lm } = await serve({ replies: [sse(["response.output_text.delta", text])] }, { api: "responses" });
    const lost = { code: "connection", details: { beforeFirstByte: false } };
    expect(await failure(collect(lm.stream(request)))).toMatchObject(lost);
  });
});

test("stop strings hold though they are not sent, whole and streamed", async () => {
  const { server, lm } = await serve({ answer: () => "one ##END two" }, { api: "responses" });
  const asked = { ...request, stop: ["##END"] };
  expect((await lm.generate(asked)).completions).toEqual([{ text: "one ", finishReason: "stop" }]);
  const chunks = await collect(lm.stream(asked));
  expect(chunks.map((chunk) => (chunk.type === "text" ? chunk.text : "")).join("")).toBe("one ");
  expect(server.requests[0]?.path).toBe("/v1/responses");
  expect(server.requests[0]?.body).not.toHaveProperty("stop");
});

test("a server that does not stream is heard all the same, over both protocols", async () => {
  for (const api of ["chat", "responses"] as const) {
    const { server, lm } = await serve({ answer: () => "hello" }, { api, extraBody: { stream: false } });
    expect(
      (await collect(lm.stream(request))).map((chunk) =>
        chunk.type === "text" ? chunk.text : chunk.response.completions,
      ),
    ).toEqual(["hello", [{ text: "hello", finishReason: "stop" }]]);
    expect(server.requests[0]?.body?.stream).toBe(false);
  }
});

test("answers of the two protocols are not each other's", async () => {
  const open = (api?: "chat" | "responses") =>
    openai("m", { baseURL: "http://127.0.0.1:9/v1", env: {}, ...(api && { api }) }).open();
  const [left, chat, responses] = [await open(), await open("chat"), await open("responses")];
  expect(chat.identity).toBe(left.identity);
  expect(responses.identity).not.toBe(left.identity);
});

test("a protocol that there is none of is refused at once", () => {
  const wrong = { api: "completions" } as unknown as { api: "chat" };
  expect(() => openai("m", wrong)).toThrow(
    new UsageError('openai("m"): api must be "chat" or "responses", got "completions"'),
  );
});
