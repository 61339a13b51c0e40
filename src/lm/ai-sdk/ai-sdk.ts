import type { Clock } from "../../foundation/clock.ts";
import { systemClock } from "../../foundation/clock.ts";
import { ABOVE_0_BYTES, ABOVE_0_MS, checkNumber, checkOptions, optionNames } from "../../foundation/check-options.ts";
import { UsageError, describe } from "../../foundation/errors.ts";
import { leavable, type Reading } from "../../foundation/leaving.ts";
import { aiSdkFailure } from "./failure.ts";
import type { AiSdkModel } from "./model.ts";
import { bodyOf, sendable } from "./refused.ts";
import { writeCallOptions } from "./request.ts";
import { secretsOf } from "./secrets.ts";
import { readAiSdkPart, readAiSdkResult, type AiSdkAnswer } from "./response.ts";
import { checkCapabilities } from "../capabilities.ts";
import { beginCall, type CallDeadlines, type CallLifetime } from "../call-lifetime.ts";
import { LmError } from "../failure.ts";
import type {
  LanguageModel,
  LmCallOptions,
  LmCapabilities,
  LmChunk,
  LmCompletion,
  LmRequest,
  LmResponse,
  LmSpec,
  LmUsage,
} from "../language-model.ts";
import { NO_USAGE } from "../language-model.ts";
import type { LmToolCall } from "../message.ts";
import type { AskedServer } from "../openai/failure.ts";
import { makeRefused } from "../openai/refused.ts";
import { failedFinish, isFailed } from "../read-finish.ts";
import { memberOf } from "../read-json.ts";
import { redactor } from "../redact.ts";
import { withUsage } from "../told-usage.ts";
import { cutCompletion, stopCutter } from "../stop-strings.ts";
import { answerTooLong } from "../transport/failure.ts";

export interface FromAiSdkOptions {
  /** What the model can be held to; the SDK does not tell. Default: nothing, so that answers are asked for in plain text. */
  readonly capabilities?: Partial<LmCapabilities> | undefined;
  /**
   * What sets its answers apart from those of other models with the same provider and model: the base URL, settings. The
   * SDK does not tell. Default: none, and a system's cache keeps none of its answers.
   */
  readonly identity?: string | undefined;
  /** How long one request may take in all, its body included; default 600,000 ms. */
  readonly timeoutMs?: number | undefined;
  /** How long until the answer begins, or is there where it is not streamed. Default: as `timeoutMs`. */
  readonly firstByteTimeoutMs?: number | undefined;
  /** How long a streamed answer may pause. Default 60,000 ms. */
  readonly idleTimeoutMs?: number | undefined;
  /**
   * Most characters of one streamed answer: its text, reasoning and calls together. One that goes on beyond it is given up:
   * `malformed_response`, not retryable. Default 67,108,864. A whole answer is read by the provider's package, and so is
   * what comes between two parts of a stream: give the provider a `fetch` that knows a limit.
   */
  readonly maxAnswerBytes?: number | undefined;
  /** Default: real time. */
  readonly clock?: Clock | undefined;
}

const VERSIONS: readonly string[] = ["v2", "v3", "v4"];
const DEFAULT_TIMEOUT_MS = 600_000;
const DEFAULT_IDLE_TIMEOUT_MS = 60_000;
const DEFAULT_MAX_ANSWER_BYTES = 64 * 1_024 * 1_024;
const NOTHING: LmCapabilities = Object.freeze({ schema: false, tools: false, prefill: false, grammar: false });

/**
 * Any language model of the AI SDK (`mistral("…")`, `createOpenAI(…)("…")`: specification 4, 3 or 2) as a client's model.
 * One request for each `generate`: the model's own retries are the `ai` package's, which is not used. Keys stay with the
 * provider's package, which reads them when it makes a request.
 *
 * What of a request is not sent, since the SDK has no word for it: `n` (there is one completion), `logprobs`,
 * `parallelToolCalls`, `repeatPenalty` and `grammar`; before specification 4 also `reasoningEffort`, and files by their id.
 *
 * @throws UsageError for what is no such model, and for options that make no sense
 */
export function fromAiSdk(model: AiSdkModel, options: FromAiSdkOptions = {}): LmSpec {
  checkModel(model);
  checkOptions("fromAiSdk", options, OPTIONS);
  for (const name of ["timeoutMs", "firstByteTimeoutMs", "idleTimeoutMs"] as const)
    checkNumber("fromAiSdk", name, options[name], ABOVE_0_MS);
  checkNumber("fromAiSdk", "maxAnswerBytes", options.maxAnswerBytes, ABOVE_0_BYTES);
  checkCapabilities("fromAiSdk", options.capabilities);
  const { provider, modelId } = model;
  return Object.freeze({
    kind: "lm",
    provider,
    model: modelId,
    open: () => Promise.resolve(openAiSdk(model, options)),
  });
}

const OPTIONS = optionNames<FromAiSdkOptions>({
  capabilities: true,
  identity: true,
  timeoutMs: true,
  firstByteTimeoutMs: true,
  idleTimeoutMs: true,
  maxAnswerBytes: true,
  clock: true,
});

function openAiSdk(source: AiSdkModel, options: FromAiSdkOptions): LanguageModel {
  const { provider, modelId } = source;
  const clock = options.clock ?? systemClock;
  const deadlines = deadlinesOf(options);
  const { maxAnswerBytes = DEFAULT_MAX_ANSWER_BYTES } = options;
  // The SDK does not tell the host; its providers are called by name.
  const asked: AskedServer = {
    provider,
    model: modelId,
    host: provider,
    keyName: `${provider}'s key`,
    redact: redactor([]),
  };
  const refused = makeRefused();
  const inFlight = new Set<CallLifetime>();
  let closed = false;
  let answered = 0;

  const begin = (signal: AbortSignal | undefined): CallLifetime => {
    if (closed) throw new LmError("the model was closed", { code: "client_down", provider });
    const call = beginCall({ clock, deadlines, signal, host: provider, provider });
    inFlight.add(call);
    call.sent();
    return call;
  };
  const finish = (call: CallLifetime): void => {
    inFlight.delete(call);
    call.end();
  };
  const responseOf = (
    completion: LmCompletion,
    { usage, model, id }: Pick<AiSdkAnswer, "usage" | "model" | "id">,
  ): LmResponse => ({
    completions: [completion],
    usage,
    model: model ?? modelId,
    id: id ?? `${provider}-${(answered += 1)}`,
  });
  const failureOf = (thrown: unknown, sent: LmRequest): LmError | UsageError => {
    if (thrown instanceof UsageError) return thrown;
    const told = { ...asked, redact: redactor(secretsOf(source)) };
    const failure = aiSdkFailure(thrown, told, clock.wallTime());
    return refused.learn(failure, bodyOf(sent, modelId), undefined);
  };

  const generate = async (asks: LmRequest, { signal }: LmCallOptions = {}): Promise<LmResponse> => {
    const call = begin(signal);
    const request = sendable(asks, refused);
    let usage: LmUsage | undefined;
    try {
      const callOptions = { ...writeCallOptions(request, source), abortSignal: call.signal };
      const result = await call.race(invoke(() => source.doGenerate(callOptions)));
      const answer = readAiSdkResult(result, request.responseFormat !== undefined);
      usage = answer.usage;
      return responseOf(completionOf(answer, asks.stop, asked), answer);
    } catch (thrown) {
      throw failureOf(withUsage(thrown, usage), request);
    } finally {
      finish(call);
    }
  };

  async function* read(
    asks: LmRequest,
    { signal }: LmCallOptions,
    reading: Reading,
  ): AsyncGenerator<LmChunk, void, undefined> {
    const request = sendable(asks, refused);
    if (request.n !== undefined && request.n !== 1) throw new UsageError(`stream: n must be 1, got ${request.n}`);
    const call = begin(signal);
    const end = (): void => call.cancel(new Error("the loop was left"));
    reading.end = end;
    const seen = nothingSeen();
    let opening: Promise<{ readonly stream: ReadableStream<unknown> }> | undefined;
    let reader: ReadableStreamDefaultReader<unknown> | undefined;
    try {
      const callOptions = { ...writeCallOptions(request, source), abortSignal: call.signal };
      opening = invoke(() => source.doStream(callOptions));
      reader = (await call.race(opening)).stream.getReader();
      const cutter = stopCutter(asks.stop);
      let came = 0;
      for (;;) {
        if (seen.finish !== INTERRUPTED) call.settle(BEHIND_END_MS);
        const { done, value } = await nextPart(reader, call, seen);
        if (done) break;
        call.received();
        came += lengthOf(value);
        if (came > maxAnswerBytes) throw answerTooLong(maxAnswerBytes, asked);
        const part = readAiSdkPart(value);
        if (part.type === "error") throw part.error;
        if (part.type === "about") Object.assign(seen, { model: part.model, id: part.id });
        if (part.type === "finish") Object.assign(seen, { finish: part.finish, usage: part.usage });
        if (part.type === "tool_call") seen.toolCalls.push(part.call);
        if (part.type === "reasoning") seen.reasoning += part.text;
        if (part.type !== "text") continue;
        seen.text += part.text;
        const text = cutter.push(part.text);
        if (text === "") continue;
        call.hold();
        yield { type: "text", text };
        call.resume();
      }
      const rest = cutter.end();
      const completion = completionOf(cutter.cut ? { ...seen, finish: STOPPED } : seen, asks.stop, asked);
      call.hold();
      if (rest !== "") yield { type: "text", text: rest };
      yield { type: "done", response: responseOf(completion, seen) };
    } catch (thrown) {
      if (reading.left) return;
      throw failureOf(withUsage(thrown, seen.usage), request);
    } finally {
      // Once the answer is whole, this changes nothing.
      end();
      void cancelStream(opening, reader);
      finish(call);
    }
  }

  return Object.freeze({
    provider,
    model: modelId,
    ...(options.identity !== undefined && { identity: options.identity }),
    capabilities: Object.freeze({ ...NOTHING, ...options.capabilities }),
    generate,
    stream: (request: LmRequest, options: LmCallOptions = {}) => leavable((reading) => read(request, options, reading)),
    close(): Promise<void> {
      closed = true;
      for (const call of inFlight) call.cancel(new Error("the model was closed"));
      return Promise.resolve();
    },
  });
}

/** How long a stream may stay open behind its last part, in ms, before it is left. */
const BEHIND_END_MS = 250;

/** Once an answer is whole, neither a stream that stays open nor one that breaks takes anything from it. */
async function nextPart(
  reader: ReadableStreamDefaultReader<unknown>,
  call: CallLifetime,
  seen: StreamSoFar,
): Promise<{ readonly done: boolean; readonly value?: unknown }> {
  try {
    return await call.race(reader.read());
  } catch (thrown) {
    const isOver = !(thrown instanceof LmError) || thrown.code === "timeout";
    if (isOver && seen.finish !== INTERRUPTED) return { done: true, value: undefined };
    throw thrown;
  }
}

/** Of the text in a part of a stream, whatever it is for. */
function lengthOf(part: unknown): number {
  const text = memberOf(part, "delta") ?? memberOf(part, "input");
  return typeof text === "string" ? text.length : 0;
}

interface StreamSoFar {
  text: string;
  readonly toolCalls: LmToolCall[];
  reasoning: string;
  finish: AiSdkAnswer["finish"];
  usage: AiSdkAnswer["usage"];
  model: string | undefined;
  id: string | undefined;
}

const INTERRUPTED: AiSdkAnswer["finish"] = Object.freeze({ finish: "interrupted", word: "" });
const STOPPED: AiSdkAnswer["finish"] = Object.freeze({ finish: "stop", word: "stop" });

function nothingSeen(): StreamSoFar {
  const about = { usage: NO_USAGE, model: undefined, id: undefined };
  return { text: "", toolCalls: [], reasoning: "", finish: INTERRUPTED, ...about };
}

/** Also of a stream that is opened only now, by a package that minds no signal. Nobody is left to hear of a failure. */
async function cancelStream(
  opening: Promise<{ readonly stream: ReadableStream<unknown> }> | undefined,
  reader: ReadableStreamDefaultReader<unknown> | undefined,
): Promise<void> {
  try {
    await (reader ?? (await opening)?.stream)?.cancel();
  } catch {
    // It had ended, or never came to be.
  }
}

/** A package's function that throws at once is one that rejects. */
async function invoke<T>(call: () => PromiseLike<T>): Promise<T> {
  return call();
}

/** @throws LmError where the answer ended in a failure */
function completionOf(
  { text, finish: end, toolCalls, reasoning }: Pick<AiSdkAnswer, "text" | "finish" | "toolCalls" | "reasoning">,
  stop: readonly string[] | undefined,
  { host, provider }: AskedServer,
): LmCompletion {
  const { finish, word } = end;
  if (finish === "interrupted")
    throw new LmError(`${host} closed the connection in the middle of its answer`, {
      code: "connection",
      provider,
      details: { host, beforeFirstByte: false },
    });
  if (isFailed(finish)) throw failedFinish(finish, word);
  const completion: LmCompletion = {
    text,
    // Where a tool was named that must be called, some say that the model was done.
    finishReason: finish === "stop" && toolCalls.length > 0 ? "tool_calls" : finish,
    ...(toolCalls.length > 0 && { toolCalls }),
    ...(reasoning !== "" && { reasoning }),
  };
  return cutCompletion(completion, stop);
}

function deadlinesOf(options: FromAiSdkOptions): CallDeadlines {
  const totalMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  return {
    totalMs,
    // Connecting is the package's affair, and part of waiting for the first byte.
    connectMs: Infinity,
    firstByteMs: options.firstByteTimeoutMs ?? totalMs,
    idleMs: options.idleTimeoutMs ?? DEFAULT_IDLE_TIMEOUT_MS,
  };
}

function checkModel(model: unknown): void {
  const like = (typeof model === "object" || typeof model === "function") && model !== null ? model : undefined;
  const version = like !== undefined && "specificationVersion" in like ? like.specificationVersion : undefined;
  const isModel =
    like !== undefined &&
    ["provider", "modelId"].every((name) => typeof (like as Record<string, unknown>)[name] === "string") &&
    ["doGenerate", "doStream"].every((name) => typeof (like as Record<string, unknown>)[name] === "function");
  if (!isModel) {
    const hint = typeof model === "string" ? ": a name alone needs a provider's package to make it one" : "";
    throw new UsageError(`fromAiSdk: expected a language model of the AI SDK, got ${describe(model)}${hint}`);
  }
  if (!VERSIONS.includes(String(version)))
    throw new UsageError(`fromAiSdk: the model is of specification ${describe(version)}; known are v2, v3 and v4`);
}
