// Servers that do not stop sending: each costs one call, not the process's memory.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createGzip } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { LmRequest } from "../../../src/lm/language-model.ts";
import { openaiEmbedder } from "../../../src/lm/openai/embedder.ts";
import { openai } from "../../../src/lm/openai/openai.ts";
import type { OpenAiOptions } from "../../../src/lm/openai/openai.ts";
import { forward } from "../../../src/programs/bare/forward.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { until } from "../../../src/testing/until.ts";
import { KEY, collect, failure, open, request } from "../served-model.ts";

const LIMIT = 300_000;
const MIB = 1 << 20;

interface Endless {
  readonly baseURL: string;
  readonly requests: () => number;
  /** Bytes that were handed to sockets. */
  readonly sent: () => number;
  /** Connections that are open. */
  readonly sockets: () => Promise<number>;
}

/** Sends `head`, and then `piece` for ever, or for so many bytes. */
async function endless(
  status: number,
  type: string,
  { head = "", piece = " ", most = Infinity, gzip = false, headers = {} }: Partial<Body> = {},
): Promise<Endless> {
  let requests = 0;
  let sent = 0;
  const block = Buffer.from(piece.repeat(Math.ceil(65_536 / piece.length)));
  const server = createServer((incoming: IncomingMessage, response: ServerResponse) => {
    incoming.resume();
    requests += 1;
    response.writeHead(status, { "content-type": type, ...(gzip && { "content-encoding": "gzip" }), ...headers });
    const out = gzip ? createGzip() : response;
    if (gzip) out.pipe(response);
    out.write(head);
    const go = (): void => {
      while (!response.destroyed && sent < most) {
        sent += block.length;
        if (!out.write(block)) return void out.once("drain", go);
      }
      out.end();
    };
    go();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  open.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  return {
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests: () => requests,
    sent: () => sent,
    sockets: () => new Promise((resolve) => server.getConnections((_error, count) => resolve(count))),
  };
}

interface Body {
  readonly head: string;
  readonly piece: string;
  readonly most: number;
  readonly gzip: boolean;
  readonly headers: Readonly<Record<string, string | number>>;
}

async function ask(served: Endless, streamed: boolean, options: OpenAiOptions, asked: LmRequest = request) {
  const lm = await openai("m", {
    baseURL: served.baseURL,
    apiKey: KEY,
    env: {},
    maxAnswerBytes: LIMIT,
    ...options,
  }).open();
  open.push(() => lm.close());
  return failure(streamed ? collect(lm.stream(asked)) : lm.generate(asked));
}

const closed = (served: Endless) => until(async () => (await served.sockets()) === 0);

const WAYS: readonly (readonly [string, OpenAiOptions])[] = [
  ["Chat Completions", { api: "chat" }],
  ["the Responses API", { api: "responses" }],
  ["Chat Completions over somebody's fetch", { api: "chat", fetch: globalThis.fetch }],
  // A fetch whose answers mind no signal.
  ["a fetch that cannot be aborted", { api: "chat", fetch: (url, init) => fetch(url, { ...init, signal: null }) }],
];

const delta = JSON.stringify({ choices: [{ index: 0, delta: { content: "word " } }] });
const event = JSON.stringify({ type: "response.output_text.delta", output_index: 0, delta: "word " });

describe.each(WAYS)("over %s", (_way, options) => {
  const words = `data: ${options.api === "responses" ? event : delta}\n\n`;
  test.each<[string, boolean, string, Partial<Body>]>([
    ["blanks", false, "application/json", {}],
    ["one text", false, "application/json", { head: '{"choices":[{"message":{"content":"', piece: "word " }],
    ["blanks where a stream was asked for", true, "application/json", {}],
    ["events", true, "text/event-stream", { piece: words }],
    ["one line of a stream", true, "text/event-stream", { head: "data: ", piece: "x" }],
    ["comments in a stream", true, "text/event-stream", { piece: ": ping\n\n" }],
    ["a length that is true", false, "application/json", { headers: { "content-length": 10 ** 12 } }],
  ])("%s without end: a typed failure, and a closed connection", async (_what, streamed, type, body) => {
    const served = await endless(200, type, body);
    const failed = await ask(served, streamed, options);
    expect(failed).toMatchObject({
      code: "malformed_response",
      retryable: false,
      status: 200,
      details: { maxAnswerBytes: LIMIT },
    });
    expect(failed.message).toMatch(/^127\.0\.0\.1:\d+ sent more than 300000 bytes as one answer/);
    await closed(served);
  });

  test.each([
    [400, '{"error":{"message":"no such thing","code":"odd"}}', "bad_request", "no such thing"],
    [500, "it broke", "server", "it broke"],
    [200, "", "malformed_response", "sent more than"],
  ])(
    "an error of status %i that has no end is what its status and its beginning say",
    async (status, head, code, said) => {
      for (const streamed of [false, true]) {
        const served = await endless(status, "application/json", { head });
        const failed = await ask(served, streamed, options);
        expect(failed).toMatchObject({ code, status });
        expect(failed.message).toContain(said);
        await closed(served);
      }
    },
  );
});

test("what is packed counts as it is unpacked", async () => {
  const served = await endless(200, "application/json", { gzip: true });
  const failed = await ask(served, false, { fetch: globalThis.fetch });
  expect(failed).toMatchObject({ code: "malformed_response", details: { maxAnswerBytes: LIMIT } });
  await closed(served);
});

test("an answer of just so many bytes is read", async () => {
  const whole = JSON.stringify({ choices: [{ message: { content: "hi" }, finish_reason: "stop" }] });
  for (const fetch of [undefined, globalThis.fetch]) {
    for (const [spare, code] of [
      [0, "stop"],
      [-1, "malformed_response"],
    ] as const) {
      const served = await endless(200, "application/json", { head: whole, most: 0 });
      const maxAnswerBytes = whole.length + spare;
      const lm = await openai("m", {
        baseURL: served.baseURL,
        env: {},
        maxAnswerBytes,
        ...(fetch && { fetch }),
      }).open();
      open.push(() => lm.close());
      const came = await lm.generate(request).then(
        ({ completions }) => completions[0]?.finishReason,
        (error: { readonly code: string }) => error.code,
      );
      expect(came).toBe(code);
    }
  }
});

test("embeddings without end", async () => {
  const served = await endless(200, "application/json", { head: '{"data":[{"embedding":[', piece: "0.125," });
  const embedder = await openaiEmbedder("m", { baseURL: served.baseURL, env: {}, maxAnswerBytes: LIMIT }).open();
  open.push(() => embedder.close());
  const failed = await failure(embedder.embed(["text"]));
  expect(failed).toMatchObject({ code: "malformed_response", details: { maxAnswerBytes: LIMIT } });
  await closed(served);
});

test("by default the limit is 64 MiB, and the call is not made again", async () => {
  const served = await endless(200, "application/json", { piece: " ".repeat(MIB) });
  const clients = { main: openai("m", { baseURL: served.baseURL, env: {} }) };
  const failed = await failure(forward(predict(signature("question -> answer")), { question: "x" }, { clients }));
  expect(failed).toMatchObject({ code: "malformed_response", details: { maxAnswerBytes: 64 * MIB, attempts: 1 } });
  expect(served.requests()).toBe(1);
  expect(served.sent()).toBeGreaterThanOrEqual(64 * MIB);
  expect(served.sent()).toBeLessThan(100 * MIB);
});
