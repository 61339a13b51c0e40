import { checkTimeout } from "../foundation/check-options.ts";
import type { Timer } from "../foundation/clock.ts";
import { describe, UsageError } from "../foundation/errors.ts";
import { leave } from "../foundation/leaving.ts";
import { LocalRef, type Wait } from "./actor-cell.ts";
import { signal, unlink } from "./death.ts";
import { exitError } from "./exit-reason.ts";
import { withItem, without } from "./small-set.ts";
import { ifAlive } from "./if-alive.ts";
import { cellOf } from "./self.ts";
import { type Self } from "./actor.ts";
import { AWAIT_TIMEOUT_MS, startTask, type TaskResult, type TaskState } from "./task.ts";

export interface AsyncStreamOptions {
  /** Tasks at once. Default 8. */
  readonly maxConcurrency?: number;
  /** Results in the order of the inputs (default), or as they come. */
  readonly ordered?: boolean;
  /** Milliseconds for each task, from its own start. Default 5,000; `Infinity` for none. */
  readonly timeoutMs?: number;
  /** `"exit"` (default): a task that takes too long ends the stream and its caller; `"kill_task"`: only itself. */
  readonly onTimeout?: "exit" | "kill_task";
  /** Whether tasks are linked to the caller. Default true. */
  readonly link?: boolean;
}

interface Slot {
  readonly task: TaskState;
  timer: Timer | undefined;
  result: TaskResult<unknown> | undefined;
}

/**
 * Runs a function over the inputs in tasks, so many at a time, and gives their results: Elixir's `Task.async_stream`.
 * It is pulled: a result that is ready goes to the consumer before its place is filled again, and nothing starts while
 * the consumer is busy with it. Leaving the loop, or the caller's end, kills what still runs and leaves the inputs.
 *
 * @throws ExitError `timeout` (during `await`) when a task takes too long and `onTimeout` is `"exit"`
 * @throws UsageError for options that make no sense, once it is read
 */
export async function* asyncStream<Input, T>(
  self: Self,
  inputs: Iterable<Input> | AsyncIterable<Input>,
  run: (input: Input, self: Self) => T | Promise<T>,
  options: AsyncStreamOptions = {},
): AsyncGenerator<TaskResult<T>, void, undefined> {
  checkStream(options);
  const { maxConcurrency = 8, ordered = true, link = true } = options;
  const waiting = iterator(inputs);
  let exhausted = false;
  const leaveInputs = (): void => {
    if (!exhausted) leave(waiting);
    exhausted = true;
  };
  const pool = taskPool(self, { ...options, link }, leaveInputs);
  try {
    for (;;) {
      const ready = pool.take(ordered);
      if (ready !== undefined) {
        // The function gave this value.
        yield ready as TaskResult<T>;
      } else if (!exhausted && pool.running < maxConcurrency) {
        const input = await waiting.next();
        if (input.done === true) exhausted = true;
        else pool.start((me) => run(input.value, me));
      } else if (pool.running === 0) {
        return;
      } else {
        await pool.change();
      }
    }
  } finally {
    pool.killAll();
    leaveInputs();
  }
}

function checkStream({ maxConcurrency, timeoutMs, onTimeout }: AsyncStreamOptions): void {
  // With none at a time the loop would end as if there were no inputs.
  if (maxConcurrency !== undefined && !(typeof maxConcurrency === "number" && maxConcurrency >= 1))
    throw new UsageError(`asyncStream: maxConcurrency must be a number from 1, got ${describe(maxConcurrency)}`);
  checkTimeout("asyncStream", "timeoutMs", timeoutMs);
  if (onTimeout !== undefined && onTimeout !== "exit" && onTimeout !== "kill_task")
    throw new UsageError(`asyncStream: onTimeout must be "exit" or "kill_task", got ${describe(onTimeout)}`);
}

interface TaskPool {
  readonly running: number;
  start(run: (self: Self) => unknown): void;
  /** A result that can be delivered now. */
  take(ordered: boolean): TaskResult<unknown> | undefined;
  /** Resolves when a task has ended; rejects when one has run out of time. */
  change(): Promise<void>;
  killAll(): void;
}

/** @param callerEnded called when the actor whose tasks they are is gone: no code of its own goes on */
function taskPool(
  self: Self,
  options: AsyncStreamOptions & { readonly link: boolean },
  callerEnded: () => void,
): TaskPool {
  const { timeoutMs = AWAIT_TIMEOUT_MS, onTimeout = "exit", link } = options;
  const owner = cellOf(self);
  const { clock } = owner.core;
  /** Not delivered yet: all in the order of their starts, and those that have ended in the order of their ends. */
  const slots: Slot[] = [];
  const ended: Slot[] = [];
  let timedOut = false;
  let tell: (() => void) | undefined;

  const settle = (slot: Slot, result: TaskResult<unknown>): void => {
    if (slot.result !== undefined) return;
    slot.result = result;
    ended.push(slot);
    if (slot.timer !== undefined) clock.clearTimer(slot.timer);
    slot.task.close();
    // To one that traps, the result says it all; one that does not still goes down with its tasks.
    if (owner.trapExits) unlink(owner, LocalRef.cell(slot.task.ref));
    tell?.();
  };
  const kill = (slot: Slot): void => {
    const cell = LocalRef.cell(slot.task.ref);
    // Its end by our hand is no reason for ours.
    unlink(owner, cell);
    signal(cell, owner, "kill", "send");
  };
  const killAll = (): void => {
    owner.waits = without<Wait>(owner.waits, wait);
    for (const slot of slots) if (slot.result === undefined) kill(slot);
  };
  const abandon = (): void => {
    for (const { timer } of slots) if (timer !== undefined) clock.clearTimer(timer);
    // Linked tasks hear of the caller's end anyway, with its own reason.
    if (!link) killAll();
    callerEnded();
  };
  const wait: Wait = { giveUp: abandon };
  owner.waits = withItem(owner.waits, wait);

  return {
    get running() {
      return slots.length - ended.length;
    },
    start(run) {
      const task = startTask(self, run, { link }) as TaskState;
      const slot: Slot = { task, timer: undefined, result: undefined };
      slots.push(slot);
      const cell = LocalRef.cell(task.ref);
      // Its place is free when the process is gone, a moment after its value came.
      task.waiter = () => {
        if (cell.status === "dead" && task.result !== undefined) settle(slot, task.result);
      };
      task.waiter();
      if (slot.result !== undefined) return;
      if (timeoutMs === Infinity) return;
      slot.timer = clock.setTimer(timeoutMs, () => {
        if (onTimeout === "exit") {
          timedOut = true;
          tell?.();
        } else {
          settle(slot, { exit: "timeout" });
          kill(slot);
        }
      });
    },
    take(ordered) {
      if (timedOut) throw exitError("timeout", "await");
      const slot = ordered ? slots[0] : ended[0];
      if (slot?.result === undefined) return undefined;
      slots.splice(slots.indexOf(slot), 1);
      ended.splice(ended.indexOf(slot), 1);
      return slot.result;
    },
    change() {
      const changed = new Promise<void>((resolve) => {
        tell = () => {
          tell = undefined;
          resolve();
        };
      });
      return ifAlive(owner, changed);
    },
    killAll,
  };
}

function iterator<Input>(inputs: Iterable<Input> | AsyncIterable<Input>): AsyncIterator<Input> {
  if (Symbol.asyncIterator in inputs) return inputs[Symbol.asyncIterator]();
  const plain = inputs[Symbol.iterator]();
  return {
    next: () => Promise.resolve(plain.next()),
    return: () => Promise.resolve(plain.return?.() ?? { value: undefined, done: true }),
  };
}
