// Answers damaged in random ways, and what an openai model makes of them. Plays in the suite and in scripts/fuzz-http.ts.
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { seededRandom } from "../../src/foundation/random.ts";
import type { Random } from "../../src/foundation/random.ts";
import { LmError } from "../../src/lm/failure.ts";
import type { LanguageModel } from "../../src/lm/language-model.ts";
import { openai } from "../../src/lm/openai/openai.ts";
import type { OpenAiApi } from "../../src/lm/openai/protocols.ts";
import { composeAnswer } from "../../src/testing/openai-answer.ts";
import type { ChatRequestBody } from "../../src/testing/openai-reply.ts";
import { servedChat } from "../../src/testing/served-chat.ts";
import { servedResponses } from "../../src/testing/served-responses.ts";
import { until } from "../../src/testing/until.ts";

export interface HttpFuzzOptions {
  readonly seed: number;
  readonly rounds: number;
}

export interface HttpFuzzReport {
  /** Rounds by how they ended: `text`, or the failure's code. */
  readonly ends: ReadonlyMap<string, number>;
  /** Open connections after the model was closed. */
  readonly socketsLeft: number;
}

export const SAID = "All is well, and more than that.";
const REQUEST = { messages: [{ role: "user", content: "hi" }] } as const;
/** As the server reads it: one that wants all that there is. */
const ASKED: ChatRequestBody = {
  model: "m",
  messages: [],
  stream_options: { include_usage: true },
  logprobs: true,
  include: ["message.output_text.logprobs"],
};
const ANSWER = composeAnswer(
  {
    text: SAID,
    reasoning: "It may be well.",
    toolCalls: [{ id: "call_1", name: "look", arguments: '{"at":"it"}' }],
    logprobs: [SAID.slice(0, 11), SAID.slice(11)].map((token) => ({ token, logprob: -0.25 })),
  },
  ASKED,
  0,
);
const SERVED = { chat: servedChat, responses: servedResponses } as const;

function http(head: string, body: string | Buffer): Buffer {
  return Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${head}\r\n`), Buffer.from(body)]);
}

function chunked(pieces: readonly string[]): string {
  const chunks = pieces.map((piece) => `${Buffer.byteLength(piece).toString(16)}\r\n${piece}\r\n`);
  return `${chunks.join("")}0\r\n\r\n`;
}

const JSON_TYPE = "content-type: application/json\r\n";
const EVENT_TYPE = "content-type: text/event-stream\r\n";

export interface WholeAnswer {
  readonly name: string;
  readonly bytes: Buffer;
  readonly streamed: boolean;
  readonly api: OpenAiApi;
}

/** Undamaged answers, in the ways that HTTP has of saying where one ends. */
export const WHOLE: readonly WholeAnswer[] = (["chat", "responses"] as const).flatMap((api) => {
  const body = JSON.stringify(SERVED[api].write(ANSWER, ASKED));
  const events = SERVED[api].writeEvents(ANSWER, ASKED);
  const inChunks = "transfer-encoding: chunked\r\n";
  const withAnEnd = "connection: close\r\n";
  const ways: readonly (readonly [name: string, bytes: Buffer, streamed: boolean])[] = [
    ["a length", http(`${JSON_TYPE}content-length: ${Buffer.byteLength(body)}\r\n`, body), false],
    ["chunks", http(`${JSON_TYPE}${inChunks}`, chunked([body])), false],
    ["an end", http(`${JSON_TYPE}${withAnEnd}`, body), false],
    ["a stream in chunks", http(`${EVENT_TYPE}${inChunks}`, chunked(events)), true],
    ["a stream with an end", http(`${EVENT_TYPE}${withAnEnd}`, events.join("")), true],
  ];
  return ways.map(([name, bytes, streamed]) => ({ name: `${name} (${api})`, bytes, streamed, api }));
});

/** Cuts, flips, doubles or drops a part, lies about it, or swears. */
function damage(whole: Buffer, random: Random): Buffer {
  const bytes = Buffer.from(whole);
  const at = Math.floor(random.next() * bytes.length);
  const length = 1 + Math.floor(random.next() * 20);
  const part = bytes.subarray(at, at + length);
  const replaced = (middle: Buffer | string, from = at): Buffer =>
    Buffer.concat([bytes.subarray(0, at), Buffer.from(middle), bytes.subarray(from)]);
  switch (Math.floor(random.next() * 10)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      for (let i = 0; i < part.length; i += 1) part[i] = Math.floor(random.next() * 256);
      return bytes;
    case 2:
      return replaced(Buffer.concat([part, part]), at + length);
    case 3:
      return replaced("", at + length);
    case 4:
      return replaced('\n\n{"error":null,[[[');
    case 5:
      return Buffer.from(
        bytes.toString("latin1").replace("200 OK", `${100 + Math.floor(random.next() * 500)} X`),
        "latin1",
      );
    case 6:
      return Buffer.from(
        bytes.toString("latin1").replace(/\d+(?=[^\d]|$)/g, (n) => (random.next() < 0.1 ? "9999" : n)),
        "latin1",
      );
    case 7:
      // Compressed, though nobody asked for it.
      return http(`${JSON_TYPE}content-encoding: gzip\r\nconnection: close\r\n`, gzipSync(whole).subarray(0, at));
    case 8:
      return replaced(`\r\nx-long: ${"x".repeat(Math.floor(random.next() * 40_000))}\r\n`);
    default:
      return replaced(
        ["null", "[]", '""', "7", "\0", "\u{fffd}", "data: ", "\n\n"][Math.floor(random.next() * 8)] ?? "",
      );
  }
}

/** @throws Error for an outcome that is neither text nor a failure of one line */
export async function httpFuzz({ seed, rounds }: HttpFuzzOptions): Promise<HttpFuzzReport> {
  const random = seededRandom(seed);
  const sockets = new Set<Socket>();
  let next: { readonly bytes: Buffer; readonly end: "end" | "reset" | "stall" } = { bytes: Buffer.of(), end: "end" };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    socket.on("data", () => {
      const { bytes, end } = next;
      socket.write(bytes, () => (end === "reset" ? socket.resetAndDestroy() : end === "end" && socket.end()));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A server that listens on a port has an address with one.
  const { port } = server.address() as AddressInfo;
  const deadlines = { timeoutMs: 2_000, firstByteTimeoutMs: 150, idleTimeoutMs: 100 };
  const openOver = (api: OpenAiApi): Promise<LanguageModel> =>
    openai("m", { baseURL: `http://127.0.0.1:${port}/v1`, env: {}, api, ...deadlines }).open();
  const models = { chat: await openOver("chat"), responses: await openOver("responses") } as const;
  const ends = new Map<string, number>();
  try {
    for (let round = 0; round < rounds; round += 1) {
      const whole = WHOLE[Math.floor(random.next() * WHOLE.length)] ?? WHOLE[0]!;
      const drawn = random.next();
      next = { bytes: damage(whole.bytes, random), end: drawn < 0.2 ? "reset" : drawn < 0.22 ? "stall" : "end" };
      const outcome = await ask(models[whole.api], whole.streamed).catch((error: unknown) => error);
      const typed = typeof outcome === "string" || (outcome instanceof LmError && !outcome.message.includes("\n"));
      if (!typed) throw new Error(`round ${round} of seed ${seed} ended in neither`, { cause: outcome });
      const kind = outcome instanceof LmError ? outcome.code : "text";
      ends.set(kind, (ends.get(kind) ?? 0) + 1);
    }
  } finally {
    await Promise.all([models.chat.close(), models.responses.close()]);
    await until(() => sockets.size === 0).catch(() => {});
    server.close();
  }
  const socketsLeft = sockets.size;
  for (const socket of sockets) socket.destroy();
  return { ends, socketsLeft };
}

async function ask(lm: LanguageModel, streamed: boolean): Promise<string> {
  if (!streamed) return (await lm.generate(REQUEST)).completions[0]?.text ?? "";
  for await (const chunk of lm.stream(REQUEST)) {
    if (chunk.type === "done") return chunk.response.completions[0]?.text ?? "";
  }
  throw new Error("a stream ended without a response");
}

/** What an undamaged answer is read as. */
export async function readWhole({ bytes, streamed, api }: WholeAnswer): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => {}).once("data", () => void socket.end(bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // As above.
  const { port } = server.address() as AddressInfo;
  const lm = await openai("m", { baseURL: `http://127.0.0.1:${port}/v1`, env: {}, api }).open();
  try {
    return await ask(lm, streamed);
  } finally {
    await lm.close();
    server.close();
  }
}
