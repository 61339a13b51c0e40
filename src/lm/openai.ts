import type { Clock } from "../foundation/clock.ts";
import { systemClock } from "../foundation/clock.ts";
import { UsageError, describe } from "../foundation/errors.ts";
import type { CallDeadlines } from "./call-lifetime.ts";
import type { LanguageModel, LmCapabilities, LmSpec } from "./language-model.ts";
import { createChatClient, sendOver, sendWith } from "./openai-client.ts";
import { modelIdentity } from "./model-identity.ts";
import { parseBaseURL, readEndpoint } from "./openai-endpoint.ts";
import type { EndpointOptions, Environment } from "./openai-endpoint.ts";
import type { Asked } from "./openai-failure.ts";
import { chatModel } from "./openai-model.ts";
import { isReasoningModel } from "./openai-request.ts";
import { redactor } from "./redact.ts";
import { chooseProxy } from "./transport-proxy.ts";
import { createTransport } from "./transport.ts";
import type { TransportOptions } from "./transport.ts";

export interface OpenAiOptions extends EndpointOptions {
  /**
   * Default: `OPENAI_API_KEY`, read when the model is opened. A server on this machine or its own network may do without:
   * then the placeholder `no-key` is sent.
   */
  readonly apiKey?: string;
  /** Any server that speaks Chat Completions. Default: `OPENAI_BASE_URL`, else `https://api.openai.com/v1`. */
  readonly baseURL?: string;
  /** Default: `OPENAI_ORG_ID`, else none. */
  readonly organization?: string;
  /** Default: `OPENAI_PROJECT_ID`, else none. */
  readonly project?: string;
  /** Sent with each request; their values are treated as secrets. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * How long one request may take in all, its body included; default 600,000 ms. Each of the deadlines ends a request as
   * an `LmError` of code `timeout`, with `details.phase` saying which: `total` here.
   */
  readonly timeoutMs?: number;
  /** How long it may take to get a connection, TLS included; default 10,000 ms. Phase `connect`. */
  readonly connectTimeoutMs?: number;
  /**
   * How long the answer may take to begin once the request is sent; default: as long as it may take in all, since a whole
   * answer begins when the model is done. Phase `first_byte`.
   */
  readonly firstByteTimeoutMs?: number;
  /** How long nothing may come in the middle of an answer; default 120,000 ms. Phase `idle`. */
  readonly idleTimeoutMs?: number;
  /** Open connections at once; further requests wait for one, first in first out. Default: no limit. */
  readonly maxConnections?: number;
  /** Certificates in PEM to trust beside those that Node does: for a gateway with a CA of its own. */
  readonly ca?: string | readonly string[];
  /**
   * Makes the HTTP requests instead of the transport here, which is several times cheaper than the global one, keeps
   * connections alive, speaks HTTP/1.1, follows no redirects, and heeds `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` (read
   * when the model is opened). `maxConnections` and `ca` cannot be given beside it.
   */
  readonly fetch?: typeof globalThis.fetch;
  /**
   * What the server can do beside plain text. Default: `schema` and `tools`. With `prefill`, a request that ends in an
   * assistant's turn also says `continue_final_message` (vLLM needs it; llama-server goes on by itself); with `grammar`,
   * `grammar` is sent (llama-server).
   */
  readonly capabilities?: Partial<LmCapabilities>;
  /** Whether the rules of OpenAI's reasoning models hold. Default: by the model's name (`o…`, `gpt-5…` and later). */
  readonly reasoning?: boolean;
  /** Laid over each request's body: `{ reasoning_effort: "low" }`, say. */
  readonly extraBody?: Readonly<Record<string, unknown>>;
  /** Where variables are looked up; default `process.env` at the time of opening. */
  readonly env?: Environment;
  /** Default: real time. */
  readonly clock?: Clock;
}

const PROVIDER = "openai";
const DEFAULT_TIMEOUT_MS = 600_000;
const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;
const DEFAULT_IDLE_TIMEOUT_MS = 120_000;
const CAPABILITIES: LmCapabilities = Object.freeze({ schema: true, tools: true, prefill: false, grammar: false });

/**
 * A model behind OpenAI's Chat Completions protocol: OpenAI itself, or any server that speaks it (vLLM, llama-server,
 * Ollama, …). One request for each `generate`, never a retry. The key is read when the spec is opened and stays in there.
 *
 * Reasoning models take neither a temperature nor stop strings: the temperature is left out, and the text is cut at the
 * stop strings here. `repeatPenalty` is not sent, since the protocol has none.
 *
 * @throws UsageError for options that make no sense; from `open`, when there is no key
 */
export function openai(model: string, options: OpenAiOptions = {}): LmSpec {
  if (typeof model !== "string" || model.trim() === "") {
    throw new UsageError(`openai: expected the name of a model ("gpt-5-mini"), got ${describe(model)}`);
  }
  checkOptions(model, options);
  return Object.freeze({
    kind: "lm",
    provider: PROVIDER,
    model,
    // async: a missing key rejects, as every other reason why a model cannot be had.
    open: async () => openModel(model, options, options.env ?? process.env),
  });
}

function openModel(model: string, options: OpenAiOptions, env: Environment): LanguageModel {
  const endpoint = readEndpoint(model, options, env);
  const clock = options.clock ?? systemClock;
  const capabilities = Object.freeze({ ...CAPABILITIES, ...options.capabilities });
  const reasoning = options.reasoning ?? isReasoningModel(model);
  const redact = redactor([endpoint.apiKey, ...Object.values(options.headers ?? {})]);
  const asked: Asked = { provider: PROVIDER, model, host: endpoint.host, keyName: endpoint.keyName, redact };
  const transport =
    options.fetch === undefined ? createTransport(transportOptions(endpoint.baseURL, options, env)) : undefined;
  const send = transport === undefined ? sendWith(options.fetch ?? globalThis.fetch) : sendOver(transport, endpoint);
  const lm = chatModel({
    client: createChatClient({ endpoint, asked, headers: options.headers, send, clock }),
    settings: { model, reasoning, capabilities, ...(options.extraBody && { extraBody: options.extraBody }) },
    asked,
    deadlines: deadlinesOf(options),
    clock,
    closeTransport: async () => transport?.close(),
  });
  const { headers, extraBody } = options;
  return Object.freeze({
    ...lm,
    identity: modelIdentity(endpoint.baseURL, { headers, extraBody, reasoning, capabilities }),
  });
}

function transportOptions(url: string, { maxConnections, ca }: OpenAiOptions, env: Environment): TransportOptions {
  return {
    url,
    proxy: chooseProxy(new URL(url), env),
    ...(maxConnections !== undefined && { maxConnections }),
    ...(ca !== undefined && { ca }),
  };
}

function deadlinesOf(options: OpenAiOptions): CallDeadlines {
  const totalMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  return {
    totalMs,
    connectMs: options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
    firstByteMs: options.firstByteTimeoutMs ?? totalMs,
    idleMs: options.idleTimeoutMs ?? DEFAULT_IDLE_TIMEOUT_MS,
  };
}

const TIMEOUTS = ["timeoutMs", "connectTimeoutMs", "firstByteTimeoutMs", "idleTimeoutMs"] as const;

function checkOptions(model: string, options: OpenAiOptions): void {
  const refuse = (name: string, expected: string, got: unknown): never => {
    // JSON, which `describe` writes, has no NaN and no Infinity.
    const said = typeof got === "number" ? String(got) : describe(got);
    throw new UsageError(`openai("${model}"): ${name} must be ${expected}, got ${said}`);
  };
  for (const name of TIMEOUTS) {
    const given = options[name];
    if (given !== undefined && !(typeof given === "number" && given > 0)) refuse(name, "milliseconds above 0", given);
  }
  const { maxConnections, fetch, ca } = options;
  if (maxConnections !== undefined && !(Number.isInteger(maxConnections) && maxConnections > 0)) {
    refuse("maxConnections", "a whole number above 0", maxConnections);
  }
  if (fetch !== undefined && (maxConnections !== undefined || ca !== undefined)) {
    const name = ca === undefined ? "maxConnections" : "ca";
    throw new UsageError(`openai("${model}"): ${name} cannot be given beside fetch, whose connections are its own`);
  }
  if (options.baseURL !== undefined) parseBaseURL(options.baseURL, "baseURL");
}
