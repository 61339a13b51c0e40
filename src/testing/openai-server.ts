import { createServer } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { sleep, systemClock } from "../foundation/clock.ts";
import { asError } from "../foundation/errors.ts";
import { EMBEDDINGS_PATH, embeddingsEndpoint } from "./openai-embeddings.ts";
import type { EmbeddingsEndpoint } from "./openai-embeddings.ts";
import type { EmbeddingsRequestBody } from "./openai-reply.ts";
import { fineTuningEndpoint, type FineTuningEndpoint, type ServedFineTuning } from "./openai-fine-tuning.ts";
import { composeAnswer } from "./openai-answer.ts";
import { errorReply } from "./openai-reply.ts";
import type { ChatRequestBody } from "./openai-reply.ts";
import { checkServerOptions, type OpenAiServerOptions } from "./server-options.ts";
import { servedChat } from "./served-chat.ts";
import type { ServedProtocol } from "./served-protocol.ts";
import { servedResponses } from "./served-responses.ts";
import { refuse } from "./server-refusal.ts";
import { replier } from "./server-replies.ts";
import type { Replier } from "./server-replies.ts";
import { breakBefore, breaksOff, sendAnswer, sendError, sendJson } from "./server-sending.ts";
import { makeTally } from "./server-tally.ts";
import type { ServedCounts, Tally } from "./server-tally.ts";

/** A request as it came, and what became of it. */
export interface ServedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /**
   * The body of a request for a model, that of the Responses API with its conversation as `messages` beside; undefined for
   * other requests and for what is no JSON.
   */
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
  /** What was uploaded for training, and the jobs that were begun; both empty without `fineTuning`. */
  readonly fineTuning: ServedFineTuning;
  /** Open connections. */
  readonly connections: number;
  /** Frees the port and all sockets, also under requests in flight. May be called twice. */
  close(): Promise<void>;
}

/** A client may open thousands of connections at once; Node's default lets the system drop those beyond 511. */
const LISTEN_BACKLOG = 16_384;

/**
 * A server on 127.0.0.1 that speaks OpenAI's Chat Completions and Responses API, whole and streamed, and embeddings, and says
 * what a test tells it to. A request beyond the last reply gets a 500 that says so.
 *
 * @throws UsageError (rejects) when it is told neither `replies` nor `answer`, or both, and for other options that make no sense
 */
export async function openaiServer(options: OpenAiServerOptions): Promise<OpenAiServer> {
  checkServerOptions(options);
  const requests: OpenRequest[] = [];
  const sockets = new Set<object>();
  const tally = makeTally(options.clock ?? systemClock);
  const fineTuning = options.fineTuning && fineTuningEndpoint(options.fineTuning);
  const handlers = { replyTo: replier(options, tally), embeddings: embeddingsEndpoint(options, tally), fineTuning };
  const server = createServer((incoming, response) => {
    const { method = "", url = "", headers } = incoming;
    const nothing = { body: undefined, embeddings: undefined };
    const request: OpenRequest = { method, path: url, headers, ...nothing, outcome: "pending" };
    if (options.record !== false) requests.push(request);
    tally.came();
    void serve(incoming, response, request, options, handlers, tally);
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
    fineTuning: Object.freeze({ files: fineTuning?.files ?? [], jobs: fineTuning?.jobs ?? [] }),
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

interface Handlers {
  readonly replyTo: Replier;
  readonly embeddings: EmbeddingsEndpoint;
  readonly fineTuning: FineTuningEndpoint | undefined;
}

const PROTOCOLS: readonly ServedProtocol[] = [servedChat, servedResponses];

async function serve(
  incoming: IncomingMessage,
  response: ServerResponse,
  request: OpenRequest,
  options: OpenAiServerOptions,
  { replyTo, embeddings, fineTuning }: Handlers,
  tally: Tally,
): Promise<void> {
  const gone = new AbortController();
  response.on("close", () => {
    if (request.outcome === "pending") request.outcome = response.writableFinished ? "answered" : "aborted";
    tally.ended(request.outcome);
    gone.abort();
  });
  const protocol = PROTOCOLS.find(({ path }) => request.method === "POST" && path === request.path);
  try {
    const text = await readText(incoming);
    if (request.path === EMBEDDINGS_PATH) return await embeddings(text, request, response, gone.signal);
    request.body = protocol && parseBody(text, protocol);
    const trained = fineTuning?.jobs.flatMap(({ fine_tuned_model: model }) => model ?? []) ?? [];
    const isTraining = fineTuning?.serves(request.path) ?? false;
    const models = options.models && [...options.models, ...trained];
    const refusal = refuse(request, protocol, { ...options, models, isServed: isTraining });
    if (isTraining && refusal === undefined) return fineTuning?.answer(request, text, response);
    if (refusal !== undefined) return sendError(response, refusal);
    if (protocol === undefined || request.body === undefined) return sendJson(response, listModels(options));
    await answerIt(response, request, request.body, protocol, options, replyTo, gone.signal);
  } catch (thrown) {
    // The client has hung up, or the test's own answer function threw: the client hears of that as a 500.
    if (!gone.signal.aborted && !response.headersSent) sendError(response, errorReply(500, asError(thrown).message));
    else response.destroy();
  }
}

async function answerIt(
  response: ServerResponse,
  request: OpenRequest,
  body: ChatRequestBody,
  protocol: ServedProtocol,
  options: OpenAiServerOptions,
  replyTo: Replier,
  gone: AbortSignal,
): Promise<void> {
  const { clock = systemClock, headers = {}, slowMs = 1_000, pieceMs = 0 } = options;
  const { reply, index, latencyMs } = await replyTo(body);
  if (latencyMs > 0) await sleep(clock, latencyMs, gone);
  response.setHeader("x-request-id", `req-${index + 1}`);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (typeof reply === "object" && "status" in reply) return sendError(response, reply);
  const fault = typeof reply === "object" && "fault" in reply ? reply.fault : undefined;
  if (breaksOff(fault)) request.outcome = "faulted";
  if (breakBefore(response, fault)) return;
  const answer = composeAnswer(reply, body, index);
  const pace = { clock, gone, pieceMs: fault === "slow_stream" ? slowMs : pieceMs };
  await sendAnswer({ response, protocol, request: body, answer, fault, ...pace });
}

function parseBody(text: string, protocol: ServedProtocol): ChatRequestBody | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null && "model" in body ? protocol.read({ ...body }) : undefined;
  } catch {
    return undefined;
  }
}

function listModels({ models = ["test-model"] }: OpenAiServerOptions): object {
  return { object: "list", data: models.map((id) => ({ id, object: "model", created: 0, owned_by: "dspex" })) };
}

async function readText(incoming: IncomingMessage): Promise<string> {
  incoming.setEncoding("utf8");
  let text = "";
  for await (const piece of incoming) text += String(piece);
  return text;
}
