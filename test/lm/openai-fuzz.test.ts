import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { seededRandom } from "../../src/foundation/random.ts";
import type { Random } from "../../src/foundation/random.ts";
import { LmError } from "../../src/lm/failure.ts";
import type { LanguageModel } from "../../src/lm/language-model.ts";
import { openai } from "../../src/lm/openai.ts";
import { composeAnswer, writeCompletion, writeEvents } from "../../src/testing/openai-reply.ts";

const request = { messages: [{ role: "user", content: "hi" }] } as const;
const answer = composeAnswer("All is well, and more than that.", { model: "m", messages: [] }, 0);

function http(type: string, body: string, more = ""): string {
  const head = `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\nconnection: close\r\n${more}`;
  return `${head}\r\n${body}`;
}

const json = JSON.stringify(writeCompletion(answer));
const WHOLE = http("application/json", json, `content-length: ${Buffer.byteLength(json)}\r\n`);
const STREAM = http("text/event-stream", writeEvents(answer, true).join(""));

/** Cuts, flips, doubles or drops a part, or swears. */
function damage(text: string, random: Random): Buffer {
  const bytes = Buffer.from(text);
  const at = Math.floor(random.next() * bytes.length);
  const length = 1 + Math.floor(random.next() * 20);
  const part = bytes.subarray(at, at + length);
  switch (Math.floor(random.next() * 5)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      for (let i = 0; i < part.length; i += 1) part[i] = Math.floor(random.next() * 256);
      return bytes;
    case 2:
      return Buffer.concat([bytes.subarray(0, at), part, part, bytes.subarray(at + length)]);
    case 3:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    default:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from('\n\n{"error":null,[[['), bytes.subarray(at)]);
  }
}

let server: Server;
let lm: LanguageModel;
let next: { readonly bytes: Buffer; readonly reset: boolean };

beforeAll(async () => {
  server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => {
      socket.write(next.bytes, () => (next.reset ? socket.resetAndDestroy() : socket.end()));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A server that listens on a port has an address with one.
  const { port } = server.address() as AddressInfo;
  lm = await openai("m", { baseURL: `http://127.0.0.1:${port}/v1`, env: {}, timeoutMs: 2_000 }).open();
});

afterAll(async () => {
  await lm.close();
  server.close();
});

async function ask(streamed: boolean): Promise<string> {
  if (!streamed) return (await lm.generate(request)).completions[0]?.text ?? "";
  for await (const chunk of lm.stream(request)) {
    if (chunk.type === "done") return chunk.response.completions[0]?.text ?? "";
  }
  throw new Error("a stream ended without a response");
}

test.each([
  ["a whole answer", WHOLE, false],
  ["a stream", STREAM, true],
] as const)("%s that is undamaged is read", async (_what, text, streamed) => {
  next = { bytes: Buffer.from(text), reset: false };
  expect(await ask(streamed)).toBe("All is well, and more than that.");
});

test.each([
  ["a whole answer", WHOLE, false],
  ["a stream", STREAM, true],
] as const)(
  "%s that is damaged in 300 ways ends in text or in a typed failure",
  { timeout: 60_000 },
  async (_, text, streamed) => {
    const random = seededRandom(20_261_124);
    const seen = new Map<string, number>();
    for (let round = 0; round < 300; round += 1) {
      next = { bytes: damage(text, random), reset: random.next() < 0.2 };
      const outcome = await ask(streamed).catch((error: unknown) => error);
      const typed = typeof outcome === "string" || (outcome instanceof LmError && !outcome.message.includes("\n"));
      if (!typed) {
        throw new Error(`round ${round} ended in neither`, { cause: outcome });
      }
      const kind = outcome instanceof LmError ? outcome.code : "text";
      seen.set(kind, (seen.get(kind) ?? 0) + 1);
    }
    // Each of these must have been met, or the fuzz tries nothing.
    for (const kind of ["text", "connection", "malformed_response"]) expect(seen.get(kind) ?? 0).toBeGreaterThan(5);
  },
);
