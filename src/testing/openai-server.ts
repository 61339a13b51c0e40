import { createServer } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "../foundation/clock.ts";
import { sleep, systemClock } from "../foundation/clock.ts";
import { UsageError, asError } from "../foundation/errors.ts";
import { composeAnswer, errorReply, promptTokens, writeCompletion, writeEvents } from "./openai-reply.ts";
import type { ChatRequestBody, HttpErrorReply, ServerFault, ServerReply } from "./openai-reply.ts";

export interface OpenAiServerOptions {
  /** One for each chat request that gets as far as the model, in order. Give this or `answer`. */
  readonly replies?: readonly ServerReply[];
  /** Works out a reply from the request's body; `index` counts from 0. */
  readonly answer?: (request: ChatRequestBody, index: number) => ServerReply | Promise<ServerReply>;
  /** Default 0: any free one. */
  readonly port?: number;
  /** The key that is right: others get a 401. Default: none is asked for. */
  readonly apiKey?: string;
  /** The models there are: others get a 404. Default: any. */
  readonly models?: readonly string[];
  /** Longer prompts (with the room asked for the answer) get a 400, counted by `estimateTokens`. Default: no limit. */
  readonly contextTokens?: number;
  /** How long each answer takes to begin, by `clock`; default 0. */
  readonly latencyMs?: number;
  /** The wait before each event of a streamed answer, by `clock`; default 0. */
  readonly pieceMs?: number;
  /** Default: real time. */
  readonly clock?: Clock;
}

/** A request as it came, and what became of it. */
export interface ServedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** A chat request's body; undefined for other requests and for what is no JSON. */
  readonly body: ChatRequestBody | undefined;
  /** `aborted`: the client hung up first. `faulted`: the server broke off, or stalls. */
  readonly outcome: "pending" | "answered" | "aborted" | "faulted";
}

export interface OpenAiServer {
  /** For `openai(model, { baseURL })`. */
  readonly baseURL: string;
  readonly port: number;
  /** Every request that came, in order. */
  readonly requests: readonly ServedRequest[];
  /** Requests that have come and are not over; those that stall count. */
  readonly inFlight: number;
  /** Open connections. */
  readonly connections: number;
  /** Frees the port and all sockets, also under requests in flight. May be called twice. */
  close(): Promise<void>;
}

/**
 * A server on 127.0.0.1 that speaks OpenAI's Chat Completions, whole and streamed, and says what a test tells it to.
 * A request beyond the last reply gets a 500 that says so.
 *
 * @throws UsageError when it is told neither `replies` nor `answer`, or both
 */
export async function openaiServer(options: OpenAiServerOptions): Promise<OpenAiServer> {
  if ((options.replies === undefined) === (options.answer === undefined)) {
    throw new UsageError("openaiServer: give either replies or answer");
  }
  const requests: OpenRequest[] = [];
  const sockets = new Set<object>();
  const chat = chatHandler(options);
  const server = createServer((incoming, response) => {
    void serve(incoming, response, requests, options, chat);
  });
  // A client that hangs up in the middle of a request is no event of ours.
  server.on("clientError", (_error, socket) => socket.destroy());
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  // A server that listens on a port has an address with one.
  const { port } = server.address() as AddressInfo;
  let closing: Promise<void> | undefined;
  return Object.freeze({
    baseURL: `http://127.0.0.1:${port}/v1`,
    port,
    requests,
    get inFlight(): number {
      return requests.filter(({ open }) => open).length;
    },
    get connections(): number {
      return sockets.size;
    },
    close(): Promise<void> {
      closing ??= new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      return closing;
    },
  });
}

interface OpenRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: ChatRequestBody | undefined;
  outcome: ServedRequest["outcome"];
  open: boolean;
}

/** Chooses the reply to a chat request that has been accepted. */
type ChatHandler = (body: ChatRequestBody) => Promise<{ readonly reply: ServerReply; readonly index: number }>;

function chatHandler({ replies, answer }: OpenAiServerOptions): ChatHandler {
  let count = 0;
  return async (body) => {
    const index = count;
    count += 1;
    if (answer !== undefined) return { reply: await answer(body, index), index };
    const given = replies?.length ?? 0;
    const none = errorReply(500, `request ${index + 1} came, but only ${given} replies were given`);
    return { reply: replies?.[index] ?? none, index };
  };
}

async function serve(
  incoming: IncomingMessage,
  response: ServerResponse,
  requests: OpenRequest[],
  options: OpenAiServerOptions,
  chat: ChatHandler,
): Promise<void> {
  const { method = "", url = "", headers } = incoming;
  const request: OpenRequest = { method, path: url, headers, body: undefined, outcome: "pending", open: true };
  requests.push(request);
  const gone = new AbortController();
  response.on("close", () => {
    request.open = false;
    if (request.outcome === "pending") request.outcome = response.writableFinished ? "answered" : "aborted";
    gone.abort();
  });
  try {
    request.body = parseBody(await readText(incoming));
    const refusal = refuse(request, options);
    if (refusal !== undefined) return sendError(response, refusal);
    if (request.body === undefined) return sendJson(response, listModels(options));
    const { reply, index } = await chat(request.body);
    await pause(options, options.latencyMs, gone.signal);
    await sendReply(response, reply, request, index, options, gone.signal);
  } catch (thrown) {
    // The client has hung up, or the test's own answer function threw: the client hears of that as a 500.
    if (!gone.signal.aborted && !response.headersSent) sendError(response, errorReply(500, asError(thrown).message));
    else response.destroy();
  }
}

async function sendReply(
  response: ServerResponse,
  reply: ServerReply,
  request: OpenRequest,
  index: number,
  options: OpenAiServerOptions,
  gone: AbortSignal,
): Promise<void> {
  if (typeof reply === "object" && "status" in reply) return sendError(response, reply);
  const fault = typeof reply === "object" && "fault" in reply ? reply.fault : undefined;
  if (fault !== undefined) request.outcome = "faulted";
  if (fault === "stall_before_headers") return;
  if (fault === "reset_before_headers") {
    response.socket?.resetAndDestroy();
    return;
  }
  // `serve` has refused what has no body.
  const body = request.body as ChatRequestBody;
  const answer = composeAnswer(reply, body, index);
  const requestId = { "x-request-id": `req-${index + 1}` };
  if (body.stream === true) {
    const events = writeEvents(answer, body.stream_options?.include_usage === true);
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache", ...requestId });
    const whole = fault === undefined;
    for (const event of whole ? events : events.slice(0, Math.ceil(events.length / 2))) {
      await pause(options, options.pieceMs, gone);
      await write(response, event);
    }
    return whole ? void response.end() : breakOff(response, fault);
  }
  const text = JSON.stringify(writeCompletion(answer));
  const length = Buffer.byteLength(text);
  response.writeHead(200, { "content-type": "application/json", "content-length": length, ...requestId });
  if (fault === undefined) return void response.end(text);
  await write(response, text.slice(0, text.length / 2));
  breakOff(response, fault);
}

/** The half that was written has reached the client's side by now. */
function breakOff(response: ServerResponse, fault: ServerFault): void {
  if (fault === "reset_in_body") response.socket?.resetAndDestroy();
  else if (fault === "cut_in_body") response.socket?.destroy();
}

/** What OpenAI turns down before a model sees it. */
function refuse(
  { method, path, headers, body }: OpenRequest,
  options: OpenAiServerOptions,
): HttpErrorReply | undefined {
  const { apiKey, models, contextTokens } = options;
  if (apiKey !== undefined && headers.authorization !== `Bearer ${apiKey}`) {
    return errorReply(401, `Incorrect API key provided: ${mask(headers.authorization)}.`, { code: "invalid_api_key" });
  }
  if (method === "GET" && path === "/v1/models") return undefined;
  if (method !== "POST" || path !== "/v1/chat/completions") {
    return errorReply(404, `Invalid URL (${method} ${path})`);
  }
  if (body === undefined) return errorReply(400, "The body of the request is no chat request in JSON.");
  if (models !== undefined && !models.includes(body.model)) {
    const message = `The model \`${body.model}\` does not exist or you do not have access to it.`;
    return errorReply(404, message, { code: "model_not_found" });
  }
  const room = body.max_completion_tokens ?? body.max_tokens ?? 0;
  const needed = promptTokens(body) + room;
  if (contextTokens !== undefined && needed > contextTokens) {
    const message = `This model's maximum context length is ${contextTokens} tokens, but ${needed} were asked for.`;
    return errorReply(400, message, { code: "context_length_exceeded", param: "messages" });
  }
  return undefined;
}

function mask(authorization = ""): string {
  const key = authorization.replace(/^Bearer /, "");
  return `${key.slice(0, 5)}***${key.slice(-2)}`;
}

function parseBody(text: string): ChatRequestBody | undefined {
  try {
    const body: unknown = JSON.parse(text);
    const isChat = typeof body === "object" && body !== null && "model" in body && "messages" in body;
    // Checked as far as the server relies on it.
    return isChat && Array.isArray(body.messages) ? (body as ChatRequestBody) : undefined;
  } catch {
    return undefined;
  }
}

function listModels({ models = ["test-model"] }: OpenAiServerOptions): object {
  return { object: "list", data: models.map((id) => ({ id, object: "model", created: 0, owned_by: "dspex" })) };
}

function sendError(response: ServerResponse, { status, body, headers }: HttpErrorReply): void {
  const content = body ?? errorReply(status, `status ${status}`).body ?? "";
  const text = typeof content === "string" ? content : JSON.stringify(content);
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(text);
}

function sendJson(response: ServerResponse, body: object): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function write(response: ServerResponse, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    response.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

async function pause({ clock = systemClock }: OpenAiServerOptions, ms = 0, signal: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(clock, ms, signal);
}

async function readText(incoming: IncomingMessage): Promise<string> {
  incoming.setEncoding("utf8");
  let text = "";
  for await (const piece of incoming) text += String(piece);
  return text;
}
