import type { ActorSnapshot, Behaviour, CallOptions, Runtime, StartOptions, StartResult } from "./actor.ts";
import { captureScope } from "../foundation/async-scope.ts";
import { type Clock, systemClock } from "../foundation/clock.ts";
import { describe } from "../foundation/errors.ts";
import { uniqueName } from "../foundation/random.ts";
import { type ActorCell, type Death, LocalRef, type RuntimeCore } from "./actor-cell.ts";
import { type Protocol, type ReplyOf, type RequestOf, type Target } from "./actor-ref.ts";
import { call, stop, whenDown, whenTreeDown } from "./call.ts";
import { signal } from "./death.ts";
import { post, resolve } from "./delivery.ts";
import { makeDeadlines } from "./deadlines.ts";
import { checkReason } from "./exit-reason.ts";
import { FifoQueue } from "../foundation/queue.ts";
import { nactScheduler } from "./nact-host.ts";
import { register, unregister } from "./names.ts";
import { makeSelf } from "./self.ts";
import { startActor } from "./start.ts";
import { sendAfter } from "./timers.ts";
import { closeTurn, goOn, isPromise, takeTurn } from "./turn.ts";

export interface RuntimeOptions {
  /** Shown in telemetry. Default `"dspex"`. */
  readonly name?: string;
  /** Default: real time. */
  readonly clock?: Clock;
  /** What actors may look up on `runtime.env`, as OTP's applications do in their environment. Default: undefined. */
  readonly env?: unknown;
}

/** A runtime with no actors yet. Systems make one for themselves; take one for actors without a system. */
export function createRuntime(options: RuntimeOptions = {}): Runtime {
  const scope = captureScope();
  const outside: Runtime = {
    name: options.name ?? "dspex",
    id: uniqueName(),
    clock: options.clock ?? systemClock,
    env: options.env,
    // The casts below give back the types that cells do not keep.
    start: <Args, State, P extends Protocol>(
      behaviour: Behaviour<Args, State, P>,
      args: Args,
      startOptions: StartOptions = {},
    ) => {
      const started = startActor(core, behaviour, args, undefined, startOptions);
      return Promise.resolve(started as Promise<StartResult<P>> | StartResult<P>);
    },
    call: <P extends Protocol, const R extends RequestOf<P>>(
      target: Target<P>,
      request: R,
      callOptions?: CallOptions,
    ) => call(core, undefined, target, request, callOptions) as Promise<ReplyOf<P, R>>,
    cast: (target, message) => post(core, target, "cast", message),
    info: (target, message) => post(core, target, "info", message),
    sendAfter: (target, message, ms) => sendAfter(core, target, message, ms),
    stop: (target, reason = "normal", stopOptions) => stop(core, undefined, target, reason, stopOptions),
    exitSignal: (target, reason) => {
      checkReason("exitSignal", reason);
      const cell = resolve(core, target);
      if (cell !== undefined) signal(cell, null, reason, "send");
    },
    whenDown: (target, timeoutMs = Infinity) => whenDown(core, undefined, LocalRef.cell(target), timeoutMs),
    whenTreeDown: (target) => whenTreeDown(LocalRef.cell(target)),
    whereis: (name) => core.names.get(name)?.ref,
    register: (name, ref) => register(core, name, LocalRef.cell(ref)),
    unregister: (name) => unregister(core, name),
    names: () => [...core.names.keys()],
    isAlive: (ref) => LocalRef.cell(ref).status !== "dead",
    inspect: (ref) => inspect(LocalRef.cell(ref)),
    activity: () => ({ live: core.live, scheduled: core.scheduled, busy: core.busy }),
    dispose: () => core.scheduler.stop(),
  };
  const core: RuntimeCore = {
    name: outside.name,
    id: outside.id,
    clock: outside.clock,
    scope,
    scheduler: nactScheduler(takeTurn, closeTurn),
    goOn,
    makeSelf,
    outside: Object.freeze(outside),
    deadlines: makeDeadlines(outside.clock, scope),
    names: new Map(),
    deaths: new FifoQueue<Death>(),
    tellingDeaths: false,
    lastId: 0,
    live: 0,
    scheduled: 0,
    busy: 0,
  };
  return core.outside;
}

function inspect(cell: ActorCell): ActorSnapshot | undefined {
  if (cell.status === "dead") return undefined;
  return {
    id: cell.id,
    label: cell.label,
    name: cell.name,
    behaviour: cell.behaviour.name,
    status: cell.status,
    mailbox: cell.mailbox.length,
    uptimeMs: cell.core.clock.now() - cell.startedAt,
    ...(cell.status === "init" ? { state: undefined } : inspected(cell)),
  };
}

/** A bug in one actor's `inspect` is that actor's alone, and blinds nobody to the others. */
function inspected({ behaviour, state }: ActorCell): Pick<ActorSnapshot, "state" | "inspectFailed"> {
  try {
    const told = behaviour.inspect?.(state);
    if (!isPromise(told)) return { state: told };
    // Whatever it comes to, nobody waits for it.
    Promise.resolve(told).catch(() => {});
    return { state: undefined, inspectFailed: "it gave a promise, and is asked for what is so now" };
  } catch (thrown) {
    return { state: undefined, inspectFailed: describe(thrown) };
  }
}
