import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { UsageError } from "../../../src/foundation/errors.ts";
import type { Embedder } from "../../../src/lm/embedder.ts";
import { openaiEmbedder, type OpenAiEmbedderOptions } from "../../../src/lm/openai/embedder.ts";
import { openaiServer, type OpenAiServer } from "../../../src/testing/openai-server.ts";
import { type OpenAiServerOptions } from "../../../src/testing/server-options.ts";
import { testClock } from "../../../src/testing/test-clock.ts";
import { until } from "../../../src/testing/until.ts";
import { KEY, failure, open } from "../served-model.ts";

async function serve(
  server: Omit<OpenAiServerOptions, "replies"> = {},
  options: OpenAiEmbedderOptions = {},
): Promise<{ readonly server: OpenAiServer; readonly embedder: Embedder }> {
  const running = await openaiServer({ replies: [], ...server });
  open.push(() => running.close());
  const embedder = await openaiEmbedder("test-embedding", {
    apiKey: KEY,
    baseURL: running.baseURL,
    env: {},
    ...options,
  }).open();
  open.push(() => embedder.close());
  return { server: running, embedder };
}

const lengthOf = (vector: ArrayLike<number> | undefined): number => Math.hypot(...Array.from(vector ?? []));

describe("a request", () => {
  test("asks for base64, with the key, and gives a vector for each text and the tokens", async () => {
    const { server, embedder } = await serve({ apiKey: KEY });
    const { vectors, usage } = await embedder.embed(["one text", "another"]);
    expect(vectors.map(({ length }) => length)).toEqual([1_536, 1_536]);
    expect(lengthOf(vectors[0])).toBeCloseTo(1, 5);
    expect(usage).toEqual({ inputTokens: 4, outputTokens: 0, totalTokens: 4 });
    expect(server.requests).toMatchObject([
      {
        method: "POST",
        path: "/v1/embeddings",
        headers: { authorization: `Bearer ${KEY}` },
        embeddings: { model: "test-embedding", input: ["one text", "another"], encoding_format: "base64" },
      },
    ]);
    expect(server.requests[0]?.embeddings).not.toHaveProperty("dimensions");
  });

  test("gets the same vectors as numbers, to float32", async () => {
    const { server, embedder } = await serve();
    const asNumbers = await openaiEmbedder("m", { baseURL: server.baseURL, env: {}, encoding: "float" }).open();
    open.push(() => asNumbers.close());
    const texts = ["a lake with a fountain", "a river"];
    expect((await asNumbers.embed(texts)).vectors).toEqual((await embedder.embed(texts)).vectors);
    expect(server.requests[0]?.embeddings?.encoding_format).toBe("float");
  });

  test("says how long vectors are to be, and what is laid over it", async () => {
    const { server, embedder } = await serve({}, { dimensions: 64, extraBody: { user: "me" } });
    expect((await embedder.embed(["text"])).vectors[0]).toHaveLength(64);
    expect(server.requests[0]?.embeddings).toMatchObject({ dimensions: 64, user: "me" });
  });

  test("goes over somebody's own fetch too", async () => {
    const seen: string[] = [];
    const own: typeof fetch = (input, init) => {
      seen.push(String(input));
      return fetch(input, init);
    };
    const { server, embedder } = await serve({}, { fetch: own });
    expect((await embedder.embed(["text"])).vectors).toHaveLength(1);
    expect(seen).toEqual([`${server.baseURL}/embeddings`]);
  });
});

describe("what goes wrong is an LmError, after one request", () => {
  test.each([
    ["reset_before_headers", { code: "connection", details: { beforeFirstByte: true } }],
    ["reset_in_body", { code: "connection", details: { beforeFirstByte: false } }],
    ["cut_in_body", { code: "connection" }],
    ["cut_json", { code: "malformed_response" }],
    ["empty_content", { code: "malformed_response" }],
    ["off_format", { code: "malformed_response" }],
  ] as const)("%s", async (fault, expected) => {
    const { server, embedder } = await serve({ embeddings: () => ({ fault }) });
    expect(await failure(embedder.embed(["text"]))).toMatchObject({ provider: "openai", ...expected });
    expect(server.counts.requests).toBe(1);
    await until(() => server.inFlight === 0);
  });

  test.each([
    [429, "rate_limited", true],
    [500, "server", true],
    [503, "overloaded", true],
    [400, "bad_request", false],
  ] as const)("status %i is %s", async (status, code, retryable) => {
    const { server, embedder } = await serve({ embeddings: () => ({ status, headers: { "retry-after": "2" } }) });
    const failed = await failure(embedder.embed(["text"]));
    expect(failed).toMatchObject({ code, retryable, status, requestId: "req-embeddings-1", retryAfterMs: 2_000 });
    expect(server.counts.requests).toBe(1);
  });

  test("a wrong key, which is told nowhere", async () => {
    const { embedder } = await serve({ apiKey: "another" });
    const failed = await failure(embedder.embed(["text"]));
    expect(failed).toMatchObject({ code: "auth", status: 401 });
    expect(inspect(failed, { depth: 10 })).not.toContain(KEY);
    expect(inspect(embedder, { depth: 10, showHidden: true })).not.toContain(KEY);
  });

  test("a model that there is not", async () => {
    const { embedder } = await serve({ models: ["others"] });
    expect(await failure(embedder.embed(["text"]))).toMatchObject({ code: "not_found" });
  });

  test.each([
    ["stall_before_headers", "first_byte", 300],
    ["stall_in_body", "idle", 200],
  ] as const)("%s, in phase %s after %i ms", async (fault, phase, ms) => {
    const clock = testClock();
    const limits = { firstByteTimeoutMs: 300, idleTimeoutMs: 200 };
    const { server, embedder } = await serve({ embeddings: () => ({ fault }) }, { clock, ...limits });
    const answer = failure(embedder.embed(["text"]));
    await until(() => server.requests[0]?.outcome === "faulted");
    // What was sent has to arrive, and with it the next phase begins: that time is not the clock's.
    await until(() => clock.nextAt === ms);
    await clock.advance(ms);
    expect(await answer).toMatchObject({ code: "timeout", details: { phase } });
    await until(() => server.inFlight === 0, { what: "the socket is closed" });
    expect(clock.pending).toBe(0);
  });

  test("a signal ends the request as cancelled, down to the socket; so does close, after which there is no more", async () => {
    const { server, embedder } = await serve({ embeddings: () => ({ fault: "stall_before_headers" }) });
    const controller = new AbortController();
    const aborted = failure(embedder.embed(["text"], { signal: controller.signal }));
    const closed = failure(embedder.embed(["text"]));
    await until(() => server.inFlight === 2);
    controller.abort();
    expect(await aborted).toMatchObject({ code: "cancelled" });
    await until(() => server.inFlight === 1);
    await embedder.close();
    await embedder.close();
    expect(await closed).toMatchObject({ code: "cancelled" });
    await until(() => server.inFlight === 0);
    expect(await failure(embedder.embed(["text"]))).toMatchObject({ code: "client_down" });
  });
});

describe("what makes no sense is said at once, and nothing is asked", () => {
  test.each<[string, readonly string[], string]>([
    ["an empty text", ["a", "", "b"], "text 2 of 3 is empty"],
    ["blanks", [" \n"], "text 1 of 1 is empty"],
    ["no text", [], "expected 1 to 2048 texts, got []"],
  ])("%s", async (_what, texts, message) => {
    const { server, embedder } = await serve();
    await expect(embedder.embed(texts)).rejects.toThrow(new UsageError(`openaiEmbedder("test-embedding"): ${message}`));
    expect(server.counts.requests).toBe(0);
  });

  test("more texts than a request takes", async () => {
    const { embedder } = await serve();
    const texts = Array.from({ length: 2_049 }, () => "text");
    await expect(embedder.embed(texts)).rejects.toThrow(/expected 1 to 2048 texts/);
  });

  test.each<[OpenAiEmbedderOptions, string]>([
    [{ dimensions: 0 }, "dimensions must be a whole number above 0, got 0"],
    [{ batchSize: 2_049 }, "batchSize must be a whole number from 1 to 2048, got 2049"],
    [{ encoding: "hex" as "float" }, 'encoding must be "base64" or "float", got "hex"'],
    [{ timeoutMs: -1 }, "timeoutMs must be milliseconds above 0, got -1"],
  ])("%j", (options, message) => {
    expect(() => openaiEmbedder("m", options)).toThrow(new UsageError(`openaiEmbedder("m"): ${message}`));
  });

  test("no model, no key", async () => {
    expect(() => openaiEmbedder("")).toThrow(/^openaiEmbedder: expected the name of a model/);
    await expect(openaiEmbedder("m", { env: {} }).open()).rejects.toThrow(
      new UsageError('openaiEmbedder("m"): no API key for api.openai.com: set OPENAI_API_KEY, or pass apiKey'),
    );
  });
});

test("the spec is a frozen value without the key", () => {
  const spec = openaiEmbedder("m", { env: { OPENAI_API_KEY: KEY } });
  expect(Object.isFrozen(spec)).toBe(true);
  expect(JSON.stringify(spec)).not.toContain(KEY);
  expect(spec).toMatchObject({ kind: "embedder", provider: "openai", model: "m" });
});
