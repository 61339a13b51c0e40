import { heard } from "../../foundation/heard.ts";
import { leavable, leave, type Reading } from "../../foundation/leaving.ts";
import { stamp } from "../../foundation/telemetry.ts";
import { asHit } from "../../lm/cache/entry.ts";
import { cacheKey } from "../../lm/cache/key.ts";
import { cancelledError, LmError } from "../../lm/failure.ts";
import type { LanguageModel, LmCallOptions, LmChunk, LmRequest, LmResponse } from "../../lm/language-model.ts";
import { ledgerOf } from "../../lm/ledger/ledger.ts";
import { withoutCost } from "../../lm/told-usage.ts";
import { wrapModel } from "../../lm/wrap-model.ts";
import { ExitError, type ExitReason } from "../../runtime/exit-reason.ts";
import type { Self } from "../../runtime/actor.ts";
import { CACHE, type CacheHit, type CacheProtocol, type CacheReply } from "./cache.ts";
import { cacheBypassed, cacheHit } from "./cache-events.ts";

/**
 * A client's model as a run sees it, behind the system's cache: the same port. Equal calls in flight make one request. A
 * model without `identity`, a request with `cache: false` and one that cannot be compared go straight through; so does
 * everything while the cache's process is not there.
 *
 * A stream is answered from the cache as well, in one piece, and what it brings is kept; but it does not wait for equal
 * calls in flight, since whoever streams wants to see the answer come.
 *
 * @param run whose it is, for those who watch
 */
export function cachedLm(self: Self, lm: LanguageModel, run: string): LanguageModel {
  const { provider, identity } = lm;
  if (identity === undefined) return lm;
  const { runtime } = self;
  const keyOf = (request: LmRequest): string | undefined => cacheKey(lm, request);

  /** The cache's reply, or undefined where there is no cache to give one. */
  const ask = async <R>(options: LmCallOptions, call: () => Promise<R>): Promise<R | undefined> => {
    try {
      return await call();
    } catch (thrown) {
      if (!(thrown instanceof ExitError)) throw thrown;
      if (options.signal?.aborted) throw cancelledError(options.signal.reason, provider);
      tellBypassed(thrown.reason, self);
      return undefined;
    }
  };

  const found = ({ response, from }: CacheHit, { about }: LmCallOptions): LmResponse => {
    if (cacheHit.active)
      cacheHit.publish({ ...stamp(runtime), from, run, ...(about !== undefined && { path: about.path }) });
    return asHit(response);
  };

  const tell = (message: CacheProtocol["cast"]): void => {
    // A cache that is gone needs to hear nothing.
    if (runtime.whereis(CACHE.name) !== undefined) runtime.cast(CACHE, message);
  };

  const lead = async (key: string, leader: number, request: LmRequest, options: LmCallOptions): Promise<LmResponse> => {
    let response: LmResponse;
    try {
      response = await lm.generate(request, options);
    } catch (thrown) {
      const failure = thrown instanceof LmError && !isOwn(thrown, options) ? thrown : undefined;
      tell({ type: "gave_up", key, leader, ...(failure && { failure: withoutCost(failure) }) });
      throw thrown;
    }
    tell({ type: "answered", key, response: lasting(response) });
    return response;
  };

  const generate = async (request: LmRequest, options: LmCallOptions = {}): Promise<LmResponse> => {
    const key = keyOf(request);
    if (key === undefined) return lm.generate(request, options);
    if (options.signal?.aborted) throw cancelledError(options.signal.reason, provider);
    const replied: CacheReply | undefined = await ask(options, () =>
      self.call(CACHE, { type: "lookup", key }, waiting(options)),
    );
    switch (replied?.type) {
      case undefined:
        return lm.generate(request, options);
      case "hit":
        ledgerOf(options.ledger)?.hit();
        return found(replied, options);
      case "failed":
        throw replied.failure;
      case "lead":
        return lead(key, replied.leader, request, options);
    }
  };

  async function* read(request: LmRequest, options: LmCallOptions, reading: Reading): AsyncGenerator<LmChunk, void> {
    const key = keyOf(request);
    if (key !== undefined) {
      if (options.signal?.aborted) throw cancelledError(options.signal.reason, provider);
      const kept = await ask(options, () => self.call(CACHE, { type: "peek", key }, waiting(options)));
      if (kept !== undefined) {
        ledgerOf(options.ledger)?.hit();
        return yield* replay(found(kept, options));
      }
    }
    if (reading.left) return;
    const chunks = lm.stream(request, options)[Symbol.asyncIterator]();
    reading.end = () => leave(chunks);
    for (;;) {
      const { done, value: chunk } = await chunks.next();
      if (done === true) return;
      if (key !== undefined && chunk.type === "done")
        tell({ type: "answered", key, response: lasting(chunk.response) });
      yield chunk;
    }
  }

  return wrapModel(lm, {
    generate: (request: LmRequest, options?: LmCallOptions) => heard(generate(request, options)),
    stream: (request: LmRequest, options: LmCallOptions = {}) => leavable((reading) => read(request, options, reading)),
  });
}

/** As long as it takes: the leader has a deadline, and so has the run that waits. */
function waiting({ signal }: LmCallOptions): { readonly timeoutMs: number; readonly signal?: AbortSignal } {
  return { timeoutMs: Infinity, ...(signal && { signal }) };
}

/** Without what was only true at the time. */
function lasting({ rateLimit: _rateLimit, usd: _usd, ...response }: LmResponse): LmResponse {
  return response;
}

/** Failures that are about the one who asked and not about what was asked. */
function isOwn({ code, details }: LmError, { signal }: LmCallOptions): boolean {
  // No permit in time: others have other deadlines.
  const late = code === "timeout" && details["phase"] === "permit";
  return signal?.aborted === true || code === "cancelled" || code === "budget_exceeded" || late;
}

function* replay(response: LmResponse): Generator<LmChunk, void, undefined> {
  const text = response.completions[0]?.text ?? "";
  if (text !== "") yield { type: "text", text };
  yield { type: "done", response };
}

function tellBypassed(reason: ExitReason, { runtime }: Self): void {
  cacheBypassed.publish({ ...stamp(runtime), reason });
}
