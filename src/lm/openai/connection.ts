import type { Clock } from "../../foundation/clock.ts";
import { systemClock } from "../../foundation/clock.ts";
import {
  ABOVE_0_BYTES,
  ABOVE_0_MS,
  checkNumber,
  checkSharedOptions,
  optionNames,
  WHOLE_ABOVE_0,
} from "../../foundation/check-options.ts";
import { UsageError, describe } from "../../foundation/errors.ts";
import type { CallDeadlines } from "../call-lifetime.ts";
import { createOpenAiClient, sendOver, sendWith } from "./client.ts";
import type { OpenAiClient } from "./client.ts";
import { parseBaseURL, readEndpoint } from "./endpoint.ts";
import type { EndpointOptions, Environment } from "./endpoint.ts";
import type { AskedServer } from "./failure.ts";
import { redactor } from "../redact.ts";
import { chooseProxy } from "../transport/proxy.ts";
import { createTransport } from "../transport/transport.ts";

/** Where requests go, with which secrets, and how long each may take. */
export interface OpenAiConnectionOptions extends EndpointOptions {
  /**
   * Default: `OPENAI_API_KEY`, read when the model is opened. A server on this machine or its own network may do without:
   * then the placeholder `no-key` is sent.
   */
  readonly apiKey?: string | undefined;
  /** Any server that speaks OpenAI's protocol. Default: `OPENAI_BASE_URL`, else `https://api.openai.com/v1`. */
  readonly baseURL?: string | undefined;
  /** Default: `OPENAI_ORG_ID`, else none. */
  readonly organization?: string | undefined;
  /** Default: `OPENAI_PROJECT_ID`, else none. */
  readonly project?: string | undefined;
  /** Sent with each request; their values are treated as secrets. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * How long one request may take in all, its body included; default 600,000 ms. Each of the deadlines ends a request as
   * an `LmError` of code `timeout`, with `details.phase` saying which: `total` here.
   */
  readonly timeoutMs?: number | undefined;
  /** How long it may take to get a connection, TLS included; default 10,000 ms. Phase `connect`. */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * How long the answer may take to begin once the request is sent; default: as long as it may take in all, since a whole
   * answer begins when the model is done. Phase `first_byte`.
   */
  readonly firstByteTimeoutMs?: number | undefined;
  /** How long nothing may come in the middle of an answer; default 120,000 ms. Phase `idle`. */
  readonly idleTimeoutMs?: number | undefined;
  /**
   * Most bytes of one answer, streamed or whole, as they come over the wire or from `fetch`. One that goes on beyond it is
   * given up and its connection closed: `malformed_response`, not retryable, with `details.maxAnswerBytes`. Default
   * 67,108,864 (64 MiB): the longest answers of today's models fit, event by event, unless each token tells twenty
   * `topLogprobs`. `Infinity` for none.
   */
  readonly maxAnswerBytes?: number | undefined;
  /** Open connections at once; further requests wait for one, first in first out. Default: no limit. */
  readonly maxConnections?: number | undefined;
  /** Certificates in PEM to trust beside those that Node does: for a gateway with a CA of its own. */
  readonly ca?: string | readonly string[] | undefined;
  /**
   * Makes the HTTP requests instead of the transport here, which is several times cheaper than the global one, keeps
   * connections alive, speaks HTTP/1.1, follows no redirects, and heeds `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` (read
   * when the model is opened). `maxConnections` and `ca` cannot be given beside it.
   */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Laid over each request's body: `{ service_tier: "flex" }`, say. */
  readonly extraBody?: Readonly<Record<string, unknown>> | undefined;
  /** Where variables are looked up; default `process.env` at the time of opening. */
  readonly env?: Environment | undefined;
  /** Default: real time. */
  readonly clock?: Clock | undefined;
}

/** An open way to one model at one address. */
export interface OpenAiConnection {
  readonly baseURL: string;
  readonly asked: AskedServer;
  readonly client: OpenAiClient;
  readonly deadlines: CallDeadlines;
  readonly clock: Clock;
  /** Frees the connections. */
  close(): Promise<void>;
}

export const PROVIDER = "openai";

const DEFAULT_TIMEOUT_MS = 600_000;
const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;
const DEFAULT_IDLE_TIMEOUT_MS = 120_000;
export const DEFAULT_MAX_ANSWER_BYTES = 64 * 1_024 * 1_024;

export interface ConnectionFor {
  /** Who is to be told of what is wrong: `openai("gpt-5-mini")`. */
  readonly what: string;
  readonly model: string;
  /** Within the base URL: `/chat/completions`. */
  readonly path: string;
  /** Where the options do not say. Default {@link DEFAULT_MAX_ANSWER_BYTES}. */
  readonly maxAnswerBytes?: number;
}

/** @throws UsageError when there is no key and one is needed, or when the base URL is none */
export function openConnection(
  { what, model, path, maxAnswerBytes: most = DEFAULT_MAX_ANSWER_BYTES }: ConnectionFor,
  options: OpenAiConnectionOptions,
): OpenAiConnection {
  const env = options.env ?? process.env;
  const endpoint = readEndpoint(what, options, env);
  const { baseURL, host, keyName } = endpoint;
  const clock = options.clock ?? systemClock;
  const { headers, maxConnections, ca, maxAnswerBytes = most } = options;
  const redact = redactor([endpoint.apiKey, ...Object.values(headers ?? {})]);
  const asked: AskedServer = { provider: PROVIDER, model, host, keyName, redact };
  const transport =
    options.fetch === undefined
      ? createTransport({
          url: baseURL,
          proxy: chooseProxy(new URL(baseURL), env),
          maxAnswerBytes,
          ...(maxConnections !== undefined && { maxConnections }),
          ...(ca !== undefined && { ca }),
        })
      : undefined;
  const send =
    transport === undefined
      ? sendWith(options.fetch ?? globalThis.fetch, maxAnswerBytes)
      : sendOver(transport, endpoint);
  return {
    baseURL,
    asked,
    client: createOpenAiClient({ endpoint, asked, headers, send, clock, path }),
    deadlines: deadlinesOf(options),
    clock,
    close: async () => transport?.close(),
  };
}

export function deadlinesOf(options: OpenAiConnectionOptions): CallDeadlines {
  const totalMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  return {
    totalMs,
    connectMs: options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
    firstByteMs: options.firstByteTimeoutMs ?? totalMs,
    idleMs: options.idleTimeoutMs ?? DEFAULT_IDLE_TIMEOUT_MS,
  };
}

const TIMEOUTS = ["timeoutMs", "connectTimeoutMs", "firstByteTimeoutMs", "idleTimeoutMs"] as const;

const OPTIONS = optionNames<OpenAiConnectionOptions>({
  apiKey: true,
  baseURL: true,
  organization: true,
  project: true,
  headers: true,
  timeoutMs: true,
  connectTimeoutMs: true,
  firstByteTimeoutMs: true,
  idleTimeoutMs: true,
  maxAnswerBytes: true,
  maxConnections: true,
  ca: true,
  fetch: true,
  extraBody: true,
  env: true,
  clock: true,
});

/**
 * @param others names of the options that are not about the connection
 * @throws UsageError for options that make no sense, and for names of none
 */
export function checkConnection(what: string, options: OpenAiConnectionOptions, others: readonly string[]): void {
  checkSharedOptions(what, options, [...others, ...OPTIONS]);
  for (const name of TIMEOUTS) checkNumber(what, name, options[name], ABOVE_0_MS);
  for (const name of ["apiKey", "baseURL", "organization", "project"] as const) {
    const given: unknown = options[name];
    // What it is instead is not said: it may be a key all the same.
    if (given !== undefined && typeof given !== "string") throw new UsageError(`${what}: ${name} must be a text`);
  }
  const { maxConnections, maxAnswerBytes, fetch, ca } = options;
  checkNumber(what, "maxAnswerBytes", maxAnswerBytes, ABOVE_0_BYTES);
  checkNumber(what, "maxConnections", maxConnections, WHOLE_ABOVE_0);
  if (fetch !== undefined && typeof fetch !== "function")
    throw new UsageError(`${what}: fetch must be a function, got ${describe(fetch)}`);
  if (fetch !== undefined && (maxConnections !== undefined || ca !== undefined)) {
    const name = ca === undefined ? "maxConnections" : "ca";
    throw new UsageError(`${what}: ${name} cannot be given beside fetch, whose connections are its own`);
  }
  if (options.baseURL !== undefined) parseBaseURL(options.baseURL, "baseURL");
}
