import type { ActorRef, Protocol } from "../../src/runtime/actor-ref.ts";
import { behaviour } from "../../src/runtime/behaviour.ts";
import type { From, InitResult, MonitorRef, Next, RuntimeMessage, Self, Sending } from "../../src/runtime/actor.ts";
import { ExitError } from "../../src/runtime/exit-reason.ts";
import { reply } from "../../src/runtime/self.ts";
import type { Operation } from "./actor-case.ts";
import {
  badarg,
  caught,
  fromTrace,
  startArgs,
  startResult,
  timeoutOf,
  toTrace,
  type ScriptedArgs,
} from "./case-world.ts";

interface State extends ScriptedArgs {
  readonly monitors: Map<MonitorRef, string>;
  readonly timers: Map<string, Sending>;
  readonly kept: Map<string, From>;
}

interface Scripted {
  readonly msg: unknown;
  readonly ops?: readonly Operation[];
}

type Return = { -readonly [Key in keyof Next<State>]: Next<State>[Key] } & { ignore?: true };

/** The generic server of the cases: messages carry what the handler does. */
export const scriptedActor = behaviour<ScriptedArgs, State>({
  name: "scripted",
  async init(args, self): Promise<InitResult<State>> {
    const { world, id } = args;
    self.trapExits(args.trap);
    world.born(id, self.ref);
    void self.runtime.whenDown(self.ref).then((reason) => {
      world.log(id, { event: "ended", reason: toTrace(reason ?? "unknown") });
    });
    const state: State = { ...args, monitors: new Map(), timers: new Map(), kept: new Map() };
    world.log(id, { event: "init" });
    const next = await script(self, state, args.init);
    if (next.ignore) return { ignore: true };
    if (next.stop !== undefined) return { stop: next.stop };
    return { state, ...("continue" in next ? { continue: next.continue } : idle(next)) };
  },
  handleCall: (state, request, from, self) => handle(self, state, "call", request as Scripted, from),
  handleCast: (state, message, self) => handle(self, state, "cast", message as Scripted),
  handleContinue: (state, message, self) => handle(self, state, "continue", message as Scripted),
  handleInfo(state, message, self) {
    if (isRuntimeMessage(message)) {
      const { world, id } = state;
      switch (message.type) {
        case "EXIT":
          if (world.startFailed(world.idOf(message.from))) return undefined;
          world.log(id, { event: "exit", from: world.idOf(message.from), reason: toTrace(message.reason) });
          return finish(self, state, state.on["exit"]);
        case "DOWN":
          world.log(id, { event: "down", as: state.monitors.get(message.monitor), reason: toTrace(message.reason) });
          return finish(self, state, state.on["down"]);
        case "timeout":
          world.log(id, { event: "timeout" });
          return finish(self, state, state.on["timeout"]);
        case "REPLY":
          throw new Error("these cases start no tasks");
      }
    }
    return handle(self, state, "info", message as Scripted);
  },
  async terminate(state, reason, self) {
    state.world.log(state.id, { event: "terminate", reason: toTrace(reason) });
    await script(self, state, state.on["terminate"] ?? []);
  },
});

function isRuntimeMessage(message: unknown): message is RuntimeMessage {
  return typeof message === "object" && message !== null && "type" in message;
}

function handle(
  self: Self<Protocol>,
  state: State,
  kind: string,
  message: Scripted,
  from?: From,
): Promise<Next<State>> {
  state.world.log(state.id, { event: kind, msg: message.msg });
  return finish(self, state, message.ops, from);
}

async function finish(
  self: Self<Protocol>,
  state: State,
  ops: readonly Operation[] | undefined,
  from?: From,
): Promise<Next<State>> {
  const next = await script(self, state, ops ?? [], from);
  if (next.stop !== undefined) return { stop: next.stop, ...("reply" in next ? { reply: next.reply } : {}) };
  return {
    ...("reply" in next ? { reply: next.reply } : {}),
    ...("continue" in next ? { continue: next.continue } : idle(next)),
  };
}

function idle(next: Return): { idleMs?: number } {
  return next.idleMs === undefined ? {} : { idleMs: next.idleMs };
}

async function script(self: Self<Protocol>, state: State, ops: readonly Operation[], from?: From): Promise<Return> {
  const next: Return = {};
  let stopReply: { reply?: unknown } | undefined;
  for (const op of ops) {
    switch (op.do) {
      case "reply":
        next.reply = op.value;
        break;
      case "stop":
        next.stop = fromTrace(op.reason);
        stopReply = "reply" in op ? { reply: op.reply } : {};
        break;
      case "continue":
        next.continue = { msg: op.msg, ops: op.ops };
        break;
      case "idle":
        next.idleMs = op.ms ?? 0;
        break;
      case "ignore":
        next.ignore = true;
        break;
      default:
        await operate(self, state, op, from);
    }
  }
  if (stopReply !== undefined) {
    delete next.reply;
    Object.assign(next, stopReply);
  }
  return next;
}

async function operate(self: Self<Protocol>, state: State, op: Operation, from: From | undefined): Promise<void> {
  const { world } = state;
  const target = op.to === undefined ? undefined : world.target(op.to);
  const did = (result: unknown): void => world.log(state.id, { event: "did", do: op.do, result });
  // A failed call ends the actor, unless the operation says that it catches.
  const guarded = async (action: () => Promise<unknown>): Promise<void> =>
    did(op.catch === true ? await caught(action) : await action());
  switch (op.do) {
    case "start": {
      const options = {
        ...(op.name !== undefined && { name: world.mention(op.name) }),
        ...(typeof op.timeout === "number" && { timeoutMs: op.timeout }),
        label: op.id ?? "",
      };
      const args = startArgs(world, op);
      const started =
        op.link === true
          ? await self.startLink(scriptedActor, args, options)
          : await self.start(scriptedActor, args, options);
      return did(startResult(world, op.id, started));
    }
    case "call":
      return guarded(async () => {
        if (target === undefined) throw new ExitError("noproc", "call");
        return { ok: await self.call(target, { msg: op.msg, ops: op.ops }, { timeoutMs: timeoutOf(op, 5000) }) };
      });
    case "stop_server":
      return guarded(async () => {
        if (target === undefined) throw new ExitError("noproc", "call");
        await self.stop(target, fromTrace(op.reason), { timeoutMs: timeoutOf(op, Infinity) });
        return "ok";
      });
    case "cast":
    case "info":
      if (target !== undefined) self[op.do](target, { msg: op.msg, ops: op.ops });
      return;
    case "signal":
      if (target !== undefined) self.exitSignal(target, fromTrace(op.reason));
      return;
    case "register":
      return did(badarg(() => self.register(world.mention(op.name))));
    case "unregister":
      return did(badarg(() => self.unregister(world.mention(op.name))));
    case "whereis": {
      const ref = self.whereis(world.mention(op.name));
      return did(ref === undefined ? null : world.idOf(ref));
    }
    case "alive": {
      const ref = world.ref(op.id);
      return did(ref !== undefined && self.isAlive(ref));
    }
    case "link":
    case "unlink":
      if (target !== undefined) self[op.do](target as ActorRef<Protocol>);
      return;
    case "monitor":
      if (target !== undefined) state.monitors.set(self.monitor(target), op.as ?? "");
      return;
    case "demonitor": {
      for (const [ref, label] of state.monitors) if (label === op.as) self.demonitor(ref, { flush: op.flush === true });
      return;
    }
    case "send_after": {
      const message = { msg: op.msg, ops: op.ops };
      state.timers.set(op.as ?? "", self.sendAfter(target ?? self.ref, message, op.ms ?? 0));
      return;
    }
    case "cancel":
      return did(state.timers.get(op.as ?? "")?.cancel() ?? false);
    case "sleep":
      return self.sleep(op.ms ?? 0);
    case "trap":
      return self.trapExits(op.value === true);
    case "raise":
      throw new Error("raised by the script");
    case "exit":
      return self.exit(fromTrace(op.reason));
    case "keep":
      if (from !== undefined) state.kept.set(op.as ?? "", from);
      return;
    case "answer": {
      const to = op.as === undefined ? from : state.kept.get(op.as);
      if (to !== undefined) reply(to, op.value);
      return;
    }
    default:
      throw new Error(`unknown operation: ${op.do}`);
  }
}
