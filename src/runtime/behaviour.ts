import type { ActorRef, Protocol, RequestOf } from "./actor-ref.ts";
import type { ExitReason } from "./exit-reason.ts";
import type { Self } from "./self.ts";

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

/** Fixes the type parameters of a behaviour and freezes it. */
export function behaviour<Args, State, P extends Protocol = Protocol>(
  definition: Behaviour<Args, State, P>,
): Behaviour<Args, State, P> {
  return Object.freeze(definition);
}
