// What an actor is to those who write one and to those who ask one: behaviours, the views from inside and from outside,
// and what these take and give. All of it types, in one file since they are about one another.
import type { Clock } from "../foundation/clock.ts";
import type { ActorRef, Protocol, ReplyOf, RequestOf, Target } from "./actor-ref.ts";
import type { ExitReason } from "./exit-reason.ts";

/**
 * What an actor does: OTP's GenServer contract. Handlers get the state and give the next one; each may be async, and
 * the actor takes no other message before it is done. A handler that throws ends its actor.
 */
export interface Behaviour<Args, State, P extends Protocol = Protocol> {
  /** For logs and trees. */
  readonly name: string;
  /** Whether exits of linked actors come as messages. Default false. A child with a `terminate` wants true, as in OTP. */
  readonly trapExits?: boolean;
  /** Most messages waiting; more calls fail with `busy`, more casts and infos are dropped, loudly. Default: no bound. */
  readonly mailboxLimit?: number;
  /**
   * The reason with which it ends when its parent has ended as `normal`, which takes no linked actor along. Left out: it
   * lives on.
   * @internal
   */
  readonly endsAsOrphan?: ExitReason;
  /** Runs before the start is acknowledged. Throwing, or `stop`, fails the start; `ignore` declines it. */
  init(args: Args, self: Self<P>): InitResult<State> | Promise<InitResult<State>>;
  handleCall?(state: State, request: RequestOf<P>, from: From, self: Self<P>): Handled<State>;
  handleCast?(state: State, message: P["cast"], self: Self<P>): Handled<State>;
  /** Plain messages, timers, and what the runtime itself tells: see {@link RuntimeMessage}. */
  handleInfo?(state: State, message: P["info"] | RuntimeMessage, self: Self<P>): Handled<State>;
  handleContinue?(state: State, message: unknown, self: Self<P>): Handled<State>;
  /** Last words. Runs when the actor stops by itself, by a crash of a handler, by request, or, if it traps, by its parent. */
  terminate?(state: State, reason: ExitReason, self: Self<P>): unknown;
  /**
   * What the state looks like to an observer: an object of plain data, nothing secret. Its `children`, child infos such as
   * a supervisor tells, hang below it in the tree.
   */
  inspect?(state: State): unknown;
}

export type InitResult<State> =
  | (AfterHandler & { readonly state: State })
  | { readonly ignore: true }
  | { readonly stop: ExitReason };

/**
 * What a handler gives back. Without `state`, the state stays; giving back nothing at all is the same as `{}`.
 * `reply` answers the call in hand (the key counts, so `undefined` is a reply too). With `stop`, the actor runs
 * `terminate`, then replies, then ends.
 */
export interface Next<State> extends AfterHandler {
  readonly state?: State;
  readonly reply?: unknown;
  readonly stop?: ExitReason;
}

interface AfterHandler {
  /** Handled at once by `handleContinue`, before anything in the mailbox. */
  readonly continue?: unknown;
  /** A `{ type: "timeout" }` message comes when nothing else does for so many milliseconds. */
  readonly idleMs?: number;
}

// `void`: handlers that change nothing need no return statement.
// oxlint-disable-next-line typescript/no-invalid-void-type
export type Handled<State> = Next<State> | undefined | void | Promise<Next<State> | undefined | void>;

/** Who asked. Kept, it lets the reply be given later: `reply(from, value)`. */
export interface From {
  /** The asking actor; null for code outside of actors. */
  readonly caller: ActorRef | null;
  /** False once the caller has its reply, gave up, or died: no use computing an answer. */
  readonly waiting: boolean;
}

/** A linked actor ended, or somebody sent an exit signal; comes only to actors that trap exits. */
export interface ExitMessage {
  readonly type: "EXIT";
  /** Null when the signal came from outside of actors. */
  readonly from: ActorRef | null;
  readonly reason: ExitReason;
}

/** A monitored actor ended (or was not there: `noproc`). Exactly one for each monitor. */
export interface DownMessage {
  readonly type: "DOWN";
  readonly monitor: MonitorRef;
  /** Null when a name was monitored that nobody had. */
  readonly ref: ActorRef | null;
  readonly reason: ExitReason;
}

/** The idle timeout, set by `idleMs`, has passed. */
export interface TimeoutMessage {
  readonly type: "timeout";
}

/** The value of a task that this actor started and has not awaited; a `DOWN` follows (Elixir's `{ref, reply}`). */
export interface ReplyMessage {
  readonly type: "REPLY";
  /** The task, as `task.async` gave it. */
  readonly task: MonitorRef;
  readonly value: unknown;
}

export type RuntimeMessage = ExitMessage | DownMessage | TimeoutMessage | ReplyMessage;

declare const monitorBrand: unique symbol;
export interface MonitorRef {
  readonly [monitorBrand]?: never;
}

/**
 * An actor's own view of the runtime: what OTP does with the calling process is done with this. Once the actor has
 * ended, every method throws its exit and nothing it awaits ever resumes, so what is left of a handler can do no harm.
 */
export interface Self<P extends Protocol = never> {
  readonly ref: ActorRef<P>;
  readonly name: string | undefined;
  readonly label: string;
  /** The outside view, for what is not done as an actor. */
  readonly runtime: Runtime;
  /** Aborted when the actor ends, in whatever way: for the sockets, timers and work it has under way. */
  readonly signal: AbortSignal;

  /** Starts an actor that is linked to this one; this one becomes its parent. */
  startLink<Args, State, Q extends Protocol>(
    behaviour: Behaviour<Args, State, Q>,
    args: Args,
    options?: StartOptions,
  ): Promise<StartResult<Q>>;
  /** Starts an actor that has no parent and no link. */
  start<Args, State, Q extends Protocol>(
    behaviour: Behaviour<Args, State, Q>,
    args: Args,
    options?: StartOptions,
  ): Promise<StartResult<Q>>;
  /** Sends a request and waits for the reply. Rejects with an `ExitError`; not caught, it ends this actor. */
  call<Q extends Protocol, const R extends RequestOf<Q>>(
    target: Target<Q>,
    request: R,
    options?: CallOptions,
  ): Promise<ReplyOf<Q, R>>;
  cast<Q extends Protocol>(target: Target<Q>, message: Q["cast"]): void;
  info<Q extends Protocol>(target: Target<Q>, message: Q["info"]): void;
  sendAfter<Q extends Protocol>(target: Target<Q>, message: Q["info"], ms: number): Sending;
  /** Stops another actor in an orderly way and waits until it is gone. Default reason `"normal"`. */
  stop(target: Target, reason?: ExitReason, options?: StopOptions): Promise<void>;
  /** Sends an exit signal. `"kill"` cannot be trapped. */
  exitSignal(target: Target, reason: ExitReason): void;
  /** Leaves the handler and ends this actor, after `terminate`. */
  exit(reason: ExitReason): never;
  link(other: ActorRef): void;
  unlink(other: ActorRef): void;
  monitor(target: Target): MonitorRef;
  demonitor(monitor: MonitorRef, options?: { readonly flush?: boolean }): void;
  /** Waits, in the handler, for another actor's end: its reason, or undefined when the time is over first. */
  whenDown(target: ActorRef, timeoutMs?: number): Promise<ExitReason | undefined>;
  trapExits(value: boolean): void;
  /** @throws BadNameError */
  register(name: string): void;
  /** @throws BadNameError */
  unregister(name: string): void;
  whereis(name: string): ActorRef | undefined;
  isAlive(ref: ActorRef): boolean;
  /** Blocks the actor, not the event loop. */
  sleep(ms: number): Promise<void>;
}

/** One node: a set of actors with one registry of names and one clock. This is the view from outside of actors. */
export interface Runtime {
  readonly name: string;
  /** Unlike any other's: `systemId` of its telemetry. */
  readonly id: string;
  readonly clock: Clock;
  /** As given to {@link createRuntime}; who put it there knows what it is. */
  readonly env: unknown;
  /** Starts an actor with neither parent nor link. */
  start<Args, State, P extends Protocol>(
    behaviour: Behaviour<Args, State, P>,
    args: Args,
    options?: StartOptions,
  ): Promise<StartResult<P>>;
  /** @throws ExitError (rejects) */
  call<P extends Protocol, const R extends RequestOf<P>>(
    target: Target<P>,
    request: R,
    options?: CallOptions,
  ): Promise<ReplyOf<P, R>>;
  cast<P extends Protocol>(target: Target<P>, message: P["cast"]): void;
  info<P extends Protocol>(target: Target<P>, message: P["info"]): void;
  sendAfter<P extends Protocol>(target: Target<P>, message: P["info"], ms: number): Sending;
  /** @throws ExitError (rejects) */
  stop(target: Target, reason?: ExitReason, options?: StopOptions): Promise<void>;
  exitSignal(target: Target, reason: ExitReason): void;
  whenDown(target: ActorRef, timeoutMs?: number): Promise<ExitReason | undefined>;
  /** The same, once everything that the actor had started linked has ended with it, however far down. */
  whenTreeDown(target: ActorRef): Promise<ExitReason>;
  whereis(name: string): ActorRef | undefined;
  /** @throws BadNameError */
  register(name: string, ref: ActorRef): void;
  /** @throws BadNameError */
  unregister(name: string): void;
  /** Every name that is taken now, in the order in which they were. */
  names(): string[];
  isAlive(ref: ActorRef): boolean;
  inspect(ref: ActorRef): ActorSnapshot | undefined;
  /** Whether anything runs or is about to: what a test waits on. */
  activity(): Activity;
  /** Gives the scheduler up. Actors that are still there never run again: stop them first. */
  dispose(): void;
}

export interface Activity {
  readonly live: number;
  /** Turns that are coming. */
  readonly scheduled: number;
  /** Actors inside a handler, waiting ones included. */
  readonly busy: number;
}

export interface ActorSnapshot {
  readonly id: number;
  readonly label: string;
  readonly name: string | undefined;
  readonly behaviour: string;
  readonly status: ActorStatus;
  readonly mailbox: number;
  readonly uptimeMs: number;
  /** What the behaviour's `inspect` says, where it has one. */
  readonly state: unknown;
  /** What went wrong where `inspect` threw, or gave a promise: `state` is undefined then. */
  readonly inspectFailed?: string;
}

export interface StartOptions {
  /** Taken before `init` runs and freed at the end. */
  readonly name?: string;
  /** What trees and logs call it. Default: its name, else the behaviour's. */
  readonly label?: string;
  /** Milliseconds for `init`; then the new actor is killed and the start fails with `timeout`. Default `Infinity`. */
  readonly timeoutMs?: number;
  /** Overrides the behaviour's `trapExits`. */
  readonly trapExits?: boolean;
}

export type StartResult<P extends Protocol = never> =
  | { readonly status: "ok"; readonly ref: ActorRef<P> }
  | { readonly status: "ignore" }
  /** `ref`: who has the name, when the reason is `already_started`. */
  | { readonly status: "error"; readonly reason: ExitReason; readonly ref?: ActorRef };

export interface CallOptions {
  /** Milliseconds to wait for the reply; `Infinity` for ever. Default 5,000, as in OTP. */
  readonly timeoutMs?: number;
  /** Stops waiting, as the timeout does: the callee is not told, and its reply is dropped. */
  readonly signal?: AbortSignal;
}

export interface StopOptions {
  /** Milliseconds to wait for the end. Default `Infinity`, as in OTP. The request stays when the time is over. */
  readonly timeoutMs?: number;
}

/** A message on its way through time. */
export interface Sending {
  /** True if it was stopped in time; false when it has fired, was cancelled, or its target is gone. */
  cancel(): boolean;
  /** @internal The target is gone. */
  drop(): void;
}

/**
 * Where an actor is in its life. `idle` may take a message; `busy` is inside a handler (perhaps waiting in it); `init`
 * and `terminating` are inside those two; `dead` is for ever: a restart is a new cell.
 */
export type ActorStatus = "init" | "idle" | "busy" | "terminating" | "dead";
