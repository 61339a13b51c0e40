import { heard } from "../../foundation/heard.ts";
import { leave } from "../../foundation/leaving.ts";
import { cancelledError } from "../../lm/failure.ts";
import type { LanguageModel, LmCallOptions, LmChunk, LmRequest } from "../../lm/language-model.ts";
import { wrapModel } from "../../lm/wrap-model.ts";

/**
 * A model as a bare run's program sees it: what is asked of it ends with the run, as under a system. Who gives a model of
 * their own gives any model: one that minds no signal does not keep a stream's reader that was cancelled, and its stream is
 * told that nobody reads on.
 *
 * @param life of the run
 */
export function bareModel(lm: LanguageModel, life: AbortSignal): LanguageModel {
  const inLife = ({ signal, ...options }: LmCallOptions): LmCallOptions & { readonly signal: AbortSignal } => ({
    ...options,
    signal: signal === undefined || signal === life ? life : AbortSignal.any([life, signal]),
  });
  // async: one that throws at once is one that rejects.
  const generate = async (request: LmRequest, options: LmCallOptions) => lm.generate(request, inLife(options));
  return wrapModel(lm, {
    generate: (request: LmRequest, options: LmCallOptions = {}) => heard(generate(request, options)),
    stream: (request: LmRequest, options: LmCallOptions = {}) => ({
      [Symbol.asyncIterator]() {
        const own = inLife(options);
        return endedBy(own.signal, lm.provider, () => lm.stream(request, own)[Symbol.asyncIterator]());
      },
    }),
  });
}

/** The same chunks until the signal aborts: then `cancelled`, at once. Nothing begins before it is read. */
function endedBy(signal: AbortSignal, provider: string, open: () => AsyncIterator<LmChunk>): AsyncIterator<LmChunk> {
  let chunks: AsyncIterator<LmChunk> | undefined;
  let waiting: PromiseWithResolvers<IteratorResult<LmChunk>> | undefined;
  let over = false;
  const end = (left: boolean): void => {
    over = true;
    signal.removeEventListener("abort", onAbort);
    if (left && chunks !== undefined) leave(chunks);
  };
  const onAbort = (): void => {
    end(true);
    waiting?.reject(cancelledError(signal.reason, provider));
  };
  const begin = (): AsyncIterator<LmChunk> => {
    signal.addEventListener("abort", onAbort, { once: true });
    return open();
  };
  const read = async (asked: PromiseWithResolvers<IteratorResult<LmChunk>>): Promise<void> => {
    try {
      const result = await (chunks ??= begin()).next();
      if (result.done === true && !over) end(false);
      asked.resolve(result);
    } catch (thrown) {
      if (!over) end(true);
      asked.reject(thrown);
    }
  };
  return {
    next() {
      if (over) return Promise.resolve(END);
      waiting = Promise.withResolvers();
      if (signal.aborted) waiting.reject(cancelledError(signal.reason, provider));
      else void read(waiting);
      return heard(waiting.promise);
    },
    return() {
      if (!over) end(true);
      waiting?.resolve(END);
      return Promise.resolve(END);
    },
  };
}

const END: IteratorReturnResult<undefined> = Object.freeze({ value: undefined, done: true });
