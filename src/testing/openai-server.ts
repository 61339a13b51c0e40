import { createServer } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "../foundation/clock.ts";
import { sleep, systemClock } from "../foundation/clock.ts";
import { UsageError, asError } from "../foundation/errors.ts";
import { seededRandom } from "../foundation/random.ts";
import { applyFault, faultPlan } from "./fault-plan.ts";
import type { FaultPlan, FaultPlanOptions } from "./fault-plan.ts";
import { EMBEDDINGS_PATH, embeddingsEndpoint } from "./openai-embeddings.ts";
import type { EmbeddingsEndpoint, EmbeddingsReply, EmbeddingsRequestBody } from "./openai-embeddings.ts";
import { makeTally } from "./server-tally.ts";
import type { ServedCounts, Tally } from "./server-tally.ts";
import { composeAnswer, errorReply, promptTokens, writeCompletion, writeEvents } from "./openai-reply.ts";
import type { ChatRequestBody, HttpErrorReply, ServerFault, ServerReply } from "./openai-reply.ts";

export interface OpenAiServerOptions {
  /** One for each chat request that gets as far as the model, in order. Give this or `answer`. */
  readonly replies?: readonly ServerReply[];
  /** Works out a reply from the request's body; `index` counts from 0. */
  readonly answer?: (request: ChatRequestBody, index: number) => ServerReply | Promise<ServerReply>;
  /**
   * Says what goes wrong with an embeddings request; `index` counts those from 0. Undefined, and left out: nothing; then
   * each text gets a vector that depends on its words alone: texts that share words are near to each other.
   */
  readonly embeddings?: (request: EmbeddingsRequestBody, index: number) => EmbeddingsReply;
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
  /** Added to the latency, up to so much and drawn from the seed of `faults`; default 0. */
  readonly jitterMs?: number;
  /** The wait before each event of a streamed answer, by `clock`; default 0. */
  readonly pieceMs?: number;
  /** The wait before each piece of an answer that the fault `slow_stream` befalls, by `clock`; default 1,000. */
  readonly slowMs?: number;
  /** Faults that befall some of the requests, by rates and a seed. Default: none but those among the replies. */
  readonly faults?: FaultPlanOptions;
  /** Sent with each answer to a chat request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether `requests` are kept; default true. Turn it off where there are very many. */
  readonly record?: boolean;
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
  /** An embeddings request's body; undefined for other requests. */
  readonly embeddings: EmbeddingsRequestBody | undefined;
  /** `aborted`: the client hung up first. `faulted`: the server broke off, or stalls. */
  readonly outcome: "pending" | "answered" | "aborted" | "faulted";
}

export interface OpenAiServer {
  /** For `openai(model, { baseURL })`. */
  readonly baseURL: string;
  readonly port: number;
  /** Every request that came, in order; empty with `record: false`. */
  readonly requests: readonly ServedRequest[];
  /** Requests so far, by what became of them. */
  readonly counts: ServedCounts;
  /** Requests that have come and are not over; those that stall count. */
  readonly inFlight: number;
  /** Open connections. */
  readonly connections: number;
  /** Frees the port and all sockets, also under requests in flight. May be called twice. */
  close(): Promise<void>;
}

/** A client may open thousands of connections at once; Node's default lets the system drop those beyond 511. */
const LISTEN_BACKLOG = 16_384;

/**
 * A server on 127.0.0.1 that speaks OpenAI's Chat Completions, whole and streamed, and embeddings, and says what a test
 * tells it to.
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
  const tally = makeTally(options.clock ?? systemClock);
  const chat = chatHandler(options, tally);
  const embeddings = embeddingsEndpoint(options, tally);
  const server = createServer((incoming, response) => {
    const { method = "", url = "", headers } = incoming;
    const nothing = { body: undefined, embeddings: undefined };
    const request: OpenRequest = { method, path: url, headers, ...nothing, outcome: "pending" };
    if (options.record !== false) requests.push(request);
    tally.came();
    void serve(incoming, response, request, options, { chat, embeddings }, tally);
  });
  // A client that hangs up in the middle of a request is no event of ours.
  server.on("clientError", (_error, socket) => socket.destroy());
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port: options.port ?? 0, host: "127.0.0.1", backlog: LISTEN_BACKLOG }, resolve);
  });
  // A server that listens on a port has an address with one.
  const { port } = server.address() as AddressInfo;
  let closing: Promise<void> | undefined;
  return Object.freeze({
    baseURL: `http://127.0.0.1:${port}/v1`,
    port,
    requests,
    get counts(): ServedCounts {
      return tally.counts();
    },
    get inFlight(): number {
      return tally.inFlight();
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
  embeddings: EmbeddingsRequestBody | undefined;
  outcome: ServedRequest["outcome"];
}

/** Chooses the reply to a chat request that has been accepted, and how long it takes to begin. */
type ChatHandler = (body: ChatRequestBody) => Promise<{
  readonly reply: ServerReply;
  readonly index: number;
  readonly latencyMs: number;
}>;

function chatHandler(options: OpenAiServerOptions, tally: Tally): ChatHandler {
  const { replies, answer, latencyMs = 0, jitterMs = 0 } = options;
  const plan: FaultPlan | undefined = options.faults && faultPlan(options.faults);
  // Apart from the plan's own draws: jitter changes no fault.
  const jitter = seededRandom((options.faults?.seed ?? 1) + 1);
  let count = 0;
  return async (body) => {
    const index = count;
    count += 1;
    const fault = plan?.next();
    const latency = latencyMs + (jitterMs > 0 ? jitter.next() * jitterMs : 0);
    const given = replies?.length ?? 0;
    const none = errorReply(500, `request ${index + 1} came, but only ${given} replies were given`);
    const reply = answer === undefined ? (replies?.[index] ?? none) : await answer(body, index);
    if (plan === undefined || fault === undefined) return { reply, index, latencyMs: latency };
    tally.befell(fault);
    return { reply: applyFault(fault, reply, plan), index, latencyMs: latency };
  };
}

async function serve(
  incoming: IncomingMessage,
  response: ServerResponse,
  request: OpenRequest,
  options: OpenAiServerOptions,
  { chat, embeddings }: { readonly chat: ChatHandler; readonly embeddings: EmbeddingsEndpoint },
  tally: Tally,
): Promise<void> {
  const gone = new AbortController();
  response.on("close", () => {
    if (request.outcome === "pending") request.outcome = response.writableFinished ? "answered" : "aborted";
    tally.ended(request.outcome);
    gone.abort();
  });
  try {
    const text = await readText(incoming);
    if (request.path === EMBEDDINGS_PATH) return await embeddings(text, request, response, gone.signal);
    request.body = parseBody(text);
    const refusal = refuse(request, options);
    if (refusal !== undefined) return sendError(response, refusal);
    if (request.body === undefined) return sendJson(response, listModels(options));
    const { reply, index, latencyMs } = await chat(request.body);
    await pause(options, latencyMs, gone.signal);
    response.setHeader("x-request-id", `req-${index + 1}`);
    for (const [name, value] of Object.entries(options.headers ?? {})) response.setHeader(name, value);
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
  const broken = fault !== undefined && BREAKS_OFF.has(fault);
  if (broken) request.outcome = "faulted";
  if (fault === "stall_before_headers") return;
  if (fault === "reset_before_headers") {
    response.socket?.resetAndDestroy();
    return;
  }
  // `serve` has refused what has no body.
  const body = request.body as ChatRequestBody;
  const answer = composeAnswer(reply, body, index);
  const pieceMs = fault === "slow_stream" ? (options.slowMs ?? 1_000) : options.pieceMs;
  if (body.stream === true) {
    const events = writeEvents(answer, body.stream_options?.include_usage === true);
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    const half = Math.ceil(events.length / 2);
    for (const event of broken || fault === "cut_json" ? events.slice(0, half) : events) {
      await pause(options, pieceMs, gone);
      await write(response, event);
    }
    const cut = fault === "cut_json" ? `${(events[half] ?? "").slice(0, 30)}\n\n` : "";
    return broken ? breakOff(response, fault) : void response.end(cut);
  }
  const whole = JSON.stringify(writeCompletion(answer));
  const text = fault === "cut_json" ? whole.slice(0, whole.length / 2) : whole;
  const length = Buffer.byteLength(text);
  response.writeHead(200, { "content-type": "application/json", "content-length": length });
  if (fault === "slow_stream") {
    for (const piece of text.match(/[^]{1,40}/gu) ?? []) {
      await pause(options, pieceMs, gone);
      await write(response, piece);
    }
    return void response.end();
  }
  if (!broken) return void response.end(text);
  await write(response, text.slice(0, text.length / 2));
  breakOff(response, fault);
}

/** Faults that leave an answer without its end. */
const BREAKS_OFF: ReadonlySet<ServerFault> = new Set<ServerFault>([
  "reset_before_headers",
  "reset_in_body",
  "cut_in_body",
  "stall_before_headers",
  "stall_in_body",
]);

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
