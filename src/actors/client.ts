import type { Adapter } from "../adapters/adapter.ts";
import { describe, UsageError } from "../foundation/errors.ts";
import type { LanguageModel, LmSpec } from "../lm/language-model.ts";
import { type ActorRef, type ActorName, actorName, type CallOf, type Protocol } from "../runtime/actor-ref.ts";
import { behaviour, type From } from "../runtime/behaviour.ts";
import { reply, type Self } from "../runtime/self.ts";
import { type ChildSpec, worker } from "../supervisors/child-spec.ts";
import { makePermits, type Permits } from "./permits.ts";
import { systemEnv } from "./system-env.ts";

export interface ClientLimits {
  /** Requests in flight at once. Default: no limit. */
  readonly concurrency?: number;
}

export interface ClientOptions {
  /** What programs call it. */
  readonly name: string;
  /** Opened at each start of the client's process: `openai(…)`, `llama(…)`, `scripted([…])`. */
  readonly lm: LmSpec;
  /** The layout for its model, where a program or a call does not say otherwise. Default: what fits the model. */
  readonly adapter?: Adapter;
  readonly limits?: ClientLimits;
}

export interface ClientSpec extends ChildSpec<ClientProtocol> {
  readonly kind: "client";
  readonly name: string;
}

/** Leave to make one request. It is given back by ending: the client watches whom it gave one. */
export interface Permit {
  /** The open model; its keys stay inside. */
  readonly lm: LanguageModel;
  readonly client: ActorRef<ClientProtocol>;
}

export interface ClientProtocol extends Protocol {
  readonly call: CallOf<{ readonly type: "acquire" }, Permit>;
  readonly cast: never;
  readonly info: never;
}

/**
 * An LM client as a supervised process: it holds the model (keys, connections, memory) and grants permits, first in
 * first out. It makes no request itself and never retries.
 *
 * @throws UsageError for a name or a model that is none
 */
export function client(options: ClientOptions): ClientSpec {
  const { name, lm, limits } = options;
  if (typeof name !== "string" || name === "")
    throw new UsageError(`client: name must be a text that is not empty, got ${describe(name)}`);
  if (lm?.kind !== "lm" || typeof lm.open !== "function")
    throw new UsageError(`client "${name}": lm must be a model such as openai("…") or llama(), got ${describe(lm)}`);
  const concurrency = limits?.concurrency;
  if (concurrency !== undefined && !(Number.isInteger(concurrency) && concurrency > 0))
    throw new UsageError(
      `client "${name}": limits.concurrency must be a whole number above 0, got ${describe(concurrency)}`,
    );
  const spec = worker({ id: name, behaviour: clientBehaviour, args: options, name: clientName(name).name });
  return Object.freeze({ ...spec, kind: "client" as const, name });
}

/** Where a client is found in the registry. */
export function clientName(name: string): ActorName<ClientProtocol> {
  return actorName(`client/${name}`);
}

interface State {
  readonly lm: LanguageModel;
  readonly limit: number | undefined;
  /** By the process that asks. */
  readonly permits: Permits<ActorRef, From>;
}

const clientBehaviour = behaviour<ClientOptions, State, ClientProtocol>({
  name: "client",
  trapExits: true,

  async init({ name, lm: spec, adapter, limits }, self) {
    const lm = await spec.open({ signal: self.signal });
    const { provider, model, identity, capabilities } = lm;
    systemEnv(self.runtime).clients.set(name, { provider, model, identity, capabilities, adapter });
    closeAtEnd(self, lm);
    const limit = limits?.concurrency;
    return { state: { lm, limit, permits: makePermits(limit ?? Infinity) } };
  },

  handleCall(state, _request, from, self) {
    const holder = from.caller;
    if (holder === null) throw new UsageError("a permit is for a process: ask from an actor");
    self.monitor(holder);
    if (state.permits.acquire(holder, from) === "granted") return { reply: permit(state, self) };
    return undefined;
  },

  handleInfo(state, message, self) {
    // A request that has ended, in whatever way.
    if (message.type !== "DOWN" || message.ref === null) return;
    const next = state.permits.release(message.ref);
    if (next !== undefined) reply(next, permit(state, self));
  },

  async terminate({ lm }) {
    await lm.close();
  },

  inspect: ({ lm, limit, permits }) => ({
    kind: "client",
    provider: lm.provider,
    model: lm.model,
    inFlight: permits.inUse,
    waiting: permits.waiting,
    ...(limit !== undefined && { concurrency: limit }),
  }),
});

function permit({ lm }: State, self: Self<ClientProtocol>): Permit {
  return { lm, client: self.ref };
}

/** A killed process runs no `terminate`; what it holds is freed all the same. */
function closeAtEnd(self: Self<ClientProtocol>, lm: LanguageModel): void {
  // Nobody is left to hear of a close that fails.
  self.signal.addEventListener("abort", () => void lm.close().catch(() => {}), { once: true });
}
