import { UsageError } from "../foundation/errors.ts";
import { LmError, cancelledError } from "../lm/failure.ts";
import type { LanguageModel, LmCallOptions, LmChunk, LmRequest, LmResponse, LmUsage } from "../lm/language-model.ts";
import type { ActorRef } from "../runtime/actor-ref.ts";
import { errorIn, ExitError, type ExitReason, formatReason } from "../runtime/exit-reason.ts";
import type { Self } from "../runtime/self.ts";
import { makePurse, type Purse } from "../lm/budget.ts";
import { priceOf } from "../lm/prices.ts";
import { clientHedged } from "./client-events.ts";
import { hedged } from "./hedge.ts";
import type { Priority } from "./permits.ts";
import { type RequestProtocol, requestBehaviour } from "./request.ts";
import { type ClientDescription, systemEnv } from "./system-env.ts";

/** A request that is under way, for those who look at the tree. */
export type OpenRequests = Set<ActorRef<RequestProtocol>>;

/** What the requests of one run have in common. */
export interface RunRequests {
  readonly runId: string;
  readonly priority: Priority;
  /** When the run is over at the latest, by the system's clock. */
  readonly endsAt: number;
  readonly purse: Purse;
}

/** For a process that is no run. */
function noRun(): RunRequests {
  return { runId: "", priority: "user", endsAt: Infinity, purse: makePurse() };
}

/**
 * A client's model as a run sees it: the same port as the model itself, with a process behind each request. The run
 * must trap exits: a request that fails or crashes is an `LmError` here and an exit message there.
 */
export function supervisedLm(
  self: Self,
  name: string,
  described: ClientDescription,
  open: OpenRequests,
  about: RunRequests = noRun(),
): LanguageModel {
  const { provider, model, identity, capabilities, hedgeAfterMs } = described;
  const { runId: run, priority, endsAt, purse } = about;
  const { runtime } = self;
  const price = priceOf(systemEnv(runtime).prices, model);

  const start = async (request: LmRequest, options: LmCallOptions): Promise<ActorRef<RequestProtocol>> => {
    if (options.signal?.aborted) throw cancelledError(options.signal.reason, provider);
    const { affinity, startBy = Infinity } = options;
    // The run itself sees to its own end.
    const waitMs = startBy < endsAt ? Math.max(0, startBy - runtime.clock.now()) : Infinity;
    const args = { client: name, request, affinity, run, priority, startBy: Math.min(startBy, endsAt), waitMs };
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
    const cancel = (): void => runtime.exitSignal(ref, { shutdown: "cancelled" });
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

  const request = async (asked: LmRequest, options: LmCallOptions): Promise<LmResponse> => {
    const settle = purse.begin(asked, model, price);
    let usage: LmUsage | undefined;
    try {
      const ref = await start(asked, options);
      open.add(ref);
      try {
        const answer = await asking(ref, options, () => self.call(ref, { type: "perform" }, FOR_EVER));
        ({ usage } = answer);
        return answer;
      } finally {
        open.delete(ref);
      }
    } finally {
      settle(usage);
    }
  };

  const tellHedge = (): void => {
    systemEnv(runtime).clients.memory(name)?.account.hedged();
    clientHedged.publish({ system: runtime.name, at: runtime.clock.wallTime(), client: name, run });
  };

  return Object.freeze({
    provider,
    model,
    ...(identity !== undefined && { identity }),
    capabilities,

    generate(asked: LmRequest, options: LmCallOptions = {}): Promise<LmResponse> {
      if (hedgeAfterMs === undefined) return request(asked, options);
      return hedged((signal) => request(asked, { ...options, signal }), {
        afterMs: hedgeAfterMs,
        clock: runtime.clock,
        onHedge: tellHedge,
        ...(options.signal && { signal: options.signal }),
      });
    },

    async *stream(asked: LmRequest, options: LmCallOptions = {}): AsyncGenerator<LmChunk, void, undefined> {
      const settle = purse.begin(asked, model, price);
      let usage: LmUsage | undefined;
      let ref: ActorRef<RequestProtocol> | undefined;
      try {
        const started = await start(asked, options);
        ref = started;
        open.add(started);
        for (;;) {
          const chunk = await asking(started, options, () => self.call(started, { type: "next" }, FOR_EVER));
          if (chunk === undefined) return;
          if (chunk.type === "done") ({ usage } = chunk.response);
          yield chunk;
        }
      } finally {
        settle(usage);
        // Leaving the loop early ends the request.
        if (ref !== undefined) {
          open.delete(ref);
          runtime.exitSignal(ref, { shutdown: "cancelled" });
        }
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
