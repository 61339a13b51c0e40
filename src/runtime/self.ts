import type {
  Behaviour,
  CallOptions,
  From,
  MonitorRef,
  Runtime,
  Self,
  Sending,
  StartOptions,
  StartResult,
  StopOptions,
} from "./actor.ts";
import { checkDelay } from "../foundation/check-options.ts";
import { sleep } from "../foundation/clock.ts";
import { UsageError } from "../foundation/errors.ts";
import { type ActorCell, LocalRef, type Watcher } from "./actor-cell.ts";
import { type ActorRef, type Protocol, type ReplyOf, type RequestOf, type Target } from "./actor-ref.ts";
import { call, stop, whenDown } from "./call.ts";
import { link, signal, unlink } from "./death.ts";
import { post, resolve } from "./delivery.ts";
import type { PendingReply } from "./envelope.ts";
import { checkReason, exitError, type ExitReason } from "./exit-reason.ts";
import { ifAlive } from "./if-alive.ts";
import { demonitor, monitor } from "./monitors.ts";
import { register, unregister } from "./names.ts";
import { withItem } from "./small-set.ts";
import { startActor } from "./start.ts";
import { sendAfter, sendAt } from "./timers.ts";

/** The type that cells do not keep. */
type Started<Q extends Protocol> = Promise<StartResult<Q>> | StartResult<Q>;

export function makeSelf(cell: ActorCell): Self<Protocol> {
  return new LiveSelf(cell);
}

/** Answers a call later than in its handler. Late, second and unwanted replies are dropped without a trace. */
export function reply(from: From, value: unknown): void {
  // Froms are made by calls alone, and a PendingReply is what those make.
  (from as PendingReply).answer(value);
}

/**
 * Does something for whoever made the call, later than in its handler: in the caller's async context, as a handler does
 * it, so that what is started there is the caller's.
 */
export function onBehalfOf<T>(from: From, work: () => T): T {
  // As above.
  return (from as PendingReply).scope.runInAsyncScope(work);
}

/** Does something that is the actor's own affair, whoever's call is in hand: in the context in which it was started. */
export function onOwnBehalf<T>(self: Self, work: () => T): T {
  return cellOf(self).scope.runInAsyncScope(work);
}

/** Does something when the actor has ended, however it did: for less than a listener on its signal costs. */
export function whenEnded(self: Self, end: (reason: ExitReason) => void): void {
  const cell = cellOf(self);
  cell.watchers = withItem<Watcher>(cell.watchers, { onDown: end });
}

/**
 * What the actor's signal was for is done: whoever still listens does not hear of its end any more, which to tell costs
 * more than the rest of it.
 */
export function signalIsDone(self: Self): void {
  cellOf(self).life = undefined;
}

/**
 * `self.startLink` of an actor whose `init` is a plain function and cannot fail: it is there at once, and nobody waits for
 * it.
 */
export function startedNow<Args, State, Q extends Protocol>(
  self: Self,
  behaviour: Behaviour<Args, State, Q>,
  args: Args,
): ActorRef<Q> {
  const cell = LiveSelf.alive(self as LiveSelf);
  const started = startActor(cell.core, behaviour, args, cell, NO_OPTIONS) as Started<Q>;
  if (started instanceof Promise || started.status !== "ok")
    throw new UsageError(`${behaviour.name}: its init must be a plain function that gives a state`);
  return started.ref;
}

const NO_OPTIONS: StartOptions = Object.freeze({});

/**
 * `self.sendAfter` to itself of what hardly ever comes, as the actor has ended by then: all those of one length share one
 * timer.
 *
 * @param dueAt by the runtime's clock
 * @param length milliseconds: how far ahead such moments lie
 */
export function sendToSelfAt<Q extends Protocol>(
  self: Self<Q>,
  message: Q["info"],
  dueAt: number,
  length: number,
): void {
  sendAt(LiveSelf.alive(self as LiveSelf), message, dueAt, length);
}

/** The actor whose self this is. */
export function cellOf(self: Self): ActorCell {
  // Selves are made here alone.
  return LiveSelf.cell(self as LiveSelf);
}

// A class, so that an actor costs one small object for it instead of twenty closures.
class LiveSelf implements Self<Protocol> {
  readonly #cell: ActorCell;

  constructor(cell: ActorCell) {
    this.#cell = cell;
  }

  static cell(self: LiveSelf): ActorCell {
    return self.#cell;
  }

  static alive(self: LiveSelf): ActorCell {
    return self.#alive;
  }

  /** The cell, if it may still act. */
  get #alive(): ActorCell {
    if (this.#cell.status === "dead") throw exitError(this.#cell.reason ?? "noproc");
    return this.#cell;
  }

  get ref(): ActorRef<Protocol> {
    return this.#cell.ref;
  }

  get name(): string | undefined {
    return this.#cell.name;
  }

  get label(): string {
    return this.#cell.label;
  }

  get runtime(): Runtime {
    return this.#cell.core.outside;
  }

  get signal(): AbortSignal {
    const cell = this.#cell;
    if (cell.life === undefined) {
      cell.life = new AbortController();
      if (cell.status === "dead") cell.life.abort(exitError(cell.reason ?? "noproc"));
    }
    return cell.life.signal;
  }

  startLink<Args, State, Q extends Protocol>(
    behaviour: Behaviour<Args, State, Q>,
    args: Args,
    options: StartOptions = {},
  ): Promise<StartResult<Q>> {
    const cell = this.#alive;
    return ifAlive(cell, startActor(cell.core, behaviour, args, cell, options) as Started<Q>);
  }

  start<Args, State, Q extends Protocol>(
    behaviour: Behaviour<Args, State, Q>,
    args: Args,
    options: StartOptions = {},
  ): Promise<StartResult<Q>> {
    const cell = this.#alive;
    return ifAlive(cell, startActor(cell.core, behaviour, args, undefined, options) as Started<Q>);
  }

  call<Q extends Protocol, const R extends RequestOf<Q>>(
    target: Target<Q>,
    request: R,
    options?: CallOptions,
  ): Promise<ReplyOf<Q, R>> {
    const cell = this.#alive;
    // The protocol says what the callee replies; nothing at run time knows. It keeps to the rules of `ifAlive` by itself.
    return call(cell.core, cell, target, request, options) as Promise<ReplyOf<Q, R>>;
  }

  cast<Q extends Protocol>(target: Target<Q>, message: Q["cast"]): void {
    post(this.#alive.core, target, "cast", message);
  }

  info<Q extends Protocol>(target: Target<Q>, message: Q["info"]): void {
    post(this.#alive.core, target, "info", message);
  }

  sendAfter<Q extends Protocol>(target: Target<Q>, message: Q["info"], ms: number): Sending {
    return sendAfter(this.#alive.core, target, message, ms);
  }

  stop(target: Target, reason: ExitReason = "normal", options?: StopOptions): Promise<void> {
    const cell = this.#alive;
    return ifAlive(cell, stop(cell.core, cell, target, reason, options));
  }

  exitSignal(target: Target, reason: ExitReason): void {
    const cell = this.#alive;
    checkReason("exitSignal", reason);
    const other = resolve(cell.core, target);
    if (other !== undefined) signal(other, cell, reason, "send");
  }

  exit(reason: ExitReason): never {
    throw exitError(reason);
  }

  link(other: ActorRef): void {
    link(this.#alive, LocalRef.cell(other));
  }

  unlink(other: ActorRef): void {
    unlink(this.#alive, LocalRef.cell(other));
  }

  monitor(target: Target): MonitorRef {
    return monitor(this.#alive, target);
  }

  demonitor(ref: MonitorRef, options: { readonly flush?: boolean } = {}): void {
    void this.#alive;
    demonitor(this.#cell, ref, options.flush ?? false);
  }

  whenDown(target: ActorRef, timeoutMs = Infinity): Promise<ExitReason | undefined> {
    const cell = this.#alive;
    return ifAlive(cell, whenDown(cell.core, cell, LocalRef.cell(target), timeoutMs));
  }

  trapExits(value: boolean): void {
    this.#alive.trapExits = value;
  }

  register(name: string): void {
    const cell = this.#alive;
    register(cell.core, name, cell);
  }

  unregister(name: string): void {
    unregister(this.#alive.core, name);
  }

  whereis(name: string): ActorRef | undefined {
    return this.#alive.core.names.get(name)?.ref;
  }

  isAlive(ref: ActorRef): boolean {
    void this.#alive;
    return LocalRef.cell(ref).status !== "dead";
  }

  sleep(ms: number): Promise<void> {
    const cell = this.#alive;
    checkDelay("sleep", "the time", ms);
    return ifAlive(cell, sleep(cell.core.clock, ms, this.signal));
  }
}
