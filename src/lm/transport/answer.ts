import type { IncomingHttpHeaders } from "node:http";
import { leave } from "../../foundation/leaving.ts";

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
  /** @param first no more than so many bytes: where there are more, the connection is closed. Default: all of them */
  text(first?: number): Promise<string>;
  json(): Promise<unknown>;
}

/** An answer had more bytes than its reader takes: its connection was closed, since it may have no end. */
export class AnswerTooLong extends Error {
  override readonly name: string = "AnswerTooLong";
  readonly maxBytes: number;

  constructor(maxBytes: number) {
    super(`the answer has more than ${maxBytes} bytes`);
    this.maxBytes = maxBytes;
  }
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
  /** Of a body that answers; of an error's, its reader takes as much as it likes. */
  readonly maxBytes: number;
  /** Closes the connection of an answer that nobody reads to its end. */
  readonly abort: (reason: Error) => void;
  /** Called once, when the exchange is over in whatever way. */
  readonly over: () => void;
}

/** Beyond this much of a body that nobody has asked for, the connection is told to wait. */
const HIGH_WATER = 256 * 1024;

/**
 * After so much of a body, a reader in pieces waits for the next turn of the event loop: what is there already
 * is read without one, and a server that sends faster than that would leave nobody else a turn.
 */
const TURN_BYTES = 64 * 1024;

/** Turns a dispatcher's callbacks into an answer. */
export function beginExchange({ url, watch, maxBytes, abort, over }: ExchangeOptions): Exchange {
  let controller: ExchangeController | undefined;
  const chunks: Buffer[] = [];
  let came = 0;
  let most = maxBytes;
  let buffered = 0;
  /** So much of it is wanted whole. */
  let enough = Infinity;
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
    // Nothing is made of the pieces of an answer that is wanted whole and is not.
    if (error !== undefined && reading === "whole" && buffered <= enough) chunks.length = 0;
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

  const cut = (): void => abort(new Error("enough of the answer was read"));
  const text = async (first: number = Infinity): Promise<string> => {
    reading = "whole";
    enough = first;
    if (buffered > enough) cut();
    else if (controller?.paused === true) controller.resume();
    // Read so, nothing but the end wakes it.
    if (!finished) await nextChange();
    if (failure !== undefined && buffered <= enough) throw failure;
    return decode(chunks.splice(0), enough);
  };

  const body = (): AsyncIterator<Uint8Array> => ({
    next: inTurns(async () => {
      reading = "piecewise";
      for (;;) {
        const chunk = take();
        if (chunk !== undefined) return { done: false, value: chunk };
        if (failure !== undefined) throw failure;
        if (finished) return END;
        await nextChange();
      }
    }),
    async return() {
      if (!finished) abort(new Error("the answer was left"));
      return END;
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
      if (status >= 300) most = Infinity;
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
      if (finished) return;
      watch?.received();
      came += chunk.length;
      if (came > most) return abort(new AnswerTooLong(most));
      chunks.push(chunk);
      buffered += chunk.length;
      if (buffered > enough) cut();
      if (reading === "whole") return;
      if (buffered > HIGH_WATER) given.pause();
      wake?.();
    },
    onResponseEnd: () => finish(undefined),
    onResponseError: (_controller, error) => finish(error),
  };
  return { handler, answer, fail: finish };
}

type ReadPiece = () => Promise<IteratorResult<Uint8Array, undefined>>;

function inTurns(read: ReadPiece): ReadPiece {
  let given = 0;
  return async () => {
    if (given >= TURN_BYTES) {
      given = 0;
      await new Promise(setImmediate);
    }
    const piece = await read();
    if (piece.done !== true) given += piece.value.length;
    return piece;
  };
}

function decode(chunks: readonly Buffer[], most: number): string {
  const [first] = chunks;
  const bytes = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
  const text = bytes.toString("utf8", 0, Math.min(bytes.length, most));
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
export function watchedAnswer(response: Response, watch: ExchangeWatch, maxBytes: number): Answer {
  watch.received();
  const pieces = response.body === null ? NO_PIECES : piecesOf(response.body);
  // Also where whoever made it minds no signal.
  const close = (): void => leave(pieces);
  watch.onGivenUp(close);
  const most = response.ok ? maxBytes : Infinity;
  let came = 0;
  const next = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
    const { done, value } = await pieces.next();
    if (done === true || value === undefined) return END;
    watch.received();
    came += value.length;
    if (came <= most) return { done: false, value };
    close();
    throw new AnswerTooLong(most);
  };
  const body: AsyncIterator<Uint8Array> = {
    next: inTurns(next),
    async return() {
      close();
      return END;
    },
  };
  const text = async (first: number = Infinity): Promise<string> => {
    const chunks: Buffer[] = [];
    for (let piece = await next(); piece.done !== true; piece = await next()) {
      chunks.push(Buffer.from(piece.value));
      if (came > first) {
        close();
        break;
      }
    }
    return decode(chunks, first);
  };
  const { ok, status, url, headers } = response;
  return {
    ok,
    status,
    url,
    headers,
    body: { [Symbol.asyncIterator]: () => body },
    text,
    json: async () => JSON.parse(await text()) as unknown,
  };
}

/** A stream's own iterator cannot be left while it waits for a piece; somebody's `fetch` may give another kind of stream. */
function piecesOf(body: NonNullable<Response["body"]>): AsyncIterator<Uint8Array> {
  if (typeof body.getReader !== "function") return body[Symbol.asyncIterator]();
  const reader = body.getReader();
  return {
    next: () => reader.read() as Promise<IteratorResult<Uint8Array>>,
    return: async () => {
      await reader.cancel();
      return END;
    },
  };
}

const NO_PIECES: AsyncIterator<Uint8Array> = { next: () => Promise.resolve(END) };
const END: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });
