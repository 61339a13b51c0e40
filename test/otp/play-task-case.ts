import type { ActorRef } from "../../src/runtime/actor-ref.ts";
import { behaviour } from "../../src/runtime/behaviour.ts";
import type { MonitorRef, Self } from "../../src/runtime/actor.ts";
import type { ExitReason } from "../../src/runtime/exit-reason.ts";
import { createRuntime } from "../../src/runtime/runtime.ts";
import { task } from "../../src/runtime/task-api.ts";
import type { Task, TaskResult } from "../../src/runtime/task.ts";
import { caught, fromTrace, toTrace } from "./case-world.ts";
import type { AsyncCase, StreamCase, TaskBehaviour, TaskCase, TaskEnd, TaskStep } from "./task-case.ts";
import type { PlayerTime } from "./time.ts";

/** What is seen of the tasks of a case, by id. */
interface Seen {
  readonly tasks: Map<string, { ref: ActorRef; finished: boolean }>;
  running: number;
  maxRunning: number;
}

/** Plays a case and gives what came of it, in the form of its `expect`. */
export function playTaskCase(played: TaskCase, time: PlayerTime): Promise<TaskCase["expect"]> {
  return played.kind === "async" ? playAsync(played, time) : playStream(played, time);
}

async function playAsync(played: AsyncCase, time: PlayerTime): Promise<AsyncCase["expect"]> {
  const results: unknown[] = [];
  const messages: Record<string, unknown>[] = [];
  const seen: Seen = { tasks: new Map(), running: 0, maxRunning: 0 };
  const ids = new Map<unknown, string>();
  const steps = async (self: Self): Promise<void> => {
    const tasks = new Map<string, Task<unknown>>();
    for (const step of played.steps) results.push(await playStep(self, step, tasks, seen, ids));
  };
  const caller = await playCaller(time, played.trap ?? false, steps, messages, ids, played.watch ?? 200, seen);
  return {
    results,
    caller: caller === undefined ? "alive" : { ended: toTrace(caller) },
    messages: messages.toSorted((a, b) => (subject(a) < subject(b) ? -1 : subject(a) > subject(b) ? 1 : 0)),
    tasks: Object.fromEntries([...seen.tasks].map(([id]) => [id, endOf(seen, id)])),
  };
}

/** The task that a message is about. */
function subject(message: Record<string, unknown>): string {
  return String(message["exit"] ?? message["reply"] ?? message["down"]);
}

async function playStream(played: StreamCase, time: PlayerTime): Promise<StreamCase["expect"]> {
  const { options, inputs, take } = played;
  const results: unknown[] = [];
  const seen: Seen = { tasks: new Map(), running: 0, maxRunning: 0 };
  let done = false;
  const consume = async (self: Self): Promise<void> => {
    if (take !== 0) {
      const numbered = inputs.map((does, index) => ({ does, id: String(index) }));
      const stream = task.asyncStream(self, numbered, ({ does, id }, me) => perform(me, does, seen, id), {
        maxConcurrency: options.max_concurrency,
        ...(options.ordered !== undefined && { ordered: options.ordered }),
        ...(options.timeout !== undefined && {
          timeoutMs: options.timeout === "infinity" ? Infinity : options.timeout,
        }),
        ...(options.on_timeout !== undefined && { onTimeout: options.on_timeout }),
        ...(options.link !== undefined && { link: options.link }),
      });
      for await (const result of stream) {
        results.push(resultOf(result));
        if (results.length === take) break;
        if (played.consume_ms !== undefined) await self.sleep(played.consume_ms);
      }
    }
    done = true;
  };
  const caller = await playCaller(time, played.trap ?? false, consume, [], new Map(), 200, seen);
  return {
    results,
    caller: done ? "done" : { ended: toTrace(caller ?? "unknown") },
    max_running: seen.maxRunning,
    tasks: inputs.map((_does, index) => (seen.tasks.has(String(index)) ? endOf(seen, String(index)) : "not_started")),
  };
}

const ends = new WeakMap<ActorRef, ExitReason>();

/** One process that plays the steps; then, after a while, what it became and what lies unread. */
async function playCaller(
  time: PlayerTime,
  trap: boolean,
  steps: (self: Self) => Promise<void>,
  messages: Record<string, unknown>[],
  ids: ReadonlyMap<unknown, string>,
  watch: number,
  seen: Seen,
): Promise<ExitReason | undefined> {
  const runtime = createRuntime({ clock: time.clock });
  let stepsDone = false;
  const caller = behaviour<undefined, null>({
    name: "caller",
    trapExits: trap,
    init: () => ({ state: null, continue: "steps" }),
    async handleContinue(_state, _message, self) {
      await steps(self);
      stepsDone = true;
    },
    // What was not awaited comes here once the steps are done.
    handleInfo(_state, message) {
      const about = (key: MonitorRef | ActorRef | null): string => ids.get(key) ?? "unknown";
      if (typeof message !== "object" || message === null || !("type" in message)) return;
      const told = message as {
        type: string;
        from: ActorRef;
        reason: ExitReason;
        task: MonitorRef;
        value: unknown;
        monitor: MonitorRef;
      };
      if (told.type === "EXIT") messages.push({ exit: about(told.from), reason: toTrace(told.reason) });
      if (told.type === "REPLY") messages.push({ reply: about(told.task), value: told.value });
      if (told.type === "DOWN") messages.push({ down: about(told.monitor), reason: toTrace(told.reason) });
    },
  });
  const started = await time.until(runtime, runtime.start(caller, undefined));
  if (started.status !== "ok") throw new Error(`the caller did not start: ${JSON.stringify(started)}`);
  const end = runtime.whenDown(started.ref);
  let reason: ExitReason | undefined;
  void end.then((why) => (reason = why));
  await time.until(
    runtime,
    doneOr(() => stepsDone || reason !== undefined, time),
  );
  await time.wait(watch);
  for (const { ref } of seen.tasks.values()) {
    const ended = await Promise.race([runtime.whenDown(ref), Promise.resolve(undefined)]);
    if (ended !== undefined) ends.set(ref, ended);
  }
  const stillAlive = runtime.isAlive(started.ref);
  for (const { ref } of seen.tasks.values()) runtime.exitSignal(ref, "kill");
  runtime.exitSignal(started.ref, "kill");
  runtime.dispose();
  return stillAlive ? undefined : reason;
}

async function doneOr(condition: () => boolean, { clock }: PlayerTime): Promise<void> {
  while (!condition()) await new Promise<void>((resolve) => void clock.setTimer(1, resolve));
}

function endOf(seen: Seen, id: string): TaskEnd {
  const known = seen.tasks.get(id);
  const ended = known === undefined ? undefined : ends.get(known.ref);
  return { finished: known?.finished ?? false, ended: ended === undefined ? null : toTrace(ended) };
}

/** A task of the case. It counts as finished when it comes to the point of returning a value. */
async function perform(self: Self, does: TaskBehaviour, seen: Seen, id: string): Promise<unknown> {
  const known = seen.tasks.get(id) ?? { ref: self.ref, finished: false };
  seen.tasks.set(id, known);
  seen.running += 1;
  seen.maxRunning = Math.max(seen.maxRunning, seen.running);
  void self.runtime.whenDown(self.ref).then(() => (seen.running -= 1));
  if (does.trap === true) self.trapExits(true);
  if (does.hang === true) await self.sleep(Infinity);
  if (does.after !== undefined && does.after > 0) await self.sleep(does.after);
  if (does.exit !== undefined) self.exit(fromTrace(does.exit));
  if (does.raise === true) throw new Error("raised by the script");
  known.finished = true;
  return does.value;
}

function resultOf(result: TaskResult<unknown> | null): unknown {
  return result === null || "ok" in result ? result : { exit: toTrace(result.exit) };
}

async function playStep(
  self: Self,
  step: TaskStep,
  tasks: Map<string, Task<unknown>>,
  seen: Seen,
  ids: Map<unknown, string>,
): Promise<unknown> {
  const id = step.id ?? "";
  const one = (): Task<unknown> => tasks.get(id) as Task<unknown>;
  const many = (): Task<unknown>[] => (step.ids ?? []).map((each) => tasks.get(each) as Task<unknown>);
  const timeoutMs =
    step.timeout === "infinity" ? Infinity : typeof step.timeout === "number" ? step.timeout : undefined;
  const guarded = (action: () => Promise<unknown>): Promise<unknown> =>
    step.catch === true ? caught(action) : action();
  switch (step.do) {
    case "async": {
      const started = task.async(self, (me) => perform(me, step.does ?? {}, seen, id), { link: step.link ?? true });
      tasks.set(id, started);
      // It may be stopped before its function begins.
      if (!seen.tasks.has(id)) seen.tasks.set(id, { ref: started.ref, finished: false });
      ids.set(started, id);
      ids.set(started.ref, id);
      return "ok";
    }
    case "await":
      return guarded(async () => ({ ok: await task.await(self, one(), timeoutMs) }));
    case "await_many":
      return guarded(async () => ({ ok: await task.awaitMany(self, many(), timeoutMs) }));
    case "yield":
      return resultOf(await task.yield(self, one(), timeoutMs));
    case "yield_many":
      return (await task.yieldMany(self, many(), timeoutMs)).map(resultOf);
    case "shutdown":
      return resultOf(await task.shutdown(self, one(), step.timeout === "brutal_kill" ? "brutal_kill" : timeoutMs));
    case "ignore":
      return resultOf(task.ignore(self, one()));
    case "signal":
      self.exitSignal(one().ref, fromTrace(step.reason));
      return "ok";
    case "sleep":
      await self.sleep(step.ms ?? 0);
      return "ok";
    case "exit":
      return self.exit(fromTrace(step.reason));
    default:
      throw new Error(`unknown step: ${step.do}`);
  }
}
