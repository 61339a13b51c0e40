import type { Clock } from "../../foundation/clock.ts";
import { UsageError } from "../../foundation/errors.ts";
import { leavable, leave, type Reading } from "../../foundation/leaving.ts";
import { beginCall } from "../call-lifetime.ts";
import type { CallDeadlines, CallLifetime } from "../call-lifetime.ts";
import { LmError, withFacts } from "../failure.ts";
import type { LanguageModel, LmCallOptions, LmChunk, LmRequest, LmResponse } from "../language-model.ts";
import { isRecord, memberOf } from "../read-json.ts";
import { withUsage } from "../told-usage.ts";
import type { ToldBody, ToldEvent } from "./body.ts";
import type { OpenAiCall, OpenAiClient } from "./client.ts";
import { errorInBody, requestIdIn } from "./failure.ts";
import type { AskedServer } from "./failure.ts";
import type { BodySettings, EventReader, OpenAiProtocol, OpenAiAnswer } from "./protocol.ts";
import type { OpenAiBody } from "./refused.ts";
import { makeRefused } from "./refused.ts";
import { readRateLimit } from "../limits/rate-limit.ts";
import { cutCompletion, stopCutter } from "../stop-strings.ts";
import type { Answer } from "../transport/answer.ts";
import { transportFailure } from "../transport/failure.ts";
import { readUsage } from "./usage.ts";

export interface OpenAiModelParts {
  readonly client: OpenAiClient;
  readonly protocol: OpenAiProtocol;
  readonly settings: Omit<BodySettings, "refused">;
  readonly asked: AskedServer;
  readonly deadlines: CallDeadlines;
  readonly clock: Clock;
  /** Frees the connections. */
  readonly closeTransport: () => Promise<void>;
}

/** The language model over one of OpenAI's protocols: one request for each `generate`, within its deadlines. */
export function openAiModel(parts: OpenAiModelParts): LanguageModel {
  const { client, protocol, asked, deadlines, clock } = parts;
  const { model, capabilities, extraBody } = parts.settings;
  const { provider, host } = asked;
  const refused = makeRefused();
  const settings: BodySettings = { ...parts.settings, refused };
  const told: ToldError = { asked, failure: (error) => errorInBody(error, asked, clock.wallTime()) };
  const inFlight = new Set<OpenAiCall>();
  let closed = false;
  let answered = 0;

  const begin = ({ signal, onFirstByte }: LmCallOptions): OpenAiCall => {
    if (closed) throw new LmError("the model was closed", { code: "client_down", provider });
    const lifetime = beginCall({ clock, deadlines, host, provider, signal, onFirstByte });
    const call: OpenAiCall = { lifetime, answer: undefined };
    inFlight.add(call);
    return call;
  };
  const finish = (call: OpenAiCall): void => {
    inFlight.delete(call);
    call.lifetime.end();
  };
  const responseOf = (read: OpenAiAnswer, { answer }: OpenAiCall, stop: readonly string[]): LmResponse => ({
    completions: read.completions.map((completion) => cutCompletion(completion, stop)),
    usage: read.usage,
    model: read.model ?? model,
    id: read.id ?? `${provider}-${(answered += 1)}`,
    ...limitsOf(answer, clock.wallTime()),
  });
  const failed = (thrown: unknown, call: OpenAiCall, sent: OpenAiBody | undefined): Error => {
    const failure = failureOf(thrown, call, asked, clock.wallTime());
    return failure instanceof LmError && sent !== undefined ? refused.learn(failure, sent, extraBody) : failure;
  };

  const generate = async (request: LmRequest, options: LmCallOptions = {}): Promise<LmResponse> => {
    const call = begin(options);
    let sent: OpenAiBody | undefined;
    try {
      sent = protocol.write(request, settings, false);
      const body = await call.lifetime.race(client.ask(sent, call));
      return responseOf(readWhole(body, protocol, told), call, stopHere(request, sent));
    } catch (thrown) {
      throw failed(thrown, call, sent);
    } finally {
      finish(call);
    }
  };

  async function* read(
    request: LmRequest,
    options: LmCallOptions,
    reading: Reading,
  ): AsyncGenerator<LmChunk, void, undefined> {
    if (request.n !== undefined && request.n !== 1) throw new UsageError(`stream: n must be 1, got ${request.n}`);
    const call = begin(options);
    const { lifetime } = call;
    // Closes the socket.
    const end = (): void => lifetime.cancel(new Error("the loop was left"));
    reading.end = end;
    let sent: OpenAiBody | undefined;
    let reader: EventReader | undefined;
    let events: AsyncIterator<ToldEvent, undefined> | undefined;
    try {
      sent = protocol.write(request, settings, true);
      events = await lifetime.race(client.events(sent, call));
      const stop = stopHere(request, sent);
      const cutter = stopCutter(stop);
      reader = protocol.readEvents();
      for (;;) {
        if (reader.whole !== "no") lifetime.settle(reader.whole === "told" ? BEHIND_ALL_MS : BEHIND_END_MS);
        const event = await nextEvent(events, lifetime, reader);
        if (event === undefined) break;
        const text = cutter.push(pushEvent(event, reader, protocol, told));
        if (text === "") continue;
        lifetime.hold();
        yield { type: "text", text };
        lifetime.resume();
      }
      // The events end quietly where the connection is closed between two of them.
      const read = reader.end();
      if (read === undefined) throw endedEarly(asked);
      const rest = cutter.end();
      lifetime.hold();
      if (rest !== "") yield { type: "text", text: rest };
      yield { type: "done", response: responseOf(read, call, stop) };
    } catch (thrown) {
      if (reading.left) return;
      throw failed(withUsage(thrown, reader?.usage), call, sent);
    } finally {
      // Once the answer is whole, this changes nothing.
      end();
      if (events !== undefined) leave(events);
      finish(call);
    }
  }

  return Object.freeze({
    provider,
    model,
    capabilities,
    generate,
    stream: (request: LmRequest, options: LmCallOptions = {}) => leavable((reading) => read(request, options, reading)),
    close(): Promise<void> {
      closed = true;
      for (const { lifetime } of inFlight) lifetime.cancel(new Error("the model was closed"));
      return parts.closeTransport();
    },
  });
}

/** How long the usage may come behind the end of an answer, in ms, where the connection stays open. */
const BEHIND_END_MS = 2_000;
/** How long a connection has to end behind all that is told, in ms, before it is given up: kept, it is used again. */
const BEHIND_ALL_MS = 250;

/** Who was asked, and the failure that an error in an answer means. */
interface ToldError {
  readonly asked: AskedServer;
  failure(error: unknown): LmError;
}

/** An answer that was not asked for in pieces, and may come in them all the same. */
function readWhole(body: ToldBody, protocol: OpenAiProtocol, told: ToldError): OpenAiAnswer {
  if ("whole" in body) {
    try {
      const error = protocol.errorIn(body.whole);
      if (error !== undefined) throw told.failure(error);
      return protocol.read(body.whole);
    } catch (thrown) {
      throw withUsage(thrown, isRecord(body.whole) ? readUsage(body.whole) : undefined);
    }
  }
  const reader = protocol.readEvents();
  try {
    for (const event of body.events) pushEvent(event, reader, protocol, told);
    const read = reader.end();
    if (read === undefined) throw endedEarly(told.asked);
    return read;
  } catch (thrown) {
    throw withUsage(thrown, reader.usage);
  }
}

/** The text that an event adds. @throws LmError for one that tells of a failure */
function pushEvent(
  { value, isError }: ToldEvent,
  reader: EventReader,
  protocol: OpenAiProtocol,
  told: ToldError,
): string {
  const error = protocol.errorIn(value) ?? (isError ? value : undefined);
  if (error !== undefined) {
    const about = memberOf(value, "response") ?? value;
    throw withUsage(told.failure(error), isRecord(about) ? readUsage(about) : undefined);
  }
  return reader.push(value);
}

/** Once an answer is whole, neither a connection that stays open nor one that breaks takes anything from it. */
async function nextEvent(
  events: AsyncIterator<ToldEvent, undefined>,
  lifetime: CallLifetime,
  reader: EventReader,
): Promise<ToldEvent | undefined> {
  try {
    const { done, value } = await lifetime.race(events.next());
    return done === true ? undefined : value;
  } catch (thrown) {
    const isOver = !(thrown instanceof LmError) || thrown.code === "timeout";
    if (isOver && reader.whole !== "no") return undefined;
    throw thrown;
  }
}

/** The stop strings that the server has not been told: reasoning models and some protocols take none. */
function stopHere({ stop = [] }: LmRequest, sent: OpenAiBody): readonly string[] {
  const told = sent["stop"];
  return stop.filter((each) => !(Array.isArray(told) ? told.includes(each) : told === each));
}

function limitsOf(answer: Answer | undefined, wallTime: number): Pick<LmResponse, "rateLimit"> {
  const rateLimit = answer && readRateLimit(answer.headers, wallTime);
  return rateLimit === undefined ? {} : { rateLimit };
}

/** Every failure of a call, with who was asked and what is known of the answer that had begun. */
export function failureOf(thrown: unknown, { answer }: OpenAiCall, asked: AskedServer, wallTime: number): Error {
  const { provider, host } = asked;
  const failure = transportFailure(thrown, "body", asked);
  if (!(failure instanceof LmError)) return failure;
  const requestId = answer && requestIdIn(answer.headers);
  const about = { provider, ...(answer && { status: answer.status }), ...(requestId && { requestId }) };
  if (failure.provider !== undefined)
    return answer === undefined ? failure : withFacts(failure, { ...about, ...limitsOf(answer, wallTime) });
  // The pure writers and readers do not know who was asked.
  if (failure.code === "bad_request") return withFacts(failure, about);
  const { code, retryable, details } = failure;
  const message =
    details["finishReason"] === undefined
      ? `${host} did not answer as the protocol says: ${failure.message}`
      : `${host} ${failure.message}`;
  return new LmError(message, { code, retryable, ...about, details: { host, ...details } });
}

function endedEarly({ host, provider }: AskedServer): LmError {
  return new LmError(`${host} closed the connection in the middle of its answer`, {
    code: "connection",
    provider,
    details: { host, beforeFirstByte: false },
  });
}
