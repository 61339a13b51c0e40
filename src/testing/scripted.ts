import type { Clock } from "../foundation/clock.ts";
import { sleep, systemClock } from "../foundation/clock.ts";
import { checkNumber, checkOptions, FROM_0_MS, optionNames } from "../foundation/check-options.ts";
import { UsageError, asError, describe } from "../foundation/errors.ts";
import { leavable, type Reading } from "../foundation/leaving.ts";
import { checkCapabilities } from "../lm/capabilities.ts";
import { LmError, cancelledError, oneLine } from "../lm/failure.ts";
import type {
  LanguageModel,
  LmCallOptions,
  LmCapabilities,
  LmChunk,
  LmRequest,
  LmResponse,
  LmSpec,
} from "../lm/language-model.ts";
import { textOf } from "../lm/message.ts";
import { playReply, textPieces } from "./scripted-reply.ts";
import type { ScriptedAnswer, ScriptedReply } from "./scripted-reply.ts";

/** Both a spec (for `client({ lm })`) and a model (for `forward(program, inputs, { clients })`). */
export interface ScriptedModel extends LmSpec, LanguageModel {
  readonly provider: string;
  readonly model: string;
  /** Every request that came, in order, those that were cancelled or failed included. */
  readonly requests: readonly LmRequest[];
  /** Begins `requests` anew, for a test's next act or a run of hours. The script goes on where it was. */
  forget(): void;
  /** Requests that have begun and not ended. */
  readonly inFlight: number;
  open(): Promise<LanguageModel>;
}

export interface ScriptedOptions {
  /** Default `"scripted"`. */
  readonly provider?: string | undefined;
  /** Default `"scripted"`. */
  readonly model?: string | undefined;
  /** What `LanguageModel.identity` says. Default: none, and so no system's cache keeps its answers. */
  readonly identity?: string | undefined;
  /** Default: none of them. */
  readonly capabilities?: Partial<LmCapabilities> | undefined;
  /** How long each answer takes by `clock`; default 0. */
  readonly latencyMs?: number | undefined;
  /** Default: real time. */
  readonly clock?: Clock | undefined;
}

const NO_CAPABILITIES: LmCapabilities = Object.freeze({ schema: false, tools: false, prefill: false, grammar: false });

/**
 * A model that says what a test tells it to: one reply for each request, in order, or a function that answers any number
 * of them. Restarts of a client go on where the script was, and each incarnation is closed by itself.
 *
 * @throws UsageError (from `generate`) when there are more requests than replies: the test and the program disagree, and
 * no program should handle that
 */
export function scripted(
  replies: readonly ScriptedReply[] | ScriptedAnswer,
  options: ScriptedOptions = {},
): ScriptedModel {
  if (typeof replies !== "function" && !Array.isArray(replies)) {
    throw new UsageError(`scripted: expected a list of replies or a function, got ${describe(replies)}`);
  }
  checkOptions("scripted", options, OPTIONS);
  checkNumber("scripted", "latencyMs", options.latencyMs, FROM_0_MS);
  checkCapabilities("scripted", options.capabilities);
  const script: Script = {
    replies: typeof replies === "function" ? replies : Object.freeze([...replies]),
    requests: [],
    asked: 0,
    inFlight: new Set(),
    provider: options.provider ?? "scripted",
    model: options.model ?? "scripted",
    identity: options.identity,
    capabilities: Object.freeze({ ...NO_CAPABILITIES, ...options.capabilities }),
    latencyMs: options.latencyMs ?? 0,
    clock: options.clock ?? systemClock,
  };
  return Object.freeze({
    ...incarnation(script),
    kind: "lm" as const,
    get requests(): readonly LmRequest[] {
      return script.requests;
    },
    forget(): void {
      script.requests = [];
    },
    get inFlight(): number {
      return script.inFlight.size;
    },
    open: () => Promise.resolve(Object.freeze(incarnation(script))),
  });
}

const OPTIONS = optionNames<ScriptedOptions>({
  provider: true,
  model: true,
  identity: true,
  capabilities: true,
  latencyMs: true,
  clock: true,
});

interface Script {
  readonly replies: readonly ScriptedReply[] | ScriptedAnswer;
  requests: LmRequest[];
  /** How many requests have come. */
  asked: number;
  readonly inFlight: Set<object>;
  readonly provider: string;
  readonly model: string;
  readonly identity: string | undefined;
  readonly capabilities: LmCapabilities;
  readonly latencyMs: number;
  readonly clock: Clock;
}

function incarnation(script: Script): LanguageModel {
  const { provider, model, identity, capabilities } = script;
  const closing = new AbortController();

  const answer = async (
    request: LmRequest,
    callOptions: LmCallOptions = {},
    left?: AbortSignal,
  ): Promise<LmResponse> => {
    if (closing.signal.aborted) throw new LmError("scripted: the model is closed", { code: "client_down", provider });
    if (callOptions.signal?.aborted) throw cancelledError(callOptions.signal.reason, provider);
    const index = script.asked;
    script.asked += 1;
    const before = script.requests.at(-1);
    script.requests.push(request);
    const reply = replyAt(script, index, complaintIn(request, before));
    const call = {};
    script.inFlight.add(call);
    try {
      return await raceAbort([callOptions.signal, closing.signal, left], provider, async (signal) => {
        if (script.latencyMs > 0) await sleep(script.clock, script.latencyMs, signal);
        const played = await playReply(reply, request, index);
        return { ...played, model, id: `scripted-${index + 1}` };
      });
    } finally {
      script.inFlight.delete(call);
    }
  };

  async function* read(
    request: LmRequest,
    callOptions: LmCallOptions,
    reading: Reading,
  ): AsyncGenerator<LmChunk, void, undefined> {
    const left = new AbortController();
    reading.end = () => left.abort();
    let response: LmResponse;
    try {
      response = await answer(request, callOptions, left.signal);
    } catch (thrown) {
      if (reading.left) return;
      throw thrown;
    }
    for (const text of textPieces(response.completions[0]?.text ?? "")) {
      if (callOptions.signal?.aborted) throw cancelledError(callOptions.signal.reason, provider);
      if (closing.signal.aborted) throw cancelledError(closing.signal.reason, provider);
      yield { type: "text", text };
    }
    yield { type: "done", response };
  }

  return {
    provider,
    model,
    ...(identity !== undefined && { identity }),
    capabilities,
    generate: (request: LmRequest, options?: LmCallOptions) => answer(request, options),
    stream: (request: LmRequest, options: LmCallOptions = {}) => leavable((reading) => read(request, options, reading)),
    close(): Promise<void> {
      closing.abort(new Error("the model was closed"));
      return Promise.resolve();
    },
  };
}

/** What a program says of the answer before, where it asks again in the same conversation. */
function complaintIn({ messages }: LmRequest, before: LmRequest | undefined): string | undefined {
  const last = messages.at(-1);
  const again = before !== undefined && messages.length > before.messages.length && messages[0] === before.messages[0];
  return again && last !== undefined ? oneLine(textOf(last.content), 200) : undefined;
}

function replyAt({ replies }: Script, index: number, complaint: string | undefined): ScriptedReply {
  if (typeof replies === "function") return replies;
  const reply = replies[index];
  if (reply === undefined) {
    const count = replies.length === 1 ? "1 reply was" : `${replies.length} replies were`;
    const why = complaint === undefined ? "" : `; it says: ${complaint}`;
    throw new UsageError(`scripted: request ${index + 1} came, but only ${count} given${why}`);
  }
  return reply;
}

/** Runs the work until it ends or a signal aborts, whichever is first; what a cancelled script still says is dropped. */
async function raceAbort<T>(
  signals: readonly (AbortSignal | undefined)[],
  provider: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const listening: (() => void)[] = [];
  const aborted = new Promise<never>((_, reject) => {
    for (const signal of signals) {
      const onAbort = (): void => {
        reject(cancelledError(signal?.reason, provider));
        stop.abort(signal?.reason);
      };
      if (signal?.aborted) onAbort();
      signal?.addEventListener("abort", onAbort, { once: true });
      listening.push(() => signal?.removeEventListener("abort", onAbort));
    }
  });
  try {
    return await Promise.race([work(stop.signal), aborted]);
  } catch (thrown) {
    throw asError(thrown);
  } finally {
    for (const remove of listening) remove();
  }
}
