import { APIError, OpenAI } from "openai";
import type { ClientOptions } from "openai";
import type { Clock } from "../foundation/clock.ts";
import { MAX_TIMER_MS } from "../foundation/clock.ts";
import type { CallLifetime } from "./call-lifetime.ts";
import type { Endpoint } from "./openai-endpoint.ts";
import { errorInBody, httpFailure } from "./openai-failure.ts";
import type { Asked } from "./openai-failure.ts";
import type { ChatBody } from "./openai-request.ts";
import { watchedAnswer } from "./transport-answer.ts";
import type { Answer } from "./transport-answer.ts";
import { transportFailure } from "./transport-failure.ts";
import type { Transport } from "./transport.ts";

/** One request and what has come of it, as the pieces along the way see it. */
export interface ChatCall {
  readonly lifetime: CallLifetime;
  /** Once its headers have come. */
  answer: Answer | undefined;
}

/** The openai package as it is used here: it builds each request and reads event streams; the rest is ours. */
export interface ChatClient {
  /** The parsed body of a whole answer. */
  ask(body: ChatBody, call: ChatCall): Promise<unknown>;
  /** The parsed events of a streamed one. */
  events(body: ChatBody, call: ChatCall): Promise<AsyncIterator<unknown>>;
}

export interface ChatClientOptions {
  readonly endpoint: Endpoint;
  readonly asked: Asked;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly send: Send;
  readonly clock: Clock;
}

/** Makes one HTTP request. */
export type Send = (url: string, init: PackageInit, call: ChatCall) => Promise<Answer>;

/** What the package passes to `fetch`. */
export interface PackageInit {
  readonly method: string;
  readonly headers: Headers;
  readonly body?: string;
}

const PATH = "/chat/completions";

export function createChatClient({ endpoint, asked, headers, send, clock }: ChatClientOptions): ChatClient {
  const fetchAnswer = async (url: string, init: PackageInit & { readonly call: ChatCall }): Promise<Answer> => {
    const { call } = init;
    let answer: Answer;
    try {
      answer = await send(url, init, call);
    } catch (thrown) {
      throw transportFailure(thrown, "headers", asked);
    }
    call.answer = answer;
    if (answer.ok) return answer;
    const { status } = answer;
    // A body that breaks off takes nothing from what the status says.
    const body = await answer.text().catch(() => "");
    // Failures are read here: the package reads only OpenAI's own shape of them, and keeps what echoes the key.
    throw httpFailure({ status, headers: answer.headers, body, wallTime: clock.wallTime() }, asked);
  };
  const client = new OpenAI({
    apiKey: endpoint.apiKey,
    adminAPIKey: null,
    baseURL: endpoint.baseURL,
    organization: endpoint.organization,
    project: endpoint.project,
    ...(headers && { defaultHeaders: { ...headers } }),
    // The run that asked retries, and times out by its own clock.
    maxRetries: 0,
    timeout: MAX_TIMER_MS,
    // Nothing of ours writes to the console, whatever OPENAI_LOG says.
    logLevel: "off",
    // The package calls it with a string, and uses of a response what an answer has.
    fetch: fetchAnswer as unknown as NonNullable<ClientOptions["fetch"]>,
  });
  // `fetchOptions` reach `fetch` as they are: the way to tell it whose request it makes.
  const optionsOf = (body: ChatBody, call: ChatCall): object => ({ body, fetchOptions: { call } });

  return {
    async ask(body, call) {
      await client.post(PATH, optionsOf(body, call)).asResponse();
      // What resolved is the answer that was noted. The package's own reading of it costs timers and races.
      return JSON.parse((await call.answer?.text()) ?? "") as unknown;
    },
    async events(body, call) {
      const events = client.post(PATH, { ...optionsOf(body, call), stream: true });
      // With `stream` the package gives its iterable of events, which `post` itself does not know.
      return ((await events) as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    },
  };
}

/** Over connections of our own. */
export function sendOver(transport: Transport, endpoint: Endpoint): Send {
  const { origin } = new URL(endpoint.baseURL);
  return (url, { method, headers, body }, { lifetime }) => {
    const flat: string[] = [];
    for (const [name, value] of headers) flat.push(name, value);
    return transport.send({ path: url.slice(origin.length), method, headers: flat, body, watch: lifetime });
  };
}

/** Over somebody else's `fetch`, which does not say when it has a connection. */
export function sendWith(fetch: typeof globalThis.fetch): Send {
  return async (url, { method, headers, body }, { lifetime }) => {
    lifetime.sent();
    const response = await fetch(url, {
      method,
      headers,
      signal: lifetime.signal,
      ...(body !== undefined && { body }),
    });
    return watchedAnswer(response, lifetime);
  };
}

/** The error in an event of a stream, which the package throws in a wrapper of its own. */
export function errorInEvent(thrown: unknown, asked: Asked): Error | undefined {
  return thrown instanceof APIError && thrown.error !== undefined ? errorInBody(thrown.error, asked) : undefined;
}
