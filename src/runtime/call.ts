// Asking an actor and waiting: for a reply (call), for its orderly end (stop), for its end whatever it is (down).
import type { CallOptions, StopOptions } from "./actor.ts";
import { type AsyncScope, captureScope } from "../foundation/async-scope.ts";
import { MAX_TIMER_MS } from "../foundation/clock.ts";
import { checkSignal, checkTimeout } from "../foundation/check-options.ts";
import { asError, describe, UsageError, warnOf } from "../foundation/errors.ts";
import type { ActorCell, RuntimeCore, Wait, Watcher } from "./actor-cell.ts";
import { describeTarget, type ActorRef, type Target } from "./actor-ref.ts";
import type { Waiting } from "./deadlines.ts";
import { enqueue, isFull, resolve, tellDeadLetter, tellOverflow } from "./delivery.ts";
import type { PendingReply, StopRequest } from "./envelope.ts";
import { checkReason, type ExitError, exitError, type ExitReason } from "./exit-reason.ts";
import { forEach, withItem, without } from "./small-set.ts";

/** OTP's default for `gen_server:call`. */
export const CALL_TIMEOUT_MS = 5_000;

/**
 * Sends a request and waits for the reply. Fails with an `ExitError` whose reason is `noproc` (nobody there),
 * `calling_self`, `timeout`, `busy` (the callee's mailbox is full), `cancelled` (the signal), or the callee's own
 * reason when it ends first.
 */
export function call(
  core: RuntimeCore,
  caller: ActorCell | undefined,
  target: Target,
  message: unknown,
  options: CallOptions = {},
): Promise<unknown> {
  let callee: ActorCell | undefined;
  try {
    checkCall(options);
    callee = resolve(core, target);
  } catch (thrown) {
    return Promise.reject(asError(thrown));
  }
  const failed = (reason: ExitReason): Promise<never> => Promise.reject(callFailed(target, reason));
  if (callee === undefined) {
    tellDeadLetter(core, target, "call");
    return failed("noproc");
  }
  if (callee === caller) return failed("calling_self");
  if (options.signal?.aborted) return failed("cancelled");
  if (isFull(callee)) {
    tellOverflow(callee, "call");
    return failed("busy");
  }
  return new Promise((resolvePromise, reject) => {
    const pending = new Call(core, target, callee, caller, options, resolvePromise, reject);
    enqueue(callee, { kind: "call", message, from: pending });
  });
}

/** Looked at before anything is done, so that a wrong call leaves nothing behind. */
function checkCall(options: CallOptions): void {
  if (typeof options !== "object" || options === null)
    throw new UsageError(`call: expected an object of options, got ${describe(options)}`);
  checkTimeout("call", "timeoutMs", options.timeoutMs);
  checkSignal("call", options.signal);
}

function callFailed(target: Target, reason: ExitReason): ExitError {
  return exitError(reason, "call", `call to ${describeTarget(target)} failed`);
}

// A class: one object for each call in flight, with its parts shared.
class Call implements PendingReply, Watcher, Wait, Waiting {
  readonly caller: ActorRef | null;
  readonly scope: AsyncScope = captureScope();
  waiting = true;
  due = 0;
  line: Waiting["line"] = undefined;
  before: Waiting | undefined = undefined;
  after: Waiting | undefined = undefined;
  readonly #core: RuntimeCore;
  readonly #target: Target;
  readonly #callee: ActorCell;
  readonly #callerCell: ActorCell | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort: (() => void) | undefined;
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: ExitError) => void;

  constructor(
    core: RuntimeCore,
    target: Target,
    callee: ActorCell,
    caller: ActorCell | undefined,
    options: CallOptions,
    resolvePromise: (value: unknown) => void,
    reject: (error: ExitError) => void,
  ) {
    this.#core = core;
    this.#target = target;
    this.#callee = callee;
    this.#callerCell = caller;
    this.caller = caller?.ref ?? null;
    this.#resolve = resolvePromise;
    this.#reject = reject;
    this.#signal = options.signal;
    if (options.signal !== undefined) {
      this.#onAbort = () => this.onDown("cancelled");
      // Before all else: a signal of somebody's own may throw here, and then nothing is to be left of the call.
      options.signal.addEventListener("abort", this.#onAbort, { once: true });
    }
    const timeoutMs = options.timeoutMs ?? CALL_TIMEOUT_MS;
    if (timeoutMs <= MAX_TIMER_MS) core.deadlines.add(this, timeoutMs);
    callee.watchers = withItem<Watcher>(callee.watchers, this);
    if (caller !== undefined) caller.waits = withItem<Wait>(caller.waits, this);
  }

  /**
   * A promise as the reply is waited for as the reply is: up to the timeout, or the callee's end. Handed to the caller's
   * promise as it is, it would be waited for without end, and by nobody where the caller has given up.
   */
  answer(value: unknown): void {
    if (isThenable(value)) {
      Promise.resolve(value).then(
        (kept) => this.answer(kept),
        (thrown: unknown) => this.onDown({ error: asError(thrown) }),
      );
    } else if (this.#close()) this.#resolve(value);
  }

  /** The caller has died: nobody is there to hear anything. */
  giveUp(): void {
    this.#close();
  }

  late(): void {
    this.onDown("timeout");
  }

  /** The callee has ended, or waiting has: either way there will be no reply. */
  onDown(reason: ExitReason): void {
    if (this.#close()) this.#reject(callFailed(this.#target, reason));
  }

  /** A signal of somebody's own may throw at it, which is not to keep the caller from the reply. */
  #stopListening(onAbort: () => void): void {
    try {
      this.#signal?.removeEventListener("abort", onAbort);
    } catch (thrown) {
      warnOf("a signal could not be left", thrown);
    }
  }

  #close(): boolean {
    if (!this.waiting) return false;
    this.waiting = false;
    if (this.line !== undefined) this.#core.deadlines.remove(this);
    this.#callee.watchers = without<Watcher>(this.#callee.watchers, this);
    if (this.#callerCell !== undefined) this.#callerCell.waits = without<Wait>(this.#callerCell.waits, this);
    if (this.#onAbort !== undefined) this.#stopListening(this.#onAbort);
    return true;
  }
}

/** What cannot be looked at is none, and fails the caller's promise alone. */
function isThenable(value: unknown): boolean {
  if ((typeof value !== "object" || value === null) && typeof value !== "function") return false;
  try {
    return "then" in value && typeof value.then === "function";
  } catch {
    return false;
  }
}

/**
 * Asks an actor to end in its turn: it runs `terminate` with the reason and ends. Fails with an `ExitError` of reason
 * `noproc`, `calling_self`, `timeout`, or the reason of the actor's end when that was not this stop's doing.
 */
export async function stop(
  core: RuntimeCore,
  caller: ActorCell | undefined,
  target: Target,
  reason: ExitReason,
  options: StopOptions = {},
): Promise<void> {
  checkReason("stop", reason);
  checkTimeout("stop", "timeoutMs", options.timeoutMs);
  const cell = resolve(core, target);
  const error = (why: ExitReason): ExitError => exitError(why, "call", `stopping ${describeTarget(target)} failed`);
  if (cell === undefined) throw error("noproc");
  if (cell === caller) throw error("calling_self");
  const request: StopRequest = { kind: "stop", reason, served: false };
  const ended = whenDown(core, caller, cell, options.timeoutMs ?? Infinity);
  enqueue(cell, request);
  const end = await ended;
  if (end === undefined) throw error("timeout");
  if (!request.served || !sameReason(end, reason)) throw error(end);
}

/** The reason of the actor's end; undefined when the time was over first. At once for the already dead. */
export function whenDown(
  core: RuntimeCore,
  waiter: ActorCell | undefined,
  cell: ActorCell,
  timeoutMs: number,
): Promise<ExitReason | undefined> {
  checkTimeout("whenDown", "timeoutMs", timeoutMs);
  if (cell.status === "dead") return Promise.resolve(cell.reason ?? "noproc");
  return new Promise((resolvePromise) => {
    const close = (): void => {
      if (timer !== undefined) core.clock.clearTimer(timer);
      cell.watchers = without(cell.watchers, watcher);
      if (waiter !== undefined) waiter.waits = without<Wait>(waiter.waits, wait);
    };
    const settle = (reason: ExitReason | undefined): void => {
      close();
      resolvePromise(reason);
    };
    const watcher: Watcher = { onDown: settle };
    const timer = timeoutMs === Infinity ? undefined : core.clock.setTimer(timeoutMs, () => settle(undefined));
    const wait: Wait = { giveUp: close };
    cell.watchers = withItem(cell.watchers, watcher);
    if (waiter !== undefined) waiter.waits = withItem(waiter.waits, wait);
  });
}

/**
 * The reason of the actor's end, once all actors that it had started linked have ended too. An orderly end leaves none;
 * those of a killed actor have only been signalled when it is gone, and run their last words after it.
 */
export async function whenTreeDown(cell: ActorCell): Promise<ExitReason> {
  if (cell.status === "dead") return cell.reason ?? "noproc";
  let children: readonly ActorCell[] = [];
  const reason = await new Promise<ExitReason>((resolvePromise) => {
    const onDown = (why: ExitReason): void => {
      children = childrenOf(cell);
      resolvePromise(why);
    };
    cell.watchers = withItem<Watcher>(cell.watchers, { onDown });
  });
  await Promise.all(children.map((child) => whenTreeDown(child)));
  return reason;
}

function sameReason(a: ExitReason, b: ExitReason): boolean {
  if (a === b) return true;
  if (typeof a === "string" || typeof b === "string") return false;
  return "shutdown" in a && "shutdown" in b && Object.is(a.shutdown, b.shutdown);
}

function childrenOf(cell: ActorCell): ActorCell[] {
  const children: ActorCell[] = [];
  forEach(cell.links, (linked) => {
    if (linked.parent === cell) children.push(linked);
  });
  return children;
}
