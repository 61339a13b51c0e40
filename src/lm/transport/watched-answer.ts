import { asError } from "../../foundation/errors.ts";
import { leave } from "../../foundation/leaving.ts";
import { AnswerTooLong, NEVER, decode, inTurns, mayBeEnd } from "./answer.ts";
import type { Answer, ExchangeWatch, TextLimits } from "./answer.ts";

/** A standard response as an answer whose pieces are noticed as they come. */
export function watchedAnswer(response: Response, watch: ExchangeWatch, maxBytes: number): Answer {
  watch.received();
  const pieces = response.body === null ? NO_PIECES : piecesOf(response.body);
  // Also where whoever made it minds no signal.
  const close = (): void => leave(pieces);
  watch.onGivenUp(close);
  const most = response.ok ? maxBytes : Infinity;
  let came = 0;
  let ahead: Uint8Array | undefined;
  const next = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
    if (ahead !== undefined) {
      const value = ahead;
      ahead = undefined;
      return { done: false, value };
    }
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
  const peek = async (): Promise<Uint8Array | undefined> => {
    ahead ??= (await next()).value;
    return ahead;
  };
  const text = ({ first = Infinity, isWhole = NEVER }: TextLimits = {}): Promise<string> => {
    const chunks: Buffer[] = [];
    const read = async (over: (text: string) => void): Promise<string> => {
      const lookForEnd = (): void => {
        const all = decode(chunks, Infinity);
        if (!isWhole(all)) return;
        over(all);
        close();
      };
      for (let piece = await next(); piece.done !== true; piece = await next()) {
        chunks.push(Buffer.from(piece.value));
        if (came > first) {
          close();
          break;
        }
        if (isWhole !== NEVER && mayBeEnd(piece.value)) watch.whenQuiet?.(lookForEnd);
      }
      return decode(chunks, first);
    };
    return new Promise((resolve, reject) => {
      read(resolve).then(resolve, (thrown: unknown) => {
        const all = decode(chunks, Infinity);
        if (isWhole(all)) resolve(all);
        else reject(asError(thrown));
      });
    });
  };
  const { ok, status, url, headers } = response;
  return {
    ok,
    status,
    url,
    headers,
    body: { [Symbol.asyncIterator]: () => body },
    peek,
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
