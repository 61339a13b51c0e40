import { stamp } from "../../foundation/telemetry.ts";
import { UsageError } from "../../foundation/errors.ts";
import { openedModel } from "../../lm/opened-model.ts";
import { LmError } from "../../lm/failure.ts";
import type { LanguageModel, LmCompletion, LmResponse, RequestAbout } from "../../lm/language-model.ts";
import type { LmMessage } from "../../lm/message.ts";
import { costOfFailure } from "../../lm/told-usage.ts";
import type { RunTerms } from "../../programs/run-terms.ts";
import { type ActorName, actorName, type ActorRef, type CallOf, type Protocol } from "../../runtime/actor-ref.ts";
import { behaviour } from "../../runtime/behaviour.ts";
import type { From, Self, Sending } from "../../runtime/actor.ts";
import { errorIn, type ExitReason, isClean } from "../../runtime/exit-reason.ts";
import { onOwnBehalf, reply } from "../../runtime/self.ts";
import { type ChildSpec, worker } from "../../supervisors/child-spec.ts";
import { type Admission, type Ask, type Consequence, type Ending, makeAdmission } from "../../lm/limits/admission.ts";
import { DEFAULT_COOL_DOWN_MS } from "../../lm/limits/circuit-breaker.ts";
import { type CallEnd, type ClientLog, clientLog } from "./client-log.ts";
import { requestsAreWatched } from "./request-events.ts";
import { clientCircuit, clientPaused, tellRefusal } from "./client-events.ts";
import { type OpenCall, type ProviderState, makeProviderState } from "./provider-state.ts";
import { checkClientOptions, type ClientOptions } from "./client-options.ts";
import { closeAtEnd, openResource } from "./open-resource.ts";
import { ownName } from "../own-names.ts";
import { retrieverClient, type RetrieverClientOptions, type RetrieverClientSpec } from "./retriever-client.ts";
import { systemEnv } from "../system-env.ts";

export interface ClientSpec extends ChildSpec<ClientProtocol> {
  readonly kind: "client";
  readonly holds: "lm";
  readonly name: string;
  /** Names of the clients that are asked instead. */
  readonly fallback: readonly string[];
}

/** Leave to make one request. It is given back by telling how that was answered, or by ending: the client watches. */
export interface Permit {
  /** The open model; its keys stay inside. */
  readonly lm: LanguageModel;
  readonly client: ActorRef<ClientProtocol>;
}

export interface Acquire extends Ask {
  readonly type: "acquire";
  readonly terms: RunTerms;
  readonly about?: RequestAbout | undefined;
  /** For the history; only where contents may be kept. */
  readonly messages?: readonly LmMessage[];
}

/** A request's answer has come: what it cost. Failures are told by the end of the request's process. */
export interface Answered {
  readonly type: "answered";
  readonly holder: ActorRef;
  readonly answer: Pick<LmResponse, "usage" | "usd" | "model" | "rateLimit">;
  /** For the history; only where contents may be kept. */
  readonly completions?: readonly LmCompletion[];
}

/** A request's answer has begun. Sent only where somebody listens for when that was. */
export interface Began {
  readonly type: "began";
  readonly holder: ActorRef;
  /** By the system's clock. */
  readonly at: number;
}

export interface ClientProtocol extends Protocol {
  /** An error as the reply: there will be no permit. */
  readonly call: CallOf<Acquire, Permit | LmError>;
  readonly cast: Answered | Began;
  readonly info: { readonly type: "due" };
}

/**
 * An LM client as a supervised process: it holds the model (keys, connections, memory) and grants permits: as many at once
 * and as fast as its limits say, none while its circuit is open or its provider has asked for a pause. It makes no request
 * itself and never retries. With a `retriever` instead of an `lm`, the same for searches: see {@link RetrieverClientOptions}.
 *
 * @throws UsageError for options that make no sense
 */
export function client(options: RetrieverClientOptions): RetrieverClientSpec;
export function client(options: ClientOptions): ClientSpec;
export function client(options: ClientOptions | RetrieverClientOptions): ClientSpec | RetrieverClientSpec {
  if (typeof options === "object" && options !== null && "retriever" in options) return retrieverClient(options);
  checkClientOptions(options);
  const { name, fallback = [] } = options;
  const spec = worker({ id: name, behaviour: clientBehaviour, args: options, name: clientName(name).name });
  const told = { kind: "client", holds: "lm", name, fallback: Object.freeze([...fallback]) } as const;
  return Object.freeze({ ...spec, ...told });
}

/** Where a client is found in the registry. */
export function clientName(name: string): ActorName<ClientProtocol> {
  return actorName(ownName("client", name));
}

interface State {
  readonly options: ClientOptions;
  readonly lm: LanguageModel;
  /** The same for all. */
  readonly permit: Permit;
  /** By the process that asks. */
  readonly admission: Admission<ActorRef, From>;
  readonly memory: ProviderState;
  readonly log: ClientLog;
  now(): number;
  /** For the next moment at which something can start. */
  timer: { readonly at: number; readonly sending: Sending } | undefined;
}

type ClientSelf = Self<ClientProtocol>;

const clientBehaviour = behaviour<ClientOptions, State, ClientProtocol>({
  name: "client",
  trapExits: true,

  async init(options, self) {
    const { name, lm: spec, adapter, fallback = [], fallbackAfterMs, hedgeAfterMs } = options;
    const held = await openResource(self, (open) => spec.open(open));
    if (held === undefined) return { ignore: true };
    const { clients, prices } = systemEnv(self.runtime);
    const pricing = { prices, wallTime: () => self.runtime.clock.wallTime() };
    const { lm, price } = await openedModel(`client "${name}"`, held.opened, pricing);
    const { provider, model, identity, capabilities } = lm;
    const concurrency = options.limits?.concurrency ?? Infinity;
    const described = { provider, model, identity, capabilities, price, adapter, fallback, fallbackAfterMs };
    clients.set(name, { ...described, hedgeAfterMs, concurrency });
    closeAtEnd(self, lm);
    const memory = clients.remember(name, () => makeProviderState(options));
    // Whatever the last incarnation let through has ended with it.
    const { limiter, pace, breaker } = memory;
    breaker.forgetProbe();
    pace.forgetInFlight();
    limiter.cold();
    const log = clientLog(self.runtime, name, lm, memory);
    endAll(memory, log, self);
    return {
      state: {
        options,
        lm,
        permit: Object.freeze({ lm, client: self.ref }),
        admission: makeAdmission<ActorRef, From>({
          client: name,
          concurrency,
          limiter,
          pace,
          breaker,
          contextTokens: lm.contextTokens,
        }),
        memory,
        log,
        now: () => self.runtime.clock.now(),
        timer: undefined,
      },
    };
  },

  handleCall(state, request, from, self) {
    const holder = from.caller;
    if (holder === null) throw new UsageError("a permit is for a process: ask from an actor");
    const now = state.now();
    const verdict = state.admission.ask(holder, from, request, now);
    if (verdict?.kind === "refused") return { reply: verdict.error };
    const { terms, about, messages } = request;
    const call: OpenCall = {
      terms,
      about,
      messages,
      askedAt: now,
      grantedAt: verdict === undefined ? undefined : now,
      beganAt: undefined,
      from: requestsAreWatched() ? from : undefined,
    };
    // Its end gives the permit back; ours takes it along, since the model is closed with us.
    self.link(holder);
    state.memory.calls.set(holder, call);
    if (verdict === undefined) {
      arm(state, self, now);
      return undefined;
    }
    state.log.granted(holder, call);
    return { reply: state.permit };
  },

  handleCast(state, message, self) {
    const { holder } = message;
    if (message.type === "began") {
      const call = state.memory.calls.get(holder);
      if (call !== undefined) call.beganAt ??= message.at;
      return;
    }
    const { answer, completions } = message;
    const tokens = answer.usage.totalTokens;
    end(state, self, holder, { tokens, rateLimit: answer.rateLimit }, { outcome: "ok", answer, completions });
  },

  handleInfo(state, message, self) {
    switch (message.type) {
      case "due": {
        state.timer = undefined;
        return goOn(state, self, state.now());
      }
      case "EXIT":
        // A request that has ended without an answer.
        if (message.from === null) return;
        return end(state, self, message.from, ...endOf(message.reason));
      default:
        return;
    }
  },

  async terminate({ lm, memory, log }, _reason, self) {
    endAll(memory, log, self);
    await lm.close();
  },

  inspect: ({ options, lm, admission, memory, now }) => {
    return {
      kind: "client",
      provider: lm.provider,
      model: lm.model,
      inFlight: admission.inUse,
      waiting: admission.waiting,
      ...options.limits,
      circuit: memory.breaker.state(now()),
      ...memory.pace.shown(now()),
      ...(memory.refusals.standing && { refused: memory.refusals.standing }),
      usage: memory.ledger.report(),
    };
  },
});

/** The model is closed with the client, and whoever asks it goes with it. */
function endAll({ calls }: ProviderState, log: ClientLog, { runtime }: ClientSelf): void {
  const now = runtime.clock.now();
  for (const [holder, call] of calls) if (call.grantedAt !== undefined) log.ended(holder, call, CLIENT_DOWN, now);
  calls.clear();
}

const CLIENT_DOWN: CallEnd = Object.freeze({ outcome: "client_down" });

/** What the end of a request's process says. */
function endOf(reason: ExitReason): [Ending, CallEnd] {
  const failure = errorIn(reason);
  if (failure instanceof LmError) {
    const { code } = failure;
    const cost = costOfFailure(failure);
    const paid = cost && { tokens: cost.usage.totalTokens };
    const how = { outcome: code, failure, ...(cost && { answer: cost }) };
    return [code === "cancelled" ? { cancelled: true } : { failure, ...paid }, how];
  }
  return [{ cancelled: true }, { outcome: isClean(reason) ? "cancelled" : "request_crashed" }];
}

function end(state: State, self: ClientSelf, holder: ActorRef, ending: Ending, how: CallEnd): void {
  const call = state.memory.calls.get(holder);
  if (call === undefined) return;
  state.memory.calls.delete(holder);
  self.unlink(holder);
  const now = state.now();
  const consequence = state.admission.ended(holder, ending, now);
  if (call.grantedAt !== undefined) {
    state.log.ended(holder, call, how, now);
    noteRefusal(state, self, how);
  }
  if (consequence !== undefined) tell(state, self, consequence, ending);
  if (state.admission.waiting > 0) goOn(state, self, now);
}

function noteRefusal({ options, memory }: State, { runtime }: ClientSelf, { outcome, failure }: CallEnd): void {
  const { refusals } = memory;
  if (outcome === "ok") tellRefusal(runtime, options.name, "over", refusals.answered());
  else if (failure !== undefined)
    tellRefusal(runtime, options.name, "begun", refusals.failed(failure, runtime.clock.wallTime()));
}

/** Hands out what has fallen due, and waits for what will. */
function goOn(state: State, self: ClientSelf, now: number): void {
  for (const verdict of state.admission.due(now)) {
    const holder = verdict.waiter.caller;
    const call = holder === null ? undefined : state.memory.calls.get(holder);
    if (holder === null || call === undefined) continue;
    if (verdict.kind === "granted") {
      call.grantedAt = now;
      state.log.granted(holder, call);
      reply(verdict.waiter, state.permit);
    } else {
      state.memory.calls.delete(holder);
      self.unlink(holder);
      reply(verdict.waiter, verdict.error);
    }
  }
  arm(state, self, now);
}

/** One timer, for the first in line. */
function arm(state: State, self: ClientSelf, now: number): void {
  const at = state.admission.nextAt(now);
  if (state.timer !== undefined) {
    if (at !== undefined && state.timer.at <= at && at - state.timer.at < 1) return;
    state.timer.sending.cancel();
    state.timer = undefined;
  }
  if (at === undefined) return;
  // Timers keep whole milliseconds, and those that are early would only be set again.
  const ms = Math.max(1, Math.ceil(at - now));
  // It is for all that wait, and not for whoever happened to ask just now.
  state.timer = { at, sending: onOwnBehalf(self, () => self.sendAfter(self.ref, { type: "due" }, ms)) };
}

function tell(state: State, self: ClientSelf, consequence: Consequence, { failure }: Ending): void {
  const { options, admission } = state;
  const { runtime } = self;
  const about = { ...stamp(runtime), client: options.name };
  const { circuit, pausedForMs: ms } = consequence;
  if (ms !== undefined && failure !== undefined)
    clientPaused.publish({ ...about, ms, code: failure.code, waiting: admission.waiting });
  if (circuit === undefined) return;
  const coolDownMs = (options.circuitBreaker || undefined)?.coolDownMs ?? DEFAULT_COOL_DOWN_MS;
  clientCircuit.publish({ ...about, state: circuit, ...(circuit === "open" && { coolDownMs }) });
}
