import { UsageError } from "../foundation/errors.ts";
import { LmError, cancelledError } from "../lm/failure.ts";
import type { LanguageModel, LmCallOptions, LmChunk, LmRequest, LmResponse } from "../lm/language-model.ts";
import type { ActorRef } from "../runtime/actor-ref.ts";
import { errorIn, ExitError, type ExitReason, formatReason } from "../runtime/exit-reason.ts";
import type { Self } from "../runtime/self.ts";
import { type RequestProtocol, requestBehaviour } from "./request.ts";
import type { ClientDescription } from "./system-env.ts";

/** A request that is under way, for those who look at the tree. */
export type OpenRequests = Set<ActorRef<RequestProtocol>>;

/**
 * A client's model as a run sees it: the same port as the model itself, with a process behind each request. The run
 * must trap exits: a request that fails or crashes is an `LmError` here and an exit message there.
 */
export function supervisedLm(
  self: Self,
  name: string,
  described: ClientDescription,
  open: OpenRequests,
): LanguageModel {
  const { provider, model, identity, capabilities } = described;

  const start = async (request: LmRequest, options: LmCallOptions): Promise<ActorRef<RequestProtocol>> => {
    if (options.signal?.aborted) throw cancelledError(options.signal.reason, provider);
    const args = { client: name, request, affinity: options.affinity };
    const started = await self.startLink(requestBehaviour, args);
    // Its init cannot fail: it only keeps what it is given.
    if (started.status !== "ok") throw new Error(`a request could not start: ${JSON.stringify(started)}`);
    return started.ref;
  };

  const asking = async <T>(
    ref: ActorRef<RequestProtocol>,
    options: LmCallOptions,
    ask: () => Promise<T>,
  ): Promise<T> => {
    // From outside: the signal may abort when the run itself is gone already. Most often it is the run's own, whose link
    // would not do: a run that has its outcome ends as `normal`, which takes no linked process along.
    const cancel = (): void => self.runtime.exitSignal(ref, { shutdown: "cancelled" });
    options.signal?.addEventListener("abort", cancel, { once: true });
    try {
      return await ask();
    } catch (thrown) {
      if (!(thrown instanceof ExitError)) throw thrown;
      if (options.signal?.aborted) throw cancelledError(options.signal.reason, provider);
      throw failureOf(thrown.reason, provider);
    } finally {
      options.signal?.removeEventListener("abort", cancel);
    }
  };

  return Object.freeze({
    provider,
    model,
    ...(identity !== undefined && { identity }),
    capabilities,

    async generate(request: LmRequest, options: LmCallOptions = {}): Promise<LmResponse> {
      const ref = await start(request, options);
      open.add(ref);
      try {
        return await asking(ref, options, () => self.call(ref, { type: "perform" }, FOR_EVER));
      } finally {
        open.delete(ref);
      }
    },

    async *stream(request: LmRequest, options: LmCallOptions = {}): AsyncGenerator<LmChunk, void, undefined> {
      const ref = await start(request, options);
      open.add(ref);
      try {
        for (;;) {
          const chunk = await asking(ref, options, () => self.call(ref, { type: "next" }, FOR_EVER));
          if (chunk === undefined) return;
          yield chunk;
        }
      } finally {
        // Leaving the loop early ends the request.
        open.delete(ref);
        self.runtime.exitSignal(ref, { shutdown: "cancelled" });
      }
    },

    // The model belongs to its client; whoever has this handle holds nothing.
    close: () => Promise.resolve(),
  });
}

// The run's own deadline and signal end a request; a second clock would only get in their way.
const FOR_EVER = Object.freeze({ timeoutMs: Infinity });

/** What bare code would have got from the model itself: its own failure, or misuse. Everything else is a crash. */
function failureOf(reason: ExitReason, provider: string): LmError | UsageError {
  const error = errorIn(reason);
  if (error instanceof LmError || error instanceof UsageError) return error;
  return new LmError(`the request's process ended: ${formatReason(reason)}`, {
    code: "request_crashed",
    provider,
    cause: error,
  });
}
