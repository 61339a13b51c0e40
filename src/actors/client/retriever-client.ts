import { checkOptions, optionNames } from "../../foundation/check-options.ts";
import { describe, UsageError } from "../../foundation/errors.ts";
import { toldUsage } from "../../lm/told-usage.ts";
import { makeLedger } from "../../lm/ledger/ledger.ts";
import { openedRetriever } from "../../retrieval/check-found.ts";
import type { RunTerms } from "../../programs/run-terms.ts";
import type { Retriever, RetrieverSpec } from "../../retrieval/retriever.ts";
import { type ActorName, actorName, type ActorRef, type CallOf, type Protocol } from "../../runtime/actor-ref.ts";
import { behaviour } from "../../runtime/behaviour.ts";
import type { From, Self } from "../../runtime/actor.ts";
import { reply } from "../../runtime/self.ts";
import { type ChildSpec, worker } from "../../supervisors/child-spec.ts";
import { checkLimits, clientCalled } from "./client-options.ts";
import { LmError } from "../../lm/failure.ts";
import type { LmUsage, RequestAbout } from "../../lm/language-model.ts";
import { errorIn, type ExitReason, isClean } from "../../runtime/exit-reason.ts";
import {
  type AskedClient,
  type RequestEnd,
  requestsAreWatched,
  tellRequestEnded,
  tellRequestStarted,
} from "./request-events.ts";
import { tellRefusal } from "./client-events.ts";
import { closeAtEnd, openResource } from "./open-resource.ts";
import { ownName } from "../own-names.ts";
import type { RetrieverState } from "./retriever-state.ts";
import { watchRefusals } from "../../lm/limits/standing-refusal.ts";
import { COMMON_SHARE, makePermits, type Permits, type PlaceInLine } from "../../lm/limits/permits.ts";
import { systemEnv } from "../system-env.ts";

export interface RetrieverClientOptions {
  /** What programs call it. */
  readonly name: string;
  /** Opened at each start of the client's process: `textIndex({ documents: "docs/**\/*.md" })`. */
  readonly retriever: RetrieverSpec;
  readonly limits?: RetrieverLimits | undefined;
}

export interface RetrieverLimits {
  /** Searches under way at once; the others wait, a user's before an optimizer's. Default: no limit. */
  readonly concurrency?: number | undefined;
}

export interface RetrieverClientSpec extends ChildSpec<RetrieverClientProtocol> {
  readonly kind: "client";
  readonly holds: "retriever";
  readonly name: string;
}

/** Leave to search. It is given back by ending: the client watches. */
export interface SearchPermit {
  readonly retriever: Retriever;
  readonly client: ActorRef<RetrieverClientProtocol>;
}

/** Whose search it is. */
export interface AskSearch {
  readonly terms: RunTerms;
  readonly about: RequestAbout | undefined;
}

export interface RetrieverClientProtocol extends Protocol {
  readonly call: CallOf<{ readonly type: "acquire" } & AskSearch, SearchPermit>;
  /** What a search that has found something has used. Sent only where somebody listens for that. */
  readonly cast: { readonly type: "found"; readonly holder: ActorRef; readonly usage: LmUsage };
  readonly info: never;
}

/**
 * A retriever as a supervised process: it holds the open retriever and grants leave to search, so many at once as its
 * limits say. It searches nothing itself, so that a search that hangs or crashes harms no other.
 *
 * @throws UsageError for options that make no sense
 */
export function retrieverClient(options: RetrieverClientOptions): RetrieverClientSpec {
  checkRetrieverOptions(options);
  const { name } = options;
  const spec = worker({ id: name, behaviour: retrieverBehaviour, args: options, name: retrieverName(name).name });
  return Object.freeze({ ...spec, kind: "client" as const, holds: "retriever" as const, name });
}

/** Where a retriever's client is found in the registry. */
export function retrieverName(name: string): ActorName<RetrieverClientProtocol> {
  return actorName(ownName("client", name));
}

interface Place extends PlaceInLine<ActorRef> {
  readonly from: From;
}

interface State {
  readonly options: RetrieverClientOptions;
  readonly retriever: Retriever;
  /** What outlives its process. */
  readonly memory: RetrieverState;
  /** By the process that searches. */
  readonly permits: Permits<ActorRef, true, Place>;
}

const retrieverBehaviour = behaviour<RetrieverClientOptions, State, RetrieverClientProtocol>({
  name: "client",
  trapExits: true,

  async init(options, self) {
    const held = await openResource(self, (open) => options.retriever.open(open));
    if (held === undefined) return { ignore: true };
    const { retrievers, prices, ledger: system } = systemEnv(self.runtime);
    const pricing = { prices, wallTime: () => self.runtime.clock.wallTime() };
    const { retriever, price } = await openedRetriever(`client "${options.name}"`, held.opened, pricing);
    closeAtEnd(self, retriever);
    const memory: RetrieverState = retrievers.get(options.name) ?? {
      ledger: makeLedger(),
      refusals: watchRefusals(),
      watched: new Map(),
    };
    retrievers.set(options.name, memory);
    const filled = tokensSoFar(retriever);
    // Its passages have been embedded. That is no call's, and is paid for all the same.
    if (filled !== undefined) for (const each of [system, memory.ledger]) each.add(filled, price?.(filled));
    const permits: State["permits"] = makePermits(options.limits?.concurrency ?? Infinity);
    const state: State = { options, retriever, memory, permits };
    endAll(state, self);
    return { state };
  },

  handleCall(state, { terms, about }, from, self) {
    const holder = from.caller;
    if (holder === null) throw new UsageError("a permit is for a process: ask from an actor");
    // Its end gives the permit back; ours takes it along, since the retriever is closed with us.
    self.link(holder);
    if (requestsAreWatched()) {
      const askedAt = self.runtime.clock.now();
      const times = { askedAt, grantedAt: undefined, beganAt: undefined };
      state.memory.watched.set(holder, { terms, about, ...times, from, usage: undefined });
    }
    const { priority, share = COMMON_SHARE } = terms;
    state.permits.enqueue({ holder, priority, share, tokens: 0, from });
    handOut(state, self);
    return undefined;
  },

  handleCast({ memory: { watched } }, { holder, usage }) {
    const search = watched.get(holder);
    if (search !== undefined) search.usage = usage;
  },

  handleInfo(state, message, self) {
    if (message.type !== "EXIT" || message.from === null) return;
    const held = state.permits.release(message.from) !== undefined;
    tellEnded(state, self, message.from, endOfProcess(message.reason));
    if (held) noteRefusal(state, self, message.reason);
    handOut(state, self);
  },

  async terminate(state, _reason, self) {
    endAll(state, self);
    await state.retriever.close();
  },

  inspect: ({ options, permits, memory, retriever }) => ({
    kind: "client",
    retriever: options.retriever.name,
    ...retriever.describe?.(),
    inFlight: permits.inUse,
    waiting: permits.waiting,
    ...options.limits,
    ...(memory.refusals.standing && { refused: memory.refusals.standing }),
    usage: memory.ledger.report(),
  }),
});

/** What it has used as it was opened. One that cannot describe itself may still find something. */
function tokensSoFar(retriever: Retriever): LmUsage | undefined {
  try {
    const tokens = toldUsage(retriever.describe?.().tokens);
    return tokens.totalTokens > 0 ? tokens : undefined;
  } catch {
    return undefined;
  }
}

function handOut({ options, permits, retriever, memory }: State, self: Self<RetrieverClientProtocol>): void {
  const { ref, runtime } = self;
  for (let next = permits.first(); next !== undefined && permits.hasRoom; next = permits.first()) {
    permits.take(next);
    permits.hold(next.holder, true);
    const search = memory.watched.get(next.holder);
    if (search !== undefined) {
      search.grantedAt = runtime.clock.now();
      tellRequestStarted(runtime, askedOf(options), next.holder.id, search);
    }
    const permit: SearchPermit = { retriever, client: ref };
    reply(next.from, permit);
  }
}

/** The retriever is closed with the client, and whoever searches it goes with it. */
function endAll(state: State, self: Self<RetrieverClientProtocol>): void {
  for (const holder of state.memory.watched.keys()) tellEnded(state, self, holder, { code: "client_down" });
}

function tellEnded(
  { options, memory: { watched } }: State,
  { runtime }: Self<RetrieverClientProtocol>,
  holder: ActorRef,
  end: RequestEnd,
): void {
  const search = watched.get(holder);
  if (search === undefined) return;
  watched.delete(holder);
  if (search.grantedAt === undefined) return;
  const tokens = search.usage && { tokens: search.usage };
  tellRequestEnded(runtime, askedOf(options), holder.id, search, { ...end, ...tokens });
}

function askedOf({ name }: RetrieverClientOptions): AskedClient {
  return { kind: "search", client: name };
}

function noteRefusal(
  { options, memory: { refusals } }: State,
  { runtime }: Self<RetrieverClientProtocol>,
  reason: ExitReason,
): void {
  const failure = errorIn(reason);
  if (reason === "normal") tellRefusal(runtime, options.name, "over", refusals.answered());
  else if (failure instanceof LmError)
    tellRefusal(runtime, options.name, "begun", refusals.failed(failure, runtime.clock.wallTime()));
}

function endOfProcess(reason: ExitReason): RequestEnd {
  const failure = errorIn(reason);
  if (reason === "normal") return { code: "ok" };
  if (!(failure instanceof LmError)) return { code: isClean(reason) ? "cancelled" : "request_crashed" };
  const { code, status, requestId } = failure;
  return { code, ...(status !== undefined && { status }), ...(requestId !== undefined && { requestId }) };
}

function checkRetrieverOptions(options: RetrieverClientOptions): void {
  const what = clientCalled(options);
  const { retriever, limits, ...others } = options;
  if ("lm" in others) throw new UsageError(`${what}: it has an lm or a retriever, not both`);
  checkOptions(what, options, OPTIONS);
  if (retriever?.kind !== "retriever" || typeof retriever.open !== "function")
    throw new UsageError(`${what}: retriever must be one such as textIndex({ … }), got ${describe(retriever)}`);
  checkLimits(what, limits, LIMITS);
}

const OPTIONS = optionNames<RetrieverClientOptions>({ name: true, retriever: true, limits: true });

const LIMITS = optionNames<RetrieverLimits>({ concurrency: true });
