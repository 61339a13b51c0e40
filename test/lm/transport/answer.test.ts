import { describe, expect, test } from "vitest";
import { type Answer, beginExchange } from "../../../src/lm/transport/answer.ts";
import type { ExchangeController } from "../../../src/lm/transport/exchange-handler.ts";
import { watchedAnswer } from "../../../src/lm/transport/watched-answer.ts";

const KIB_64 = 64 * 1_024;
const PIECES = 10;

const controller: ExchangeController = { paused: false, abort() {}, pause() {}, resume() {} };
const unwatched = { connecting() {}, sent() {}, received() {}, onGivenUp() {} };

const ANSWERS: Readonly<Record<string, () => Promise<Answer>>> = {
  async "of a dispatcher"() {
    const options = { url: "http://localhost/", watch: undefined, maxBytes: Infinity, abort() {}, over() {} };
    const { handler, answer } = beginExchange(options);
    handler.onRequestStart(controller);
    handler.onResponseStart(controller, 200, {});
    for (let index = 0; index < PIECES; index += 1) handler.onResponseData(controller, Buffer.alloc(KIB_64));
    handler.onResponseEnd();
    return answer;
  },
  async "of a fetch"() {
    const pieces = Array.from({ length: PIECES }, () => new Uint8Array(KIB_64));
    return watchedAnswer(new Response(ReadableStream.from(pieces)), unwatched, Infinity);
  },
};

describe.each(Object.entries(ANSWERS))("an answer %s", (_whose, make) => {
  test("that is there already is read in turns, and others have theirs", async () => {
    const { body } = await make();
    let turns = 0;
    let over = false;
    const count = (): void => {
      turns += 1;
      if (!over) setImmediate(count);
    };
    setImmediate(count);
    let bytes = 0;
    for await (const piece of body) bytes += piece.length;
    over = true;
    expect(bytes).toBe(PIECES * KIB_64);
    expect(turns).toBeGreaterThanOrEqual(PIECES - 1);
  });

  test("is read whole at once", async () => {
    expect(await (await make()).text()).toHaveLength(PIECES * KIB_64);
  });
});
