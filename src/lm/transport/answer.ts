import type { IncomingHttpHeaders } from "node:http";

/** What the transport tells of an exchange as it goes, and how it hears that nobody waits any more. */
export interface ExchangeWatch {
  /** A connection is asked for. */
  connecting(): void;
  /** The connection is there, and the request goes out. */
  sent(): void;
  /** Something of the answer came. */
  received(): void;
  /** `abort` is to be called when the exchange is given up; at once, when it has been already. */
  onGivenUp(abort: (reason: Error) => void): void;
}

/** The part of `Headers` that readers of answers use. */
export interface AnswerHeaders extends Iterable<[string, string]> {
  get(name: string): string | null;
  has(name: string): boolean;
  entries(): IterableIterator<[string, string]>;
}

/**
 * A light `Response`: what an HTTP client for JSON and event streams needs of one, without the streams and the header
 * lists of the standard's, which cost more than the request itself.
 */
export interface Answer {
  readonly ok: boolean;
  readonly status: number;
  readonly url: string;
  readonly headers: AnswerHeaders;
  /** As it comes; read it or call `text`, not both. Leaving the loop closes the connection. */
  readonly body: AsyncIterable<Uint8Array>;
  text(): Promise<string>;
  json(): Promise<unknown>;
}

/** The side of an exchange that undici's dispatchers talk to. */
export interface ExchangeHandler {
  onRequestStart(controller: ExchangeController): void;
  onResponseStart(controller: ExchangeController, status: number, headers: IncomingHttpHeaders): void;
  onResponseData(controller: ExchangeController, chunk: Buffer): void;
  onResponseEnd(): void;
  onResponseError(controller: ExchangeController | null, error: Error): void;
}

export interface ExchangeController {
  readonly paused: boolean;
  abort(reason: Error): void;
  pause(): void;
  resume(): void;
}

export interface Exchange {
  readonly handler: ExchangeHandler;
  /** Resolves when the headers are there. */
  readonly answer: Promise<Answer>;
  /** Fails the answer, or what is still to come of it. Does nothing once it is whole. */
  fail(error: Error): void;
}

export interface ExchangeOptions {
  readonly url: string;
  readonly watch: ExchangeWatch | undefined;
  /** Closes the connection of an answer that nobody reads to its end. */
  readonly abort: (reason: Error) => void;
  /** Called once, when the exchange is over in whatever way. */
  readonly over: () => void;
}

/** Beyond this much of a body that nobody has asked for, the connection is told to wait. */
const HIGH_WATER = 256 * 1024;

/** Turns a dispatcher's callbacks into an answer. */
export function beginExchange({ url, watch, abort, over }: ExchangeOptions): Exchange {
  let controller: ExchangeController | undefined;
  const chunks: Buffer[] = [];
  let buffered = 0;
  /** `whole`: everything is kept, since somebody waits for the end of it. */
  let reading: "nobody" | "whole" | "piecewise" = "nobody";
  let finished = false;
  let failure: Error | undefined;
  let wake: (() => void) | undefined;
  let resolveAnswer: (answer: Answer) => void;
  let rejectAnswer: (error: Error) => void;
  const answer = new Promise<Answer>((resolve, reject) => {
    resolveAnswer = resolve;
    rejectAnswer = reject;
  });

  const finish = (error: Error | undefined): void => {
    if (finished) return;
    finished = true;
    failure = error;
    // Does nothing when the headers have come.
    if (error !== undefined) rejectAnswer(error);
    wake?.();
    over();
  };
  const nextChange = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });
  const take = (): Buffer | undefined => {
    const chunk = chunks.shift();
    if (chunk !== undefined) buffered -= chunk.length;
    if (buffered < HIGH_WATER && controller?.paused === true) controller.resume();
    return chunk;
  };

  const text = async (): Promise<string> => {
    reading = "whole";
    if (controller?.paused === true) controller.resume();
    // Read so, nothing but the end wakes it.
    if (!finished) await nextChange();
    if (failure !== undefined) throw failure;
    return decode(chunks.splice(0));
  };

  const body = (): AsyncIterator<Uint8Array> => ({
    async next() {
      reading = "piecewise";
      for (;;) {
        const chunk = take();
        if (chunk !== undefined) return { done: false, value: chunk };
        if (failure !== undefined) throw failure;
        if (finished) return { done: true, value: undefined };
        await nextChange();
      }
    },
    async return() {
      if (!finished) abort(new Error("the answer was left"));
      return { done: true, value: undefined };
    },
  });

  const handler: ExchangeHandler = {
    onRequestStart(given) {
      controller = given;
      watch?.sent();
    },
    onResponseStart(_controller, status, headers) {
      // 100 and its like come before the answer.
      if (status < 200) return;
      watch?.received();
      resolveAnswer({
        ok: status < 300,
        status,
        url,
        headers: answerHeaders(headers),
        body: { [Symbol.asyncIterator]: body },
        text,
        json: async () => JSON.parse(await text()) as unknown,
      });
    },
    onResponseData(given, chunk) {
      watch?.received();
      chunks.push(chunk);
      buffered += chunk.length;
      if (reading !== "whole") {
        if (buffered > HIGH_WATER) given.pause();
        wake?.();
      }
    },
    onResponseEnd: () => finish(undefined),
    onResponseError: (_controller, error) => finish(error),
  };
  return { handler, answer, fail: finish };
}

function decode(chunks: readonly Buffer[]): string {
  const [first] = chunks;
  const bytes = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
  const text = bytes.toString("utf8");
  // A byte order mark is no part of the text.
  return text.charCodeAt(0) === 0xfe_ff ? text.slice(1) : text;
}

/** Headers by lower-case name, which is how undici writes them; those sent more than once are joined. */
export function answerHeaders(raw: IncomingHttpHeaders): AnswerHeaders {
  const join = (value: string | readonly string[] | undefined): string | null =>
    value === undefined ? null : typeof value === "string" ? value : value.join(", ");
  function* entries(): Generator<[string, string], undefined> {
    for (const name of Object.keys(raw)) {
      const value = join(raw[name]);
      if (value !== null) yield [name, value];
    }
  }
  return {
    get: (name) => join(raw[name.toLowerCase()]),
    has: (name) => raw[name.toLowerCase()] !== undefined,
    entries,
    [Symbol.iterator]: entries,
  };
}

/** A standard response as an answer whose pieces are noticed as they come. */
export function watchedAnswer(response: Response, watch: ExchangeWatch): Answer {
  watch.received();
  async function* pieces(): AsyncGenerator<Uint8Array, undefined> {
    if (response.body === null) return;
    for await (const piece of response.body) {
      watch.received();
      yield piece;
    }
  }
  const text = async (): Promise<string> => {
    const chunks: Buffer[] = [];
    for await (const piece of pieces()) chunks.push(Buffer.from(piece));
    return decode(chunks);
  };
  const { ok, status, url, headers } = response;
  return { ok, status, url, headers, body: pieces(), text, json: async () => JSON.parse(await text()) as unknown };
}
