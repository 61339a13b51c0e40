// Elixir's Task: a process that computes one value for the one who asked for it.
import { checkTimeout } from "../foundation/check-options.ts";
import { describe, UsageError } from "../foundation/errors.ts";
import { heard } from "../foundation/heard.ts";
import { type ActorCell, LocalRef, type Wait, type Watcher } from "./actor-cell.ts";
import { type ActorRef } from "./actor-ref.ts";
import { behaviour } from "./behaviour.ts";
import type { DownMessage, MonitorRef, ReplyMessage, Self } from "./actor.ts";
import { whenDown } from "./call.ts";
import { signal, unlink } from "./death.ts";
import { enqueue } from "./delivery.ts";
import type { RuntimeEnvelope } from "./envelope.ts";
import { exitError, type ExitReason } from "./exit-reason.ts";
import { withItem, without } from "./small-set.ts";
import { ifAlive } from "./if-alive.ts";
import { cellOf } from "./self.ts";
import { startActor } from "./start.ts";

declare const taskBrand: unique symbol;

/**
 * A task under way. Its owner, the actor that started it, may await it once. An owner that never does gets a `REPLY`
 * message with the value and then a `DOWN`, or only a `DOWN` if the task failed.
 */
export interface Task<T> extends MonitorRef {
  readonly ref: ActorRef;
  readonly [taskBrand]?: T;
}

export type TaskFunction<T> = (self: Self) => T | Promise<T>;

export interface TaskOptions {
  /**
   * Linked, owner and task go down together (`Task.async`); not linked, each outlives the other's end
   * (`Task.Supervisor.async_nolink`). Default true.
   */
  readonly link?: boolean;
  /** For logs and trees. Default `"task"`. */
  readonly label?: string;
}

/** What a task came to: its value, or the reason of its end without one. */
export type TaskResult<T> = { readonly ok: T } | { readonly exit: ExitReason };

/** Milliseconds that an await or a shutdown waits when nothing else is said (Elixir's default). */
export const AWAIT_TIMEOUT_MS = 5_000;

const taskBehaviour = behaviour<{ readonly state: TaskState; readonly run: TaskFunction<unknown> }, undefined>({
  name: "task",
  init({ state, run }, self) {
    state.ref = self.ref;
    return { state: undefined, continue: { state, run } };
  },
  async handleContinue(_state, message, self) {
    // What `init` has just asked to go on with.
    const { state, run } = message as { readonly state: TaskState; readonly run: TaskFunction<unknown> };
    const pending = run(self);
    state.hasBegun();
    state.onReply(await pending);
    return { stop: "normal" };
  },
});

/** Starts a task, which the calling actor owns. It runs at once, up to its first `await`. */
export function startTask<T>(self: Self, run: TaskFunction<T>, options: TaskOptions = {}): Task<T> {
  const owner = cellOf(self);
  if (owner.status === "dead") throw exitError(owner.reason ?? "noproc");
  if (typeof run !== "function") throw new UsageError(`task.async: expected a function, got ${describe(run)}`);
  const state = new TaskState(owner);
  const link = options.link ?? true;
  // Its init is plain code: by the time this returns, the task has a ref and its function has begun.
  void startActor(owner.core, taskBehaviour, { state, run }, link ? owner : undefined, {
    label: options.label ?? "task",
  });
  const cell = LocalRef.cell(state.ref);
  if (cell.status === "dead") state.onDown(cell.reason ?? "noproc");
  else cell.watchers = withItem<Watcher>(cell.watchers, state);
  return state;
}

// A class, as cells are: one object for each task.
export class TaskState implements Task<unknown>, Watcher {
  /** Itself as others know it. */
  readonly task: Task<unknown> = this;
  ref!: ActorRef;
  readonly owner: ActorCell;
  result: TaskResult<unknown> | undefined = undefined;
  /** Nobody listens any more: what still comes is dropped. */
  closed = false;
  waiter: (() => void) | undefined = undefined;
  /** Whether its function has run, up to its first `await` at least. */
  #begun = false;
  #whenBegun: (() => void) | undefined = undefined;
  /** Messages about it in the owner's mailbox. */
  #queued: readonly RuntimeEnvelope[] = NONE;

  constructor(owner: ActorCell) {
    this.owner = owner;
  }

  hasBegun(): void {
    this.#begun = true;
    this.#whenBegun?.();
  }

  /** Resolves once its function has begun, or never will. Undefined where that is so. */
  begins(): Promise<void> | undefined {
    if (this.#begun) return undefined;
    return new Promise((resolve) => {
      this.#whenBegun = resolve;
    });
  }

  onReply(value: unknown): void {
    this.result ??= { ok: value };
    this.#tell({ type: "REPLY", task: this.task, value });
  }

  onDown(reason: ExitReason): void {
    this.result ??= { exit: reason };
    this.hasBegun();
    this.#tell({ type: "DOWN", monitor: this.task, ref: this.ref, reason });
  }

  /** Whoever waits takes the result from here; an owner that does not finds a message. */
  #tell(message: ReplyMessage | DownMessage): void {
    if (this.closed || this.owner.status === "dead") return;
    if (this.waiter !== undefined) return this.waiter();
    const envelope: RuntimeEnvelope = { kind: "runtime", message, served: false };
    this.#queued = [...this.#queued, envelope];
    enqueue(this.owner, envelope);
  }

  /** Ends the listening, and takes back what lies unread (OTP's `demonitor` with `flush`). */
  close(): void {
    this.closed = true;
    this.waiter = undefined;
    const { owner } = this;
    // A dead owner's mailbox is empty.
    for (const queued of this.#queued) if (!queued.served && owner.status !== "dead") owner.mailbox.withdraw(queued);
    this.#queued = NONE;
  }
}

const NONE: readonly RuntimeEnvelope[] = Object.freeze([]);

/** @throws UsageError when the task is another actor's: only its owner hears of it */
export function owned(self: Self, task: Task<unknown>): TaskState {
  // Tasks are made by `startTask` alone.
  const state = task as TaskState;
  if (state.owner !== cellOf(self)) throw new UsageError("a task can only be awaited by the actor that started it");
  return state;
}

/** The result when it is there, or as soon as it is; undefined when the time is over first. The task stays open. */
export function result(state: TaskState, timeoutMs: number): Promise<TaskResult<unknown> | undefined> {
  checkTimeout("a task", "timeoutMs", timeoutMs);
  if (state.result !== undefined && !state.closed) return Promise.resolve(state.result);
  const { owner } = state;
  const { clock } = owner.core;
  const came = new Promise<TaskResult<unknown> | undefined>((resolve) => {
    const stop = (): void => {
      state.waiter = undefined;
      if (timer !== undefined) clock.clearTimer(timer);
      owner.waits = without<Wait>(owner.waits, wait);
    };
    const settle = (): void => {
      stop();
      resolve(state.closed ? undefined : state.result);
    };
    const timer = timeoutMs === Infinity ? undefined : clock.setTimer(timeoutMs, settle);
    if (!state.closed) state.waiter = settle;
    // An owner that dies waits no longer, and leaves no timer behind.
    const wait: Wait = { giveUp: stop };
    owner.waits = withItem(owner.waits, wait);
  });
  return ifAlive(owner, came);
}

/**
 * Takes the value. Exits (an `ExitError` during `await`) with the task's reason when it ended without one, and with
 * `timeout` when it takes too long: then nothing of the task comes any more, while the task itself goes on.
 */
export function awaitTask<T>(self: Self, task: Task<T>, timeoutMs = AWAIT_TIMEOUT_MS): Promise<T> {
  const take = async (): Promise<T> => {
    const state = owned(self, task);
    const came = await result(state, timeoutMs);
    state.close();
    // The task's function gave this value.
    return valueOf(came) as T;
  };
  return heard(take());
}

function valueOf(came: TaskResult<unknown> | undefined): unknown {
  if (came === undefined) throw exitError("timeout", "await");
  if ("exit" in came) throw exitError(came.exit, "await");
  return came.ok;
}

/** All values in the order asked, within one timeout; exits at the first task that fails. */
export function awaitMany<T>(
  self: Self,
  tasks: readonly Task<T>[],
  timeoutMs = AWAIT_TIMEOUT_MS,
): Promise<readonly T[]> {
  const take = async (): Promise<readonly T[]> => {
    const states = tasks.map((task) => owned(self, task));
    try {
      const values = await Promise.all(states.map(async (state) => valueOf(await result(state, timeoutMs))));
      return values as T[];
    } finally {
      for (const state of states) state.close();
    }
  };
  return heard(take());
}

/** As `await`, with an exit as a value, and null when the time is over: then it may be asked again. */
export async function yieldTask<T>(
  self: Self,
  task: Task<T>,
  timeoutMs = AWAIT_TIMEOUT_MS,
): Promise<TaskResult<T> | null> {
  const state = owned(self, task);
  const came = await result(state, timeoutMs);
  if (came === undefined) return null;
  state.close();
  return came as TaskResult<T>;
}

/** The same for several, within one timeout: what each came to, null for those that are not done. */
export function yieldMany<T>(
  self: Self,
  tasks: readonly Task<T>[],
  timeoutMs = AWAIT_TIMEOUT_MS,
): Promise<readonly (TaskResult<T> | null)[]> {
  return Promise.all(tasks.map((task) => yieldTask(self, task, timeoutMs)));
}

/**
 * Ends a task: unlinks it, asks it to stop with `shutdown` and waits until it is gone; kills it after the timeout, or at
 * once (`"brutal_kill"`). Null for a task that was stopped so; its result when it came in all the same, or its exit.
 */
export async function shutdownTask<T>(
  self: Self,
  task: Task<T>,
  timeoutMs: number | "brutal_kill" = AWAIT_TIMEOUT_MS,
): Promise<TaskResult<T> | null> {
  const state = owned(self, task);
  if (timeoutMs !== "brutal_kill") checkTimeout("task.shutdown", "timeoutMs", timeoutMs);
  const { owner } = state;
  const cell = LocalRef.cell(state.ref);
  // On the BEAM a task runs by the time that anybody can ask it to stop, and may trap exits from its first statement on.
  const begins = timeoutMs === "brutal_kill" ? undefined : state.begins();
  unlink(owner, cell);
  if (begins !== undefined) await ifAlive(owner, begins);
  let killedLate = false;
  signal(cell, owner, timeoutMs === "brutal_kill" ? "kill" : "shutdown", "send");
  let reason = await whenDown(owner.core, owner, cell, timeoutMs === "brutal_kill" ? Infinity : timeoutMs);
  if (reason === undefined) {
    killedLate = true;
    signal(cell, owner, "kill", "send");
    reason = await whenDown(owner.core, owner, cell, Infinity);
  }
  const came = state.result;
  state.close();
  if (came !== undefined && "ok" in came) return came as TaskResult<T>;
  const asked = timeoutMs === "brutal_kill" ? "killed" : "shutdown";
  // A task that had ended that way by itself counts as stopped too, as in Elixir.
  return reason === asked && !killedLate ? null : { exit: reason ?? "noproc" };
}

/** Stops listening and unlinks; the task goes on. What it came to, when it is done already; else null. */
export function ignoreTask<T>(self: Self, task: Task<T>): TaskResult<T> | null {
  const state = owned(self, task);
  const came = state.closed ? undefined : state.result;
  unlink(state.owner, LocalRef.cell(state.ref));
  state.close();
  return (came as TaskResult<T> | undefined) ?? null;
}
