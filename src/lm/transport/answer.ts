import type { IncomingHttpHeaders } from "node:http";
import type { ExchangeController, ExchangeHandler } from "./exchange-handler.ts";
import { beginUnpacking, isPlain } from "./unpack.ts";
import type { Unpacking } from "./unpack.ts";

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
  /** `look` is to be called once nothing more of the answer has come for a moment; what comes before that calls it off. */
  whenQuiet?(look: () => void): void;
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
  /** Its first piece, which stays where it is; undefined where it has none. */
  peek(): Promise<Uint8Array | undefined>;
  text(limits?: TextLimits): Promise<string>;
  json(): Promise<unknown>;
}

export interface TextLimits {
  /** No more than so many bytes: where there are more, the connection is closed. Default: all of them. */
  readonly first?: number;
  /**
   * Whether that is all of it, though its end has not come: asked where nothing more comes, and where the connection is lost.
   * Default: it never is.
   */
  readonly isWhole?: (text: string) => boolean;
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
  let isWhole = NEVER;
  /** It turned out to be whole before its end had come. */
  let wholeText: string | undefined;
  /** It failed for what befell the connection. */
  let lost = false;
  let encoding: string | undefined;
  /** Its first bytes need no unpacking, and so none of it does. */
  let plain = false;
  let unpacking: Unpacking | undefined;
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

  const cut = (): void => abort(new Error("enough of the answer was read"));
  /** Answers whose connection stays open behind them are over when they are whole. */
  const lookForEnd = (): void => {
    const last = chunks.at(-1);
    if (finished || last === undefined || isWhole === NEVER || !mayBeEnd(last)) return;
    watch?.whenQuiet?.(() => {
      if (finished) return;
      const came = decode(chunks, Infinity);
      if (!isWhole(came)) return;
      wholeText = came;
      abort(new Error("the answer was whole"));
    });
  };
  const text = async (limits: TextLimits = {}): Promise<string> => {
    reading = "whole";
    enough = limits.first ?? Infinity;
    isWhole = limits.isWhole ?? NEVER;
    if (buffered > enough) cut();
    else if (controller?.paused === true) controller.resume();
    lookForEnd();
    // Read so, nothing but the end wakes it.
    if (!finished) await nextChange();
    const came = chunks.splice(0);
    if (failure === undefined || buffered > enough) return decode(came, enough);
    const all = wholeText ?? (lost ? decode(came, Infinity) : "");
    if (wholeText === undefined && !(lost && isWhole(all))) throw failure;
    return all;
  };
  const peek = async (): Promise<Uint8Array | undefined> => {
    for (;;) {
      const [first] = chunks;
      if (first !== undefined) return first;
      if (failure !== undefined) throw failure;
      if (finished) return undefined;
      await nextChange();
    }
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

  const receive = (given: ExchangeController, chunk: Buffer): void => {
    if (finished) return;
    watch?.received();
    came += chunk.length;
    if (came > most) return abort(new AnswerTooLong(most));
    chunks.push(chunk);
    buffered += chunk.length;
    if (buffered > enough) cut();
    if (reading === "whole") {
      // Its end comes in the same turn, as a rule.
      if (isWhole !== NEVER && mayBeEnd(chunk)) queueMicrotask(lookForEnd);
      return;
    }
    if (buffered > HIGH_WATER) given.pause();
    wake?.();
  };

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
      encoding = headers["content-encoding"];
      resolveAnswer({
        ok: status < 300,
        status,
        url,
        headers: answerHeaders(headers),
        body: { [Symbol.asyncIterator]: body },
        peek,
        text,
        json: async () => JSON.parse(await text()) as unknown,
      });
    },
    onResponseData(given, chunk) {
      plain ||= unpacking === undefined && isPlain(encoding, chunk);
      if (plain) return receive(given, chunk);
      unpacking ??= beginUnpacking(encoding, {
        data: (unpacked) => receive(given, unpacked),
        end: () => finish(undefined),
        error: finish,
      });
      unpacking.push(chunk);
    },
    onResponseEnd() {
      if (unpacking === undefined) finish(undefined);
      else unpacking.end();
    },
    onResponseError(_controller, error) {
      unpacking?.destroy();
      if (!finished) lost = true;
      finish(error);
    },
  };
  return { handler, answer, fail: finish };
}

export const NEVER: (text: string) => boolean = () => false;

/** JSON ends so, and so do events. */
export function mayBeEnd(piece: Uint8Array): boolean {
  let at = piece.length - 1;
  while (at > 0 && (piece[at] ?? 0) <= 0x20) at -= 1;
  return piece[at] === 0x7d || piece[at] === 0x5d;
}

type ReadPiece = () => Promise<IteratorResult<Uint8Array, undefined>>;

export function inTurns(read: ReadPiece): ReadPiece {
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

export function decode(chunks: readonly Buffer[], most: number): string {
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

const END: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });
