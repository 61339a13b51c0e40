// A model that writes at a pace, on a clock that stands still, and what a loop over its answers got.
import { type Clock, sleep } from "../../src/foundation/clock.ts";
import { LmError } from "../../src/lm/failure.ts";
import type { LanguageModel, LmCallOptions, LmChunk, LmRequest, LmSpec } from "../../src/lm/language-model.ts";
import { watch, type Watched } from "../actors/outcomes.ts";

export interface Dictation extends LmSpec {
  /** Streams that have begun and not ended. */
  readonly live: number;
  readonly requests: number;
}

/** What it says to each request: pieces, one every `pieceMs`; an error ends the stream. */
export type Script = (request: LmRequest, index: number) => readonly (string | Error)[];

export function dictation(clock: Clock, pieceMs: number, script: Script): Dictation {
  const open = new Set<object>();
  let requests = 0;
  const about = {
    provider: "dictation",
    model: "dictation",
    capabilities: { schema: false, tools: false, prefill: false, grammar: false },
  };
  const incarnation = (): LanguageModel => {
    const closing = new AbortController();
    return Object.freeze({
      ...about,
      generate: () => Promise.reject(new Error("nobody should ask for a whole answer")),
      async *stream(request: LmRequest, { signal: calls }: LmCallOptions = {}): AsyncGenerator<LmChunk> {
        const signal = calls === undefined ? closing.signal : AbortSignal.any([calls, closing.signal]);
        const pieces = script(request, (requests += 1) - 1);
        const call = {};
        // A signal's abort ends the request wherever it is, as it closes a socket.
        const end = (): void => void open.delete(call);
        signal.addEventListener("abort", end, { once: true });
        open.add(call);
        let text = "";
        try {
          for (const piece of pieces) {
            await sleep(clock, pieceMs, signal).catch(() => {});
            if (signal.aborted) throw new LmError("cancelled", { code: "cancelled" });
            if (piece instanceof Error) throw piece;
            text += piece;
            yield { type: "text", text: piece };
          }
          const usage = { inputTokens: 1, outputTokens: pieces.length, totalTokens: 1 + pieces.length };
          const completions = [{ text, finishReason: "stop" as const }];
          yield { type: "done", response: { completions, usage, model: about.model, id: `${requests}` } };
        } finally {
          end();
          signal.removeEventListener("abort", end);
        }
      },
      close: () => Promise.resolve(closing.abort()),
    });
  };
  return Object.freeze({
    kind: "lm" as const,
    ...about,
    get live() {
      return open.size;
    },
    get requests() {
      return requests;
    },
    open: () => Promise.resolve(incarnation()),
  });
}

/** An answer in the chat layout, in pieces. */
export function answer(text: string): string[] {
  return ["[[ ## answer ## ]]\n", ...(text.match(/\S+\s*/g) ?? [])];
}

export interface Heard extends Watched {
  /** What the parts of `answer` said. */
  readonly text: string;
  readonly items: number;
}

/** Loops over a stream; its one outcome is the prediction or the error. `pause` may keep the loop busy after an item. */
export function hear(
  what: string,
  items: AsyncIterable<{ readonly type: string }>,
  pause: (count: number) => Promise<void> | void = () => {},
): Heard {
  const heard = { text: "", items: 0 };
  const loop = async (): Promise<unknown> => {
    let last: unknown;
    for await (const item of items) {
      heard.items += 1;
      const { type, field, delta } = item as {
        readonly type: string;
        readonly field?: string;
        readonly delta?: string;
      };
      if (type === "prediction") last = (item as unknown as { readonly prediction: unknown }).prediction;
      else if (field === "answer") heard.text += delta;
      await pause(heard.items);
    }
    if (last === undefined) throw new Error("the loop ended without a prediction");
    return last;
  };
  const watched = watch(what, loop());
  return {
    what,
    get text() {
      return heard.text;
    },
    get items() {
      return heard.items;
    },
    get settled() {
      return watched.settled;
    },
    get code() {
      return watched.code;
    },
    get value() {
      return watched.value;
    },
  };
}
