import type { Clock } from "../foundation/clock.ts";
import { UsageError } from "../foundation/errors.ts";
import { beginCall } from "./call-lifetime.ts";
import type { CallDeadlines } from "./call-lifetime.ts";
import { LmError, withFacts } from "./failure.ts";
import type {
  LanguageModel,
  LmCallOptions,
  LmChunk,
  LmFinishReason,
  LmRequest,
  LmResponse,
  LmUsage,
} from "./language-model.ts";
import { NO_USAGE } from "./language-model.ts";
import { errorInEvent } from "./openai-client.ts";
import type { ChatCall, ChatClient } from "./openai-client.ts";
import { errorInBody } from "./openai-failure.ts";
import type { Asked } from "./openai-failure.ts";
import { writeChatBody } from "./openai-request.ts";
import type { ChatBodySettings } from "./openai-request.ts";
import { isRecord, readChunk, readResponse } from "./openai-response.ts";
import { readRateLimit } from "./rate-limit.ts";
import { cutAtStop, stopCutter } from "./stop-strings.ts";
import type { Answer } from "./transport-answer.ts";
import { transportFailure } from "./transport-failure.ts";

export interface ChatModelParts {
  readonly client: ChatClient;
  readonly settings: ChatBodySettings;
  readonly asked: Asked;
  readonly deadlines: CallDeadlines;
  readonly clock: Clock;
  /** Frees the connections. */
  readonly closeTransport: () => Promise<void>;
}

/** The language model over a chat client: one request for each `generate`, within its deadlines. */
export function chatModel(parts: ChatModelParts): LanguageModel {
  const { client, settings, asked, deadlines, clock } = parts;
  const { model, capabilities } = settings;
  const { provider, host } = asked;
  const inFlight = new Set<ChatCall>();
  let closed = false;
  let answered = 0;

  const begin = (signal: AbortSignal | undefined): ChatCall => {
    if (closed) throw new LmError("the model was closed", { code: "client_down", provider });
    const lifetime = beginCall({ clock, deadlines, host, provider, signal });
    const call: ChatCall = { lifetime, answer: undefined };
    inFlight.add(call);
    return call;
  };
  const finish = (call: ChatCall): void => {
    inFlight.delete(call);
    call.lifetime.end();
  };
  const ownId = (): string => `${provider}-${(answered += 1)}`;
  // A reasoning model takes no stop strings.
  const stopHere = (request: LmRequest): readonly string[] => (settings.reasoning ? (request.stop ?? []) : []);

  const generate = async (request: LmRequest, { signal }: LmCallOptions = {}): Promise<LmResponse> => {
    const call = begin(signal);
    try {
      const body = await call.lifetime.race(client.ask(writeChatBody(request, settings, false), call));
      if (isRecord(body) && isRecord(body["error"])) throw errorInBody(body["error"], asked);
      const read = readResponse(body);
      const stop = stopHere(request);
      return {
        completions: read.completions.map((completion) => {
          const { text, cut } = cutAtStop(completion.text, stop);
          return cut ? { text, finishReason: "stop" } : completion;
        }),
        usage: read.usage,
        model: read.model ?? model,
        id: read.id ?? ownId(),
        ...limitsOf(call.answer),
      };
    } catch (thrown) {
      throw failureOf(thrown, call, asked);
    } finally {
      finish(call);
    }
  };

  async function* stream(request: LmRequest, { signal }: LmCallOptions = {}): AsyncGenerator<LmChunk> {
    if (request.n !== undefined && request.n !== 1) throw new UsageError(`stream: n must be 1, got ${request.n}`);
    const call = begin(signal);
    const { lifetime } = call;
    try {
      const events = await lifetime.race(client.events(writeChatBody(request, settings, true), call));
      const cutter = stopCutter(stopHere(request));
      const seen: StreamSoFar = { text: "", finishReason: undefined, usage: NO_USAGE, model: undefined, id: undefined };
      for (;;) {
        const { done, value } = await lifetime.race(events.next());
        if (done === true) break;
        const chunk = readChunk(value);
        seen.finishReason ??= chunk.finishReason;
        seen.usage = chunk.usage ?? seen.usage;
        seen.model ??= chunk.model;
        seen.id ??= chunk.id;
        const text = cutter.push(chunk.text);
        seen.text += text;
        if (text === "") continue;
        lifetime.hold();
        yield { type: "text", text };
        lifetime.resume();
      }
      // The package ends quietly when the connection closes between two events.
      if (seen.finishReason === undefined) throw endedEarly(asked);
      const rest = cutter.end();
      seen.text += rest;
      lifetime.hold();
      if (rest !== "") yield { type: "text", text: rest };
      const completion = { text: seen.text, finishReason: cutter.cut ? ("stop" as const) : seen.finishReason };
      const { usage } = seen;
      const about = { usage, model: seen.model ?? model, id: seen.id ?? ownId(), ...limitsOf(call.answer) };
      yield { type: "done", response: { completions: [completion], ...about } };
    } catch (thrown) {
      throw failureOf(thrown, call, asked);
    } finally {
      // Closes the socket when the loop was left early; changes nothing once the answer is whole.
      lifetime.cancel(new Error("the loop was left"));
      finish(call);
    }
  }

  return Object.freeze({
    provider,
    model,
    capabilities,
    generate,
    stream,
    close(): Promise<void> {
      closed = true;
      for (const { lifetime } of inFlight) lifetime.cancel(new Error("the model was closed"));
      return parts.closeTransport();
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

function limitsOf(answer: Answer | undefined): Pick<LmResponse, "rateLimit"> {
  const rateLimit = answer && readRateLimit(answer.headers);
  return rateLimit === undefined ? {} : { rateLimit };
}

/** Every failure of a call, with who was asked and what is known of the answer that had begun. */
export function failureOf(thrown: unknown, { answer }: ChatCall, asked: Asked): Error {
  const { provider, host } = asked;
  const failure = errorInEvent(thrown, asked) ?? transportFailure(thrown, "body", asked);
  if (!(failure instanceof LmError)) return failure;
  const requestId = answer?.headers.get("x-request-id") ?? undefined;
  const about = { provider, ...(answer && { status: answer.status }), ...(requestId && { requestId }) };
  if (failure.provider !== undefined)
    return answer === undefined ? failure : withFacts(failure, { ...about, ...limitsOf(answer) });
  // The pure readers do not know who was asked.
  const message = `${host} did not answer as the protocol says: ${failure.message}`;
  return new LmError(message, { code: failure.code, ...about, details: { host } });
}

function endedEarly({ host, provider }: Asked): LmError {
  return new LmError(`${host} closed the connection in the middle of its answer`, {
    code: "connection",
    provider,
    details: { host, beforeFirstByte: false },
  });
}
