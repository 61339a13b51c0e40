import { APIError, OpenAI } from "openai";
import type { ChatCompletionCreateParamsNonStreaming, ChatCompletionCreateParamsStreaming } from "openai/resources";
import type { Clock } from "../foundation/clock.ts";
import { MAX_TIMER_MS, systemClock } from "../foundation/clock.ts";
import { UsageError, describe } from "../foundation/errors.ts";
import { beginCall } from "./call-lifetime.ts";
import type { CallLifetime } from "./call-lifetime.ts";
import { LmError } from "./failure.ts";
import type {
  LanguageModel,
  LmCallOptions,
  LmCapabilities,
  LmChunk,
  LmFinishReason,
  LmRequest,
  LmResponse,
  LmSpec,
  LmUsage,
} from "./language-model.ts";
import { NO_USAGE } from "./language-model.ts";
import { parseBaseURL, readEndpoint } from "./openai-endpoint.ts";
import type { Endpoint, EndpointOptions, Environment } from "./openai-endpoint.ts";
import { errorInBody, httpFailure } from "./openai-failure.ts";
import type { Asked } from "./openai-failure.ts";
import { isReasoningModel, writeChatBody } from "./openai-request.ts";
import { isRecord, readChunk, readResponse } from "./openai-response.ts";
import { redactor } from "./redact.ts";
import { cutAtStop, stopCutter } from "./stop-strings.ts";
import { transportFailure } from "./transport-failure.ts";

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
  /** How long one request may take in all, its body included; default 600,000 ms. */
  readonly timeoutMs?: number;
  /** Default: the global one. */
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
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  if (!(timeoutMs > 0)) {
    throw new UsageError(`openai("${model}"): timeoutMs must be milliseconds above 0, got ${String(timeoutMs)}`);
  }
  if (options.baseURL !== undefined) parseBaseURL(options.baseURL, "baseURL");
  return Object.freeze({
    kind: "lm",
    provider: PROVIDER,
    model,
    // async: a missing key rejects, as every other reason why a model cannot be had.
    open: async () => openModel(model, readEndpoint(model, options, options.env ?? process.env), options),
  });
}

function openModel(model: string, endpoint: Endpoint, options: OpenAiOptions): LanguageModel {
  const clock = options.clock ?? systemClock;
  const capabilities = Object.freeze({ ...CAPABILITIES, ...options.capabilities });
  const reasoning = options.reasoning ?? isReasoningModel(model);
  const settings = { model, reasoning, capabilities, ...(options.extraBody && { extraBody: options.extraBody }) };
  const redact = redactor([endpoint.apiKey, ...Object.values(options.headers ?? {})]);
  const asked: Asked = { provider: PROVIDER, model, host: endpoint.host, keyName: endpoint.keyName, redact };
  const client = createClient(endpoint, options, asked, clock);
  const inFlight = new Set<CallLifetime>();
  let closed = false;
  let answered = 0;

  const begin = (signal: AbortSignal | undefined): CallLifetime => {
    if (closed) throw new LmError("the model was closed", { code: "client_down", provider: PROVIDER });
    const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const call = beginCall({ clock, timeoutMs, host: endpoint.host, provider: PROVIDER, ...(signal && { signal }) });
    inFlight.add(call);
    return call;
  };
  const finish = (call: CallLifetime): void => {
    inFlight.delete(call);
    call.end();
  };
  const ownId = (): string => `${PROVIDER}-${(answered += 1)}`;
  const stopHere = (request: LmRequest): readonly string[] => (reasoning ? (request.stop ?? []) : []);

  const generate = async (request: LmRequest, { signal }: LmCallOptions = {}): Promise<LmResponse> => {
    const call = begin(signal);
    try {
      // Servers know settings that the package's types do not; the body is checked by whoever receives it.
      const body = writeChatBody(request, settings, false) as unknown as ChatCompletionCreateParamsNonStreaming;
      const answer: unknown = await call.race(client.chat.completions.create(body, { signal: call.signal }));
      if (isRecord(answer) && isRecord(answer["error"])) throw errorInBody(answer["error"], asked);
      const read = readResponse(answer);
      const stop = stopHere(request);
      return {
        completions: read.completions.map((completion) => {
          const { text, cut } = cutAtStop(completion.text, stop);
          return cut ? { text, finishReason: "stop" } : completion;
        }),
        usage: read.usage,
        model: read.model ?? model,
        id: read.id ?? ownId(),
      };
    } catch (thrown) {
      throw failureOf(thrown, asked);
    } finally {
      finish(call);
    }
  };

  async function* stream(request: LmRequest, { signal }: LmCallOptions = {}): AsyncGenerator<LmChunk> {
    if (request.n !== undefined && request.n !== 1) throw new UsageError(`stream: n must be 1, got ${request.n}`);
    const call = begin(signal);
    try {
      // As above.
      const body = writeChatBody(request, settings, true) as unknown as ChatCompletionCreateParamsStreaming;
      const events = await call.race(client.chat.completions.create(body, { signal: call.signal }));
      const iterator = events[Symbol.asyncIterator]();
      const cutter = stopCutter(stopHere(request));
      const seen: StreamSoFar = { text: "", finishReason: undefined, usage: NO_USAGE, model: undefined, id: undefined };
      for (;;) {
        const { done, value } = await call.race(iterator.next());
        if (done === true) break;
        const chunk = readChunk(value);
        seen.finishReason ??= chunk.finishReason;
        seen.usage = chunk.usage ?? seen.usage;
        seen.model ??= chunk.model;
        seen.id ??= chunk.id;
        const text = cutter.push(chunk.text);
        seen.text += text;
        if (text !== "") yield { type: "text", text };
      }
      // The package ends quietly when the connection closes between two events.
      if (seen.finishReason === undefined) throw endedEarly(asked);
      const rest = cutter.end();
      seen.text += rest;
      if (rest !== "") yield { type: "text", text: rest };
      const completion = { text: seen.text, finishReason: cutter.cut ? ("stop" as const) : seen.finishReason };
      const { usage } = seen;
      const response = { completions: [completion], usage, model: seen.model ?? model, id: seen.id ?? ownId() };
      yield { type: "done", response };
    } catch (thrown) {
      throw failureOf(thrown, asked);
    } finally {
      // Closes the socket when the loop was left early; changes nothing once the answer is whole.
      call.cancel(new Error("the loop was left"));
      finish(call);
    }
  }

  return Object.freeze({
    provider: PROVIDER,
    model,
    capabilities,
    generate,
    stream,
    close(): Promise<void> {
      closed = true;
      for (const call of inFlight) call.cancel(new Error("the model was closed"));
      return Promise.resolve();
    },
  });
}

interface StreamSoFar {
  text: string;
  finishReason: LmFinishReason | undefined;
  usage: LmUsage;
  model: string | undefined;
  id: string | undefined;
}

function createClient(endpoint: Endpoint, options: OpenAiOptions, asked: Asked, clock: Clock): OpenAI {
  const send = options.fetch ?? globalThis.fetch;
  return new OpenAI({
    apiKey: endpoint.apiKey,
    adminAPIKey: null,
    baseURL: endpoint.baseURL,
    organization: endpoint.organization,
    project: endpoint.project,
    ...(options.headers && { defaultHeaders: { ...options.headers } }),
    // The run that asked retries, and times out by its own clock.
    maxRetries: 0,
    timeout: MAX_TIMER_MS,
    // Nothing of ours writes to the console, whatever OPENAI_LOG says.
    logLevel: "off",
    // Failures are read here: the package reads only OpenAI's own shape of them, and keeps what echoes the key.
    fetch: async (input, init) => {
      let response: Response;
      try {
        response = await send(input, init);
      } catch (thrown) {
        throw transportFailure(thrown, "headers", asked);
      }
      if (response.ok) return response;
      const { status, headers } = response;
      // A body that breaks off takes nothing from what the status says.
      const body = await response.text().catch(() => "");
      throw httpFailure({ status, headers, body, wallTime: clock.wallTime() }, asked);
    },
  });
}

function failureOf(thrown: unknown, asked: Asked): Error {
  if (thrown instanceof LmError && thrown.provider !== undefined) return thrown;
  // The pure readers do not know who was asked.
  if (thrown instanceof LmError) {
    const { host, provider } = asked;
    const message = `${host} did not answer as the protocol says: ${thrown.message}`;
    return new LmError(message, { code: thrown.code, provider, details: { host } });
  }
  // An error in an event of a stream; those of whole answers never get this far.
  if (thrown instanceof APIError && thrown.error !== undefined) return errorInBody(thrown.error, asked);
  return transportFailure(thrown, "body", asked);
}

function endedEarly({ host, provider }: Asked): LmError {
  return new LmError(`${host} closed the connection in the middle of its answer`, {
    code: "connection",
    provider,
    details: { host, beforeFirstByte: false },
  });
}
