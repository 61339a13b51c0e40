// Bodies are read for what they are.
import type { ServerResponse } from "node:http";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { LanguageModel } from "../../../src/lm/language-model.ts";
import type { OpenAiOptions } from "../../../src/lm/openai/openai.ts";
import { type TestClock, testClock } from "../../../src/testing/test-clock.ts";
import { until } from "../../../src/testing/until.ts";
import { serveRaw } from "../raw-server.ts";
import { collect, failure, request } from "../served-model.ts";

const USAGE = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 };
const chunk = (delta: object, finish_reason: string | null = null) => ({
  choices: [{ index: 0, delta, finish_reason }],
});
const WHOLE = {
  id: "1",
  choices: [{ index: 0, message: { content: "Hello 🙂" }, finish_reason: "stop" }],
  usage: USAGE,
};
const EVENTS = [
  chunk({ content: "Hel" }),
  chunk({ content: "lo 🙂" }),
  chunk({}, "stop"),
  { choices: [], usage: USAGE },
];
const asEvents = (events: readonly object[]): string =>
  events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
const DONE = "data: [DONE]\n\n";

const whole = async (lm: LanguageModel) => (await lm.generate(request)).completions[0]?.text;
const streamed = async (lm: LanguageModel) =>
  (await collect(lm.stream(request))).map((chunk) => (chunk.type === "text" ? chunk.text : "")).join("");
const WAYS = [
  ["whole", whole],
  ["streamed", streamed],
] as const;
const OVER: readonly (readonly [string, OpenAiOptions])[] = [
  ["", {}],
  [", over a fetch", { fetch: globalThis.fetch }],
];
const send =
  (type: string, body: string | Buffer, headers: Record<string, string> = {}) =>
  (response: ServerResponse) =>
    void response.writeHead(200, { ...(type !== "" && { "content-type": type }), ...headers }).end(body);

const BODIES: readonly (readonly [string, string])[] = [
  ["JSON", JSON.stringify(WHOLE)],
  ["JSON with blank lines before it", `\n\n${JSON.stringify(WHOLE, null, 2)}`],
  ["events", asEvents(EVENTS) + DONE],
  ["events behind a byte order mark", `\uFEFF${asEvents(EVENTS)}${DONE}`],
  ["events without blank lines", asEvents(EVENTS).replaceAll("\n\n", "\n") + DONE],
  ["events without an end", asEvents(EVENTS).trimEnd()],
  ["JSON by lines", EVENTS.map((event) => JSON.stringify(event)).join("\n")],
  ["JSON and [DONE]", `${JSON.stringify(WHOLE)}\n\n${DONE}`],
  ["one event of all of it", asEvents([WHOLE]) + DONE],
  [
    "signs of life",
    `: hello\n\nevent: ping\ndata: now\n\ndata: \n\n${asEvents(EVENTS)}event: keepalive\ndata: {}\n\n${DONE}`,
  ],
];
const TYPES = ["application/json", "text/event-stream", "text/plain", "application/x-ndjson", ""];

describe.each(OVER)("asked%s", (_over, options) => {
  describe.each(WAYS)("%s", (_how, ask) => {
    test.each(BODIES)("%s under any type are read", async (_what, body) => {
      const types = TYPES.values();
      const { lm } = await serveRaw((response) => send(types.next().value ?? "", body)(response), options);
      for (const type of TYPES) expect(await ask(lm), type).toBe("Hello 🙂");
    });
  });
});

describe("compressed, though nobody asked for it", () => {
  const PACKED: readonly (readonly [string, (body: string) => Buffer])[] = [
    ["gzip", gzipSync],
    ["x-gzip", gzipSync],
    ["deflate", deflateSync],
    ["deflate", deflateRawSync],
    ["br", brotliCompressSync],
    ["zstd", zstdCompressSync],
    ["", gzipSync],
    // Unpacked by a proxy on the way, which left the header.
    ["gzip", (body) => Buffer.from(body)],
    ["deflate", (body) => Buffer.from(body)],
  ];
  test.each(PACKED)("as %s", async (encoding, pack) => {
    const headers = encoding === "" ? {} : { "content-encoding": encoding };
    const asWhole = await serveRaw(send("application/json", pack(JSON.stringify(WHOLE)), headers));
    expect(await whole(asWhole.lm)).toBe("Hello 🙂");
    const asStream = await serveRaw(send("text/event-stream", pack(asEvents(EVENTS) + DONE), headers));
    expect(await streamed(asStream.lm)).toBe("Hello 🙂");
  });

  test("byte by byte", async () => {
    const { lm } = await serveRaw((response) => {
      response.writeHead(200, { "content-type": "text/event-stream", "content-encoding": "gzip" });
      for (const byte of gzipSync(asEvents(EVENTS) + DONE)) response.write(Buffer.from([byte]));
      response.end();
    });
    expect(await streamed(lm)).toBe("Hello 🙂");
  });

  test("an error is read too, and what is damaged says so", async () => {
    const body = gzipSync(JSON.stringify({ error: { message: "no such thing", type: "invalid_request_error" } }));
    const refusing = await serveRaw(
      (response) => void response.writeHead(400, { "content-encoding": "gzip" }).end(body),
    );
    expect((await failure(refusing.lm.generate(request))).message).toContain("no such thing");
    const packed = gzipSync(JSON.stringify(WHOLE));
    packed.fill(0xff, 12, 30);
    const damaged = await serveRaw(send("application/json", packed, { "content-encoding": "gzip" }));
    expect(await failure(damaged.lm.generate(request))).toMatchObject({
      code: "malformed_response",
      message: `what ${damaged.host} answered is compressed, and damaged`,
    });
  });

  test("no more than the longest answer is unpacked", async () => {
    const packed = gzipSync(`${" ".repeat(1_000_000)}${JSON.stringify(WHOLE)}`);
    const headers = { "content-encoding": "gzip" };
    const { lm } = await serveRaw(send("application/json", packed, headers), { maxAnswerBytes: 100_000 });
    expect(await failure(lm.generate(request))).toMatchObject({
      code: "malformed_response",
      retryable: false,
      details: { maxAnswerBytes: 100_000 },
    });
  });
});

describe("a connection that stays open behind the answer", () => {
  /** What was sent has come, however long that took, when its own short wait is the next that the clock knows of. */
  const waitsFor = (clock: TestClock, ms: number): boolean => (clock.nextAt ?? Infinity) - clock.now() <= ms;
  const COMPLETED = {
    type: "response.completed",
    response: { object: "response", status: "completed", output: [{ type: "message", content: "Hello 🙂" }] },
  };
  const ANSWERS: readonly (readonly [string, string, number, OpenAiOptions])[] = [
    ["the finish reason", asEvents(EVENTS.slice(0, 3)), 2_000, {}],
    ["the usage", asEvents(EVENTS), 250, {}],
    ["response.completed", asEvents([COMPLETED]), 250, { api: "responses" }],
    ["JSON, streamed", JSON.stringify(WHOLE), 1_000, {}],
    ["JSON over a fetch", JSON.stringify(WHOLE), 1_000, { fetch: globalThis.fetch }],
  ];
  test.each(ANSWERS)("is not waited for after %s", async (_what, body, ms, options) => {
    const clock = testClock();
    let sent = false;
    const { lm } = await serveRaw(
      (response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write(body, () => (sent = true));
      },
      { ...options, clock },
    );
    const answer = streamed(lm);
    await until(() => sent && waitsFor(clock, ms));
    await clock.advance(ms);
    expect(await answer).toBe("Hello 🙂");
  });

  test("a whole answer is one once nothing more comes of it; half of one is waited for", async () => {
    const clock = testClock();
    const { lm } = await serveRaw((response) => void response.write(JSON.stringify(WHOLE)), { clock });
    const answer = whole(lm);
    await until(() => waitsFor(clock, 1_000));
    await clock.advance(1_000);
    expect(await answer).toBe("Hello 🙂");

    const half = await serveRaw((response) => void response.write('{"choices":[{}'), { clock, idleTimeoutMs: 5_000 });
    const failed = failure(half.lm.generate(request));
    await until(() => waitsFor(clock, 5_000));
    await clock.advance(5_000);
    expect(await failed).toMatchObject({ code: "timeout", details: { phase: "idle" } });
  });

  test.each<[string, string, OpenAiOptions]>([
    ["chat", asEvents(EVENTS), {}],
    ["responses", asEvents([COMPLETED]), { api: "responses" }],
  ])("nor where events came that nobody asked for (%s)", async (_api, body, options) => {
    const clock = testClock();
    const { lm } = await serveRaw((response) => void response.write(body), { ...options, clock });
    const answer = whole(lm);
    await until(() => waitsFor(clock, 1_000));
    await clock.advance(1_000);
    expect(await answer).toBe("Hello 🙂");
  });

  test.each(WAYS)("nor does one that breaks take anything from it (%s)", async (_how, ask) => {
    const { lm } = await serveRaw((response, incoming) => {
      const body = ask === whole ? JSON.stringify(WHOLE) : asEvents(EVENTS);
      response.writeHead(200, { "content-type": "text/plain" });
      response.write(body, () => incoming.socket.destroy());
    });
    expect(await ask(lm)).toBe("Hello 🙂");
  });
});

describe("a redirect", () => {
  const to = "https://gateway.example/v1/chat/completions";
  test.each(
    [301, 302, 303, 307, 308].flatMap((status) => OVER.map(([over, options]) => [status, over, options] as const)),
  )("of status %d is not followed%s", async (status, _over, options) => {
    const { lm, host, requests } = await serveRaw(
      (response) => void response.writeHead(status, { location: `${to}?key=secret` }).end(),
      options,
    );
    expect(await failure(lm.generate(request))).toMatchObject({
      code: "not_found",
      retryable: false,
      status,
      message: `${host} redirects to ${to} (${status}), which is not followed: make that the base URL, if you trust it`,
      details: { location: to },
    });
    expect(requests()).toBe(1);
  });

  test.each([
    ["/v2/chat/completions", (host: string) => `to http://${host}/v2/chat/completions`],
    [undefined, () => "elsewhere"],
    ["http://[", () => "elsewhere"],
  ])("to %s tells as much as there is", async (location, where) => {
    const { lm, host } = await serveRaw(
      (response) => void response.writeHead(302, location === undefined ? {} : { location }).end("moved"),
    );
    expect((await failure(collect(lm.stream(request)))).message).toContain(`redirects ${where(host)} (302)`);
  });
});
