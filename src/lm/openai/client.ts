import { OpenAI } from "openai";
import type { Clock } from "../../foundation/clock.ts";
import { MAX_TIMER_MS } from "../../foundation/clock.ts";
import type { CallLifetime } from "../call-lifetime.ts";
import { WHOLE_BODY, eventsOf, readBody } from "./body.ts";
import type { ToldBody, ToldEvent } from "./body.ts";
import type { Endpoint } from "./endpoint.ts";
import { httpFailure } from "./failure.ts";
import type { AskedServer } from "./failure.ts";
import { isRedirect, redirected } from "./redirect.ts";
import type { Answer } from "../transport/answer.ts";
import { transportFailure } from "../transport/failure.ts";
import type { Transport } from "../transport/transport.ts";
import { watchedAnswer } from "../transport/watched-answer.ts";

/** One request and what has come of it, as the pieces along the way see it. */
export interface OpenAiCall {
  readonly lifetime: CallLifetime;
  /** Once its headers have come. */
  answer: Answer | undefined;
}

/** The openai package as it is used here: it knows the address and the headers. */
export interface OpenAiClient {
  /** The body of a whole answer. */
  ask(body: object, call: OpenAiCall): Promise<ToldBody>;
  /** The events of a streamed one. */
  events(body: object, call: OpenAiCall): Promise<AsyncIterator<ToldEvent, undefined>>;
}

export interface OpenAiClientOptions {
  readonly endpoint: Endpoint;
  readonly asked: AskedServer;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly send: Send;
  readonly clock: Clock;
  /** Where requests go, within the base URL: `/chat/completions`. */
  readonly path: string;
}

/** Makes one HTTP request. */
export type Send = (request: OpenAiHttpRequest, call: OpenAiCall) => Promise<Answer>;

export interface OpenAiHttpRequest {
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
}

export function createOpenAiClient({ endpoint, asked, headers, send, clock, path }: OpenAiClientOptions): OpenAiClient {
  const client = new OpenAI({
    apiKey: endpoint.apiKey,
    adminAPIKey: null,
    baseURL: endpoint.baseURL,
    organization: endpoint.organization,
    project: endpoint.project,
    ...(headers && { defaultHeaders: { ...headers } }),
    maxRetries: 0,
    timeout: MAX_TIMER_MS,
    // Nothing of ours writes to the console, whatever OPENAI_LOG says.
    logLevel: "off",
  });

  // The package builds a request once: nothing in its address and headers depends on the body. What it does around a
  // request (retries, timers, abort controllers, logs) is the run's and the transport's business here, and costs more
  // than all of theirs.
  let template: Promise<Omit<OpenAiHttpRequest, "body">> | undefined;
  const build = async (): Promise<Omit<OpenAiHttpRequest, "body">> => {
    const built = await client.buildRequest({ method: "post", path, body: {} });
    return { url: built.url, headers: new Headers(built.req.headers) };
  };

  const request = async (body: object, call: OpenAiCall): Promise<Answer> => {
    template ??= build();
    const { url, headers: built } = await template;
    let answer: Answer;
    try {
      answer = await send({ url, headers: built, body: written(body) }, call);
    } catch (thrown) {
      throw transportFailure(thrown, "headers", asked);
    }
    call.answer = answer;
    if (answer.ok) return answer;
    const { status } = answer;
    // A body that breaks off takes nothing from what the status says, and one without end adds nothing to it.
    const text = await answer.text({ first: ERROR_BYTES }).catch(() => "");
    if (isRedirect(status)) throw redirected({ status, headers: answer.headers, url }, asked);
    throw httpFailure({ status, headers: answer.headers, body: text, wallTime: clock.wallTime() }, asked);
  };

  return {
    ask: async (body, call) => readBody(await (await request(body, call)).text(WHOLE_BODY)),
    events: async (body, call) => eventsOf(await request(body, call)),
  };
}

/**
 * Halves of characters, as a text has them that was cut at a length, are written as U+FFFD: servers take the whole request
 * for damaged JSON otherwise.
 */
function written(body: object): string {
  const text = JSON.stringify(body);
  if (!text.includes("\\ud")) return text;
  // Nothing but a half is written as an escape of these. An even number of backslashes before it is text.
  return text.replaceAll(/(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g, "$1\uFFFD");
}

/** So much of an error's body is read: what it says is in the first lines, unless it repeats a long prompt before that. */
const ERROR_BYTES = 256 * 1_024;

/** Over connections of our own. */
export function sendOver(transport: Transport, endpoint: Endpoint): Send {
  const { origin } = new URL(endpoint.baseURL);
  return ({ url, headers, body }, { lifetime }) => {
    const flat: string[] = [];
    for (const [name, value] of headers) flat.push(name, value);
    return transport.send({ path: url.slice(origin.length), method: "POST", headers: flat, body, watch: lifetime });
  };
}

/** Over somebody else's `fetch`, which does not say when it has a connection. */
export function sendWith(fetch: typeof globalThis.fetch, maxAnswerBytes: number): Send {
  return async ({ url, headers, body }, { lifetime }) => {
    lifetime.sent();
    const { signal } = lifetime;
    // Each call has its own: its receiver may change them.
    const init = { method: "POST", headers: new Headers(headers), body, signal, redirect: "manual" } as const;
    const response = await fetch(url, init);
    return watchedAnswer(response, lifetime, maxAnswerBytes);
  };
}
