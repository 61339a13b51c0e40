import { asError, UsageError } from "../../foundation/errors.ts";
import { heard } from "../../foundation/heard.ts";
import { leavable, type Reading } from "../../foundation/leaving.ts";
import { stamp } from "../../foundation/telemetry.ts";
import { LmError, cancelledError } from "../../lm/failure.ts";
import type { LanguageModel, LmCallOptions, LmChunk, LmRequest, LmResponse } from "../../lm/language-model.ts";
import type { ActorRef } from "../../runtime/actor-ref.ts";
import { errorIn, ExitError, formatReason } from "../../runtime/exit-reason.ts";
import type { Self } from "../../runtime/actor.ts";
import { startedNow } from "../../runtime/self.ts";
import type { LedgerEntry, LedgerWait } from "../../lm/ledger/entry.ts";
import { isWait, ledgerOf } from "../../lm/ledger/ledger.ts";
import { type TurnOptions, turnOf } from "../../lm/ledger/turn.ts";
import { tooLate } from "../../lm/limits/admission.ts";
import { type CancelGroups, cancelGroups } from "./cancel-groups.ts";
import { clientHedged } from "../client/client-events.ts";
import { hedged, type HedgeWatch } from "../../lm/limits/hedge.ts";
import type { RunTerms } from "../../programs/run-terms.ts";
import { clientDown, type RequestArgs, type RequestProtocol, type RequestWatch, requestBehaviour } from "./request.ts";
import type { OpenRequests } from "./open-requests.ts";
import { type ClientDescription, systemEnv } from "../system-env.ts";

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
  const { provider, model, identity, capabilities } = described;
  const requests = new Requests(self, name, described, open, terms);
  return Object.freeze({
    provider,
    model,
    ...(identity !== undefined && { identity }),
    capabilities,
    generate: (asked: LmRequest, options: LmCallOptions = {}) => heard(requests.generate(asked, options)),
    stream: (asked: LmRequest, options: LmCallOptions = {}) =>
      leavable((reading) => requests.read(asked, options, reading)),
    close: NOTHING_TO_CLOSE,
  });
}

// A class, since there is one for each run and client, with ten thousand runs at once: its methods are shared.
class Requests {
  readonly #self: Self;
  readonly #name: string;
  readonly #described: ClientDescription;
  readonly #open: OpenRequests;
  readonly #terms: RunTerms;
  /** Most runs have no signal besides their own life, and nothing of this. */
  #cancels: CancelGroups | undefined;

  constructor(self: Self, name: string, described: ClientDescription, open: OpenRequests, terms: RunTerms) {
    this.#self = self;
    this.#name = name;
    this.#described = described;
    this.#open = open;
    this.#terms = terms;
  }

  generate(asked: LmRequest, options: LmCallOptions): Promise<LmResponse> {
    const { hedgeAfterMs } = this.#described;
    return hedgeAfterMs === undefined ? this.#request(asked, options) : this.#hedged(asked, options, hedgeAfterMs);
  }

  #request(asked: LmRequest, options: LmCallOptions, watch?: RequestWatch): Promise<LmResponse> {
    try {
      const reserved = this.#reserve(asked, options, watch?.sent !== undefined);
      if (!isWait(reserved)) return this.#reserved(asked, options, reserved, watch);
      return turnOf(reserved, this.#turnFor(options)).then((entry) => this.#reserved(asked, options, entry, watch));
    } catch (thrown) {
      return Promise.reject(asError(thrown));
    }
  }

  // No async function, as there are ten thousand of these at once. Failures are thrown: a rejected promise that is given
  // back has nobody who hears it for a moment, which is told to the process and costs more.
  #reserved(asked: LmRequest, options: LmCallOptions, entry: LedgerEntry, watch?: RequestWatch): Promise<LmResponse> {
    const { signal } = options;
    if (signal?.aborted) {
      entry.settle();
      return Promise.reject(cancelledError(signal.reason, this.#described.provider));
    }
    const args = this.#argsOf(asked, options, entry, watch);
    const ref = startedNow(this.#self, requestBehaviour, args);
    this.#enter(ref, signal);
    return this.#self.call(ref, PERFORM, FOR_EVER).then(
      (response) => {
        this.#end(ref, args, signal);
        return response;
      },
      (thrown: unknown) => {
        this.#end(ref, args, signal);
        throw this.#failureOf(thrown, signal, args.granter);
      },
    );
  }

  #end(ref: ActorRef<RequestProtocol>, { entry }: RequestArgs, signal: AbortSignal | undefined): void {
    this.#leave(ref, signal);
    entry.settle();
  }

  /** A second request beside one that takes so long, counted from when each has its permit. */
  #hedged(asked: LmRequest, options: LmCallOptions, afterMs: number): Promise<LmResponse> {
    const self = this.#self;
    const work = (signal: AbortSignal, { sent, slow, answered }: HedgeWatch): Promise<LmResponse> =>
      this.#request(
        asked,
        { ...options, signal },
        { answered, ...(sent && { sent }), ...(slow && { slow: { afterMs, tell: slow } }) },
      );
    // Its own end a run needs nobody to tell its requests.
    const signal = options.signal === self.signal ? undefined : options.signal;
    return hedged(work, { onHedge: () => this.#tellHedge(options), life: self.signal, ...(signal && { signal }) });
  }

  async *read(asked: LmRequest, options: LmCallOptions, reading: Reading): AsyncGenerator<LmChunk, void> {
    const self = this.#self;
    const { signal } = options;
    const reserved = this.#reserve(asked, options, false);
    const entry = isWait(reserved) ? await turnOf(reserved, this.#turnFor(options, reading)) : reserved;
    let ref: ActorRef<RequestProtocol> | undefined;
    // Leaving the loop early ends the request.
    const end = (): void => {
      if (ref !== undefined) self.runtime.exitSignal(ref, { shutdown: "cancelled" });
    };
    reading.end = end;
    try {
      if (reading.left) return;
      if (signal?.aborted) throw cancelledError(signal.reason, this.#described.provider);
      const args = this.#argsOf(asked, options, entry);
      ref = startedNow(self, requestBehaviour, args);
      this.#enter(ref, signal);
      while (!reading.left) {
        let chunk: LmChunk | undefined;
        try {
          chunk = await self.call(ref, { type: "next" }, FOR_EVER);
        } catch (thrown) {
          if (reading.left) return;
          throw this.#failureOf(thrown, signal, args.granter);
        }
        if (chunk === undefined) return;
        yield chunk;
      }
    } finally {
      if (ref !== undefined) this.#leave(ref, signal);
      entry.settle();
      end();
    }
  }

  #argsOf(
    request: LmRequest,
    { affinity, about, startBy: latest = Infinity, permitWithinMs = Infinity }: LmCallOptions,
    entry: LedgerEntry,
    watch?: RequestWatch,
  ): RequestArgs {
    const terms = this.#terms;
    const { endsAt } = terms;
    const now = permitWithinMs === Infinity ? 0 : this.#self.runtime.clock.now();
    const startBy = Math.min(latest, now + permitWithinMs);
    return {
      client: this.#name,
      request,
      affinity,
      about,
      terms,
      entry,
      // The run itself sees to its own end.
      waitMs: startBy < endsAt ? Math.max(0, startBy - this.#self.runtime.clock.now()) : Infinity,
      granter: undefined,
      granted: false,
      watch,
      startBy: Math.min(startBy, endsAt),
    };
  }

  #reserve(request: LmRequest, { ledger }: LmCallOptions, hedge: boolean): LedgerEntry | LedgerWait {
    const { model, price } = this.#described;
    const beside = systemEnv(this.#self.runtime).clients.memory(this.#name)?.ledger;
    return (ledgerOf(ledger) ?? this.#terms.ledger).reserve({ request, model, price, hedge, beside });
  }

  #turnFor({ signal, startBy }: LmCallOptions, reading?: Reading): TurnOptions {
    const { clock } = this.#self.runtime;
    const { provider } = this.#described;
    return { clock, signal, provider, startBy, reading, late: () => tooLate(this.#name) };
  }

  /** What bare code would have got from the model itself: its own failure, or misuse. Everything else is a crash. */
  #failureOf(thrown: unknown, signal: AbortSignal | undefined, granter: ActorRef | undefined): unknown {
    if (!(thrown instanceof ExitError)) return thrown;
    const { provider } = this.#described;
    if (signal?.aborted) return cancelledError(signal.reason, provider);
    const { reason } = thrown;
    if (granter !== undefined && !this.#self.runtime.isAlive(granter)) return clientDown(this.#name, reason);
    const error = errorIn(reason);
    if (error instanceof LmError || error instanceof UsageError) return error;
    const message = `the request's process ended: ${formatReason(reason)}`;
    return new LmError(message, { code: "request_crashed", provider, cause: error });
  }

  /** Counts it among the run's open requests, and ends it when the signal aborts. */
  #enter(ref: ActorRef<RequestProtocol>, signal: AbortSignal | undefined): void {
    this.#open.add(ref);
    if (this.#isOther(signal)) (this.#cancels ??= cancelGroups(this.#self)).join(ref, signal);
  }

  #leave(ref: ActorRef<RequestProtocol>, signal: AbortSignal | undefined): void {
    this.#open.delete(ref);
    if (signal !== undefined) this.#cancels?.leave(ref, signal);
  }

  /** The end of the run itself they hear of as its linked orphans. */
  #isOther(signal: AbortSignal | undefined): signal is AbortSignal {
    return signal !== undefined && signal !== this.#self.signal;
  }

  #tellHedge({ about }: LmCallOptions): void {
    const { run } = this.#terms;
    clientHedged.publish({
      ...stamp(this.#self.runtime),
      client: this.#name,
      run,
      ...(about && { path: about.path }),
    });
  }
}

/** The model belongs to its client; whoever has this handle holds nothing. */
const NOTHING_TO_CLOSE = (): Promise<void> => Promise.resolve();

const PERFORM = Object.freeze({ type: "perform" });

// The run's own deadline and signal end a request; a second clock would only get in their way.
const FOR_EVER = Object.freeze({ timeoutMs: Infinity });
