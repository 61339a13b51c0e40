import { UsageError } from "../../foundation/errors.ts";
import { heard } from "../../foundation/heard.ts";
import { leavable, type Reading } from "../../foundation/leaving.ts";
import { stamp } from "../../foundation/telemetry.ts";
import { LmError, cancelledError } from "../../lm/failure.ts";
import type { LanguageModel, LmCallOptions, LmChunk, LmRequest, LmResponse } from "../../lm/language-model.ts";
import type { ActorRef } from "../../runtime/actor-ref.ts";
import { errorIn, ExitError, formatReason } from "../../runtime/exit-reason.ts";
import type { Self, StartResult } from "../../runtime/actor.ts";
import type { LedgerEntry, LedgerWait } from "../../lm/ledger/entry.ts";
import { isWait, ledgerOf } from "../../lm/ledger/ledger.ts";
import { type TurnOptions, turnOf } from "../../lm/ledger/turn.ts";
import { tooLate } from "../../lm/limits/admission.ts";
import { cancelGroups } from "./cancel-groups.ts";
import { clientHedged } from "../client/client-events.ts";
import { hedged, type HedgeWatch } from "../../lm/limits/hedge.ts";
import type { RunTerms } from "../../programs/run-terms.ts";
import {
  type Asked,
  clientDown,
  type RequestArgs,
  type RequestProtocol,
  type RequestWatch,
  requestBehaviour,
} from "./request.ts";
import { type ClientDescription, systemEnv } from "../system-env.ts";

/** Requests and searches that are under way, for those who look at the tree. */
export type OpenRequests = Set<ActorRef>;

/**
 * A client's model as a run sees it: the same port as the model itself, with a process behind each request. The run
 * must trap exits: a request that fails or crashes is an `LmError` here and an exit message there.
 */
export function supervisedLm(
  self: Self,
  name: string,
  described: ClientDescription,
  open: OpenRequests,
  terms: RunTerms,
): LanguageModel {
  const { provider, model, identity, capabilities, price, hedgeAfterMs } = described;
  const { run, endsAt } = terms;
  const { runtime } = self;
  const { clients } = systemEnv(runtime);
  const { clock } = runtime;
  const cancels = cancelGroups(runtime, () => self.signal);

  const argsOf = (
    request: LmRequest,
    { affinity, about, startBy = Infinity, signal }: LmCallOptions,
    entry: LedgerEntry,
    watch?: RequestWatch,
  ): RequestArgs => {
    if (signal?.aborted) throw cancelledError(signal.reason, provider);
    // The run itself sees to its own end.
    const waitMs = startBy < endsAt ? Math.max(0, startBy - clock.now()) : Infinity;
    const asked: Asked = { client: undefined };
    const common = { client: name, request, affinity, about, terms, entry, waitMs, asked, watch };
    return { ...common, startBy: Math.min(startBy, endsAt) };
  };

  const reserve = (request: LmRequest, { ledger }: LmCallOptions, hedge: boolean): LedgerEntry | LedgerWait =>
    (ledgerOf(ledger) ?? terms.ledger).reserve({ request, model, price, hedge, beside: clients.memory(name)?.ledger });

  const turnFor = ({ signal, startBy }: LmCallOptions, reading?: Reading): TurnOptions => ({
    clock,
    signal,
    provider,
    startBy,
    reading,
    late: () => tooLate(name),
  });

  /** What bare code would have got from the model itself: its own failure, or misuse. Everything else is a crash. */
  const failureOf = (thrown: unknown, signal: AbortSignal | undefined, { client }: Asked): unknown => {
    if (!(thrown instanceof ExitError)) return thrown;
    if (signal?.aborted) return cancelledError(signal.reason, provider);
    const { reason } = thrown;
    if (client !== undefined && !runtime.isAlive(client)) return clientDown(name, reason);
    const error = errorIn(reason);
    if (error instanceof LmError || error instanceof UsageError) return error;
    const message = `the request's process ended: ${formatReason(reason)}`;
    return new LmError(message, { code: "request_crashed", provider, cause: error });
  };

  /** Counts it among the run's open requests, and ends it when the signal aborts. Gives the function that undoes both. */
  const enter = (ref: ActorRef<RequestProtocol>, signal: AbortSignal | undefined): (() => void) => {
    open.add(ref);
    // The end of the run itself they hear of as its linked orphans.
    const leave = signal === undefined || signal === self.signal ? undefined : cancels.join(ref, signal);
    return () => {
      open.delete(ref);
      leave?.();
    };
  };

  // One function from start to end, and not a chain of small ones: there are ten thousand of these at once.
  const request = async (asked: LmRequest, options: LmCallOptions, watch?: RequestWatch): Promise<LmResponse> => {
    const { signal } = options;
    const reserved = reserve(asked, options, watch?.sent !== undefined);
    const entry = isWait(reserved) ? await turnOf(reserved, turnFor(options)) : reserved;
    let leave: (() => void) | undefined;
    try {
      const args = argsOf(asked, options, entry, watch);
      const ref = startedRef(await self.startLink(requestBehaviour, args));
      leave = enter(ref, signal);
      try {
        return await self.call(ref, { type: "perform" }, FOR_EVER);
      } catch (thrown) {
        throw failureOf(thrown, signal, args.asked);
      }
    } finally {
      leave?.();
      entry.settle();
    }
  };

  const tellHedge = ({ about }: LmCallOptions): void => {
    clientHedged.publish({ ...stamp(runtime), client: name, run, ...(about && { path: about.path }) });
  };

  /** A second request beside one that takes so long, counted from when each has its permit. */
  const requestHedged = (asked: LmRequest, options: LmCallOptions, afterMs: number): Promise<LmResponse> => {
    const work = (signal: AbortSignal, { sent, slow, answered }: HedgeWatch): Promise<LmResponse> =>
      request(
        asked,
        { ...options, signal },
        { answered, ...(sent && { sent }), ...(slow && { slow: { afterMs, tell: slow } }) },
      );
    // Its own end a run needs nobody to tell its requests.
    const signal = options.signal === self.signal ? undefined : options.signal;
    return hedged(work, { onHedge: () => tellHedge(options), life: self.signal, ...(signal && { signal }) });
  };

  async function* read(asked: LmRequest, options: LmCallOptions, reading: Reading): AsyncGenerator<LmChunk, void> {
    const { signal } = options;
    const reserved = reserve(asked, options, false);
    const entry = isWait(reserved) ? await turnOf(reserved, turnFor(options, reading)) : reserved;
    let leave: (() => void) | undefined;
    let ref: ActorRef<RequestProtocol> | undefined;
    // Leaving the loop early ends the request.
    const end = (): void => {
      if (ref !== undefined) runtime.exitSignal(ref, { shutdown: "cancelled" });
    };
    reading.end = end;
    try {
      if (reading.left) return;
      const args = argsOf(asked, options, entry);
      ref = startedRef(await self.startLink(requestBehaviour, args));
      leave = enter(ref, signal);
      while (!reading.left) {
        let chunk: LmChunk | undefined;
        try {
          chunk = await self.call(ref, { type: "next" }, FOR_EVER);
        } catch (thrown) {
          if (reading.left) return;
          throw failureOf(thrown, signal, args.asked);
        }
        if (chunk === undefined) return;
        yield chunk;
      }
    } finally {
      leave?.();
      entry.settle();
      end();
    }
  }

  return Object.freeze({
    provider,
    model,
    ...(identity !== undefined && { identity }),
    capabilities,

    generate: (asked: LmRequest, options: LmCallOptions = {}): Promise<LmResponse> =>
      heard(hedgeAfterMs === undefined ? request(asked, options) : requestHedged(asked, options, hedgeAfterMs)),

    stream: (asked: LmRequest, options: LmCallOptions = {}) => leavable((reading) => read(asked, options, reading)),

    // The model belongs to its client; whoever has this handle holds nothing.
    close: () => Promise.resolve(),
  });
}

function startedRef(started: StartResult<RequestProtocol>): ActorRef<RequestProtocol> {
  // Its init cannot fail: it only keeps what it is given.
  if (started.status !== "ok") throw new Error(`a request could not start: ${JSON.stringify(started)}`);
  return started.ref;
}

// The run's own deadline and signal end a request; a second clock would only get in their way.
const FOR_EVER = Object.freeze({ timeoutMs: Infinity });
