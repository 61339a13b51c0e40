// A loopback server that writes what it is told, byte by byte, for answers that no well-behaved server sends.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { LanguageModel } from "../../src/lm/language-model.ts";
import { openai } from "../../src/lm/openai/openai.ts";
import type { OpenAiOptions } from "../../src/lm/openai/openai.ts";
import { open } from "./served-model.ts";

export interface RawServer {
  readonly lm: LanguageModel;
  readonly host: string;
  readonly requests: () => number;
}

/** An openai model in front of it; both are closed after the test. */
export async function serveRaw(
  answer: (response: ServerResponse, request: IncomingMessage) => void,
  options: OpenAiOptions = {},
): Promise<RawServer> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    request.resume();
    request.on("end", () => answer(response, request));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  open.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  const lm = await openai("test-model", { baseURL: `http://${host}/v1`, apiKey: "sk-raw", env: {}, ...options }).open();
  open.push(() => lm.close());
  return { lm, host, requests: () => requests };
}
