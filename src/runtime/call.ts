// Asking an actor and waiting: for a reply (call), for its orderly end (stop), for its end whatever it is (down).
import type { CallOptions, StopOptions } from "./actor.ts";
import { type AsyncScope, captureScope } from "../foundation/async-scope.ts";
import { MAX_TIMER_MS, type Timer } from "../foundation/clock.ts";
import { heard } from "../foundation/heard.ts";
import { checkSignal, checkTimeout } from "../foundation/check-options.ts";
import { asError, describe, UsageError, warnOf } from "../foundation/errors.ts";
import type { ActorCell, RuntimeCore, Wait, Watcher } from "./actor-cell.ts";
import { describeTarget, type ActorRef, type Target } from "./actor-ref.ts";
import type { Waiting } from "./deadlines.ts";
import { enqueue, isFull, resolve, tellDeadLetter, tellOverflow } from "./delivery.ts";
import type { PendingReply, StopRequest } from "./envelope.ts";
import { checkReason, type ExitError, exitError, type ExitReason } from "./exit-reason.ts";
import { ifAlive } from "./if-alive.ts";
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
    return rejected(caller, asError(thrown));
  }
  if (callee === undefined) {
    tellDeadLetter(core, target, "call");
    return rejected(caller, callFailed(target, "noproc"));
  }
  if (callee === caller) return rejected(caller, callFailed(target, "calling_self"));
  if (options.signal?.aborted) return rejected(caller, callFailed(target, "cancelled"));
  if (isFull(callee)) {
    tellOverflow(callee, "call");
    return rejected(caller, callFailed(target, "busy"));
  }
  const settled = Promise.withResolvers<unknown>();
  let pending: Call;
  try {
    pending = new Call(target, callee, caller, options, settled);
  } catch (thrown) {
    return rejected(caller, asError(thrown));
  }
  enqueue(callee, { kind: "call", message, from: pending });
  return settled.promise;
}

function rejected(caller: ActorCell | undefined, why: Error): Promise<never> {
  const failed = Promise.reject(why);
  return caller === undefined ? failed : ifAlive(caller, failed);
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

/**
 * The asking side of a call in flight. A class: one object with its parts shared, and no closures.
 *
 * Where an actor asks, the reply is for its code alone: the promise of one that has ended meanwhile never settles (see
 * `ifAlive`), and one that fails before anybody awaits it is the handler's affair and not the process's.
 */
class Call implements PendingReply, Watcher, Wait, Waiting {
  readonly scope: AsyncScope = captureScope();
  waiting = true;
  readonly due: number;
  line: Waiting["line"] = undefined;
  before: Waiting | undefined = undefined;
  after: Waiting | undefined = undefined;
  readonly #target: Target;
  readonly #callee: ActorCell;
  readonly #caller: ActorCell | undefined;
  readonly #promise: Promise<unknown>;
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: ExitError) => void;
  readonly #leaveSignal: (() => void) | undefined;

  constructor(
    target: Target,
    callee: ActorCell,
    caller: ActorCell | undefined,
    { signal, timeoutMs = CALL_TIMEOUT_MS }: CallOptions,
    { promise, resolve: resolvePromise, reject }: PromiseWithResolvers<unknown>,
  ) {
    this.#target = target;
    this.#callee = callee;
    this.#caller = caller;
    this.#promise = promise;
    this.#resolve = resolvePromise;
    this.#reject = reject;
    // Before all else: a signal of somebody's own may throw here, and then nothing is to be left of the call.
    this.#leaveSignal = signal && whenAborted(signal, () => this.onDown("cancelled"));
    this.due = timeoutMs === Infinity ? Infinity : callee.core.clock.now() + timeoutMs;
    if (timeoutMs <= MAX_TIMER_MS) callee.core.deadlines.add(this, timeoutMs);
    callee.watchers = withItem<Watcher>(callee.watchers, this);
    if (caller !== undefined) caller.waits = withItem<Wait>(caller.waits, this);
  }

  get caller(): ActorRef | null {
    return this.#caller?.ref ?? null;
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
    } else if (this.#close()) this.#settle(value, undefined);
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
    if (this.#close()) this.#settle(undefined, callFailed(this.#target, reason));
  }

  #settle(value: unknown, failure: ExitError | undefined): void {
    if (this.#caller === undefined) return this.#tell(value, failure);
    // In a reaction, as if the caller's code were told of it by one: the caller may end before that.
    void NEXT.then(() => {
      if (this.#caller?.status !== "dead") this.#tell(value, failure);
    });
  }

  #tell(value: unknown, failure: ExitError | undefined): void {
    if (failure === undefined) return this.#resolve(value);
    if (this.#caller !== undefined) void heard(this.#promise);
    this.#reject(failure);
  }

  #close(): boolean {
    if (!this.waiting) return false;
    this.waiting = false;
    if (this.line !== undefined) this.#callee.core.deadlines.remove(this);
    this.#callee.watchers = without<Watcher>(this.#callee.watchers, this);
    if (this.#caller !== undefined) this.#caller.waits = without<Wait>(this.#caller.waits, this);
    this.#leaveSignal?.();
    return true;
  }
}

const NEXT = Promise.resolve();

/** A signal of somebody's own may throw at being left, which is not to keep the caller from the reply. */
function whenAborted(signal: AbortSignal, onAbort: () => void): () => void {
  signal.addEventListener("abort", onAbort, { once: true });
  return () => {
    try {
      signal.removeEventListener("abort", onAbort);
    } catch (thrown) {
      warnOf("a signal could not be left", thrown);
    }
  };
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
  return new Promise((resolvePromise) => void new EndAwaited(core, waiter, cell, timeoutMs, resolvePromise));
}

// A class, as `Call` is: there is one for each run.
class EndAwaited implements Watcher, Wait {
  readonly #cell: ActorCell;
  readonly #waiter: ActorCell | undefined;
  readonly #timer: Timer | undefined;
  readonly #resolve: (reason: ExitReason | undefined) => void;

  constructor(
    core: RuntimeCore,
    waiter: ActorCell | undefined,
    cell: ActorCell,
    timeoutMs: number,
    resolvePromise: (reason: ExitReason | undefined) => void,
  ) {
    this.#cell = cell;
    this.#waiter = waiter;
    this.#resolve = resolvePromise;
    this.#timer = timeoutMs === Infinity ? undefined : core.clock.setTimer(timeoutMs, () => this.onDown(undefined));
    cell.watchers = withItem<Watcher>(cell.watchers, this);
    if (waiter !== undefined) waiter.waits = withItem<Wait>(waiter.waits, this);
  }

  onDown(reason: ExitReason | undefined): void {
    this.giveUp();
    this.#resolve(reason);
  }

  giveUp(): void {
    if (this.#timer !== undefined) this.#cell.core.clock.clearTimer(this.#timer);
    this.#cell.watchers = without<Watcher>(this.#cell.watchers, this);
    if (this.#waiter !== undefined) this.#waiter.waits = without<Wait>(this.#waiter.waits, this);
  }
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
