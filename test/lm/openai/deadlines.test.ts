import { createServer as createHttpServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import type { LanguageModel } from "../../../src/lm/language-model.ts";
import { openai } from "../../../src/lm/openai/openai.ts";
import { testClock } from "../../../src/testing/test-clock.ts";
import { until } from "../../../src/testing/until.ts";
import { KEY, collect, failure, open, request, serve } from "../served-model.ts";

describe("deadlines", () => {
  const globalFetch: typeof fetch = (input, init) => fetch(input, init);
  const limits = { firstByteTimeoutMs: 300, idleTimeoutMs: 200, timeoutMs: 1_000 };
  const whole = (lm: LanguageModel) => lm.generate(request);
  const streamed = (lm: LanguageModel) => collect(lm.stream(request));

  test.each([
    ["stall_before_headers", "first_byte", 300, whole],
    ["stall_before_headers", "first_byte", 300, streamed],
    ["stall_in_body", "idle", 200, whole],
    ["stall_in_body", "idle", 200, streamed],
  ] as const)("%s ends in phase %s after %i ms, over either transport", async (fault, phase, ms, ask) => {
    for (const own of [{}, { fetch: globalFetch }]) {
      const clock = testClock();
      const { server, lm } = await serve({ replies: [{ fault }] }, { clock, ...limits, ...own });
      const answer = failure(ask(lm));
      await until(() => server.requests[0]?.outcome === "faulted");
      // What was sent has to arrive, and with it the next phase begins: that time is not the clock's.
      await until(() => clock.nextAt === ms);
      await clock.advance(ms - 1);
      expect(server.inFlight).toBe(1);
      await clock.advance(1);
      expect(await answer).toMatchObject({ code: "timeout", details: { phase } });
      await until(() => server.inFlight === 0, { what: "the socket is closed" });
      expect(clock.pending).toBe(0);
    }
  });

  test("a server that accepts and never speaks TLS ends in phase connect", async () => {
    const silent = createTcpServer((socket) => void socket.on("error", () => {}).resume());
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    open.push(() => new Promise((resolve) => void silent.close(() => resolve())));
    const clock = testClock();
    // A server that listens on a port has an address with one.
    const baseURL = `https://127.0.0.1:${(silent.address() as AddressInfo).port}/v1`;
    const lm = await openai("m", { baseURL, env: {}, clock }).open();
    const answer = failure(lm.generate(request));
    await until(() => new Promise<number>((resolve) => silent.getConnections((_, count) => resolve(count))));
    await clock.advance(10_000);
    expect(await answer).toMatchObject({ code: "timeout", details: { phase: "connect" } });
    await until(async () => (await new Promise<number>((r) => silent.getConnections((_, count) => r(count)))) === 0);
  });

  test("a wait for another call's connection counts in the total alone", async () => {
    const clock = testClock();
    const { server, lm } = await serve(
      { replies: [{ fault: "stall_before_headers" }, "hello"] },
      { clock, maxConnections: 1, connectTimeoutMs: 100 },
    );
    const stop = new AbortController();
    const first = failure(lm.generate(request, { signal: stop.signal }));
    await until(() => server.requests[0]?.outcome === "faulted");
    const second = lm.generate(request);
    await clock.advance(5_000);
    expect(server.requests).toHaveLength(1);
    stop.abort();
    expect((await first).code).toBe("cancelled");
    expect((await second).completions[0]?.text).toBe("hello");
  });
});

describe("the provider's limits", () => {
  const headers = { "x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "59" };
  const rateLimit = { requests: { limit: 60, remaining: 59 } };

  test("come with answers, whole and streamed", async () => {
    const { lm } = await serve({ replies: ["one", "two"], headers });
    expect((await lm.generate(request)).rateLimit).toEqual(rateLimit);
    const last = (await collect(lm.stream(request))).at(-1);
    expect(last?.type === "done" && last.response.rateLimit).toEqual(rateLimit);
  });

  test("come with failures, those in the middle of an answer too", async () => {
    const { lm } = await serve({ replies: [{ status: 429 }, { fault: "cut_in_body" }], headers });
    expect((await failure(lm.generate(request))).rateLimit).toEqual(rateLimit);
    expect(await failure(lm.generate(request))).toMatchObject({ rateLimit, status: 200, requestId: "req-2" });
  });

  test("are left out where none are said", async () => {
    const { lm } = await serve({ replies: ["one"] });
    expect(await lm.generate(request)).not.toHaveProperty("rateLimit");
  });
});

describe("a proxy", () => {
  test("is taken from the given variables, and its refusal is told as one", async () => {
    const proxy = createHttpServer();
    proxy.on("connect", (_request, socket) => socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"));
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    open.push(() => new Promise((resolve) => void proxy.close(() => resolve())));
    const env = { HTTPS_PROXY: `http://me:secret-77@127.0.0.1:${(proxy.address() as AddressInfo).port}` };
    const lm = await openai("m", { apiKey: KEY, env }).open();
    open.push(() => lm.close());
    const error = await failure(lm.generate(request));
    expect(error).toMatchObject({ code: "connection", retryable: false });
    expect(error.message).toBe(
      "the proxy did not let the request to api.openai.com through (407): check the proxy's settings",
    );
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain("secret-77");
  });
});
