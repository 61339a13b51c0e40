import type { ActorRef } from "../runtime/actor-ref.ts";
import { isRef } from "../runtime/actor-cell.ts";
import { behaviour } from "../runtime/behaviour.ts";
import type { Next, Self, StartResult } from "../runtime/actor.ts";
import type { ExitReason } from "../runtime/exit-reason.ts";
import { type ChildSpec, type FullChildSpec, readSpec, specError, withDefaults } from "./child-spec.ts";
import { type ChildInfo, type Entry, entryInfo } from "./children.ts";
import { charge, type Intensity, onExit } from "./restart-strategy.ts";
import { stopChild } from "./shutdown.ts";
import { startProcess } from "./start-process.ts";
import { type ChildCounts, type ChildResult, intensityError, type SupervisorProtocol } from "./supervisor-protocol.ts";
import { tellExited, tellGaveUp, tellStarted, tellStartFailed, tellStopped } from "./supervisor-events.ts";

export interface DynamicSupervisorArgs {
  /** Restarts allowed within `period`. Default 1 for `template`s as in OTP, 3 otherwise as in Elixir. */
  readonly intensity?: number;
  /** Seconds. Default 5. */
  readonly period?: number;
  /** Most children at once, those waiting for a restart included. Default: no limit. */
  readonly maxChildren?: number;
  /**
   * Makes it OTP's `simple_one_for_one`: every child is started from this spec, and `startChild` gives only what differs
   * (its `id` and `start`).
   */
  readonly template?: ChildSpec;
}

interface State {
  readonly flags: Intensity;
  readonly maxChildren: number;
  readonly template: FullChildSpec | undefined;
  /** By process; by the process it had last while it waits for a restart. */
  readonly children: Map<ActorRef, Entry>;
  charges: readonly number[];
  /** Failed restarts that are to be tried again, as OTP counts them: a cancelled one is not taken off. */
  retries: number;
}

type SupervisorSelf = Self<SupervisorProtocol>;

/**
 * A supervisor whose children come and go: nothing runs at boot, children are independent, have no order, and are
 * stopped all at once. Elixir's DynamicSupervisor; with a `template`, OTP's `simple_one_for_one`.
 */
export const dynamicSupervisorBehaviour = behaviour<DynamicSupervisorArgs, State, SupervisorProtocol>({
  name: "dynamic_supervisor",
  trapExits: true,

  init(args) {
    const flags = { intensity: args.intensity ?? (args.template === undefined ? 3 : 1), period: args.period ?? 5 };
    const wrong = intensityError(flags);
    if (wrong !== undefined) return { stop: { supervisor_data: wrong } };
    const template = args.template === undefined ? undefined : withDefaults(args.template);
    const bad = template === undefined ? undefined : specError(template, "never");
    if (bad !== undefined) return { stop: { start_spec: bad } };
    const maxChildren = args.maxChildren ?? Infinity;
    return { state: { flags, maxChildren, template, children: new Map(), charges: [], retries: 0 } };
  },

  // Not async, as below: a start has promises enough.
  handleCall(state, request, _from, self) {
    // As in `supervisor.ts`: what is none of these is as good as not sent.
    switch (request?.type) {
      case "start_child":
        return startNewChild(state, self, request.spec);
      case "terminate_child":
        return terminateChild(state, self, request.id).then(asReply);
      case "restart_child":
      case "delete_child":
        return refused(state.template === undefined ? "not_found" : "simple_one_for_one");
      case "which_children":
        return { reply: list(state) };
      case "count_children":
        return { reply: count(state) };
    }
  },

  // Not async: most ends of children are over with a look into the map.
  handleInfo(state, message, self) {
    if (message?.type !== "EXIT" || message.from === null) return undefined;
    const entry = state.children.get(message.from);
    if (entry?.state !== "running") return undefined;
    const decision = onExit(entry.spec.restart, message.reason);
    tellExited(self, entry, message.reason, decision);
    if (decision === "restart") return restart(state, self, message.from, entry);
    state.children.delete(message.from);
    return undefined;
  },

  async handleCast(state, message, self) {
    if (message?.type !== "try_again_dynamic") return;
    const entry = state.children.get(message.child);
    if (entry?.state === "restarting") return restart(state, self, message.child, entry);
  },

  async terminate(state, _reason, self) {
    await Promise.all([...state.children.values()].map((entry) => stopOne(self, entry)));
  },

  inspect: (state) => ({
    kind: "supervisor",
    strategy: state.template === undefined ? "dynamic" : "simple_one_for_one",
    ...state.flags,
    children: list(state),
  }),
});

function startNewChild(state: State, self: SupervisorSelf, given: ChildSpec): Reply | Promise<Reply> {
  const spec = readSpec(given, state.template);
  if (spec === undefined) return refused("invalid_child_spec");
  const bad = specError(spec, "never");
  if (bad !== undefined) return refused(bad);
  if (state.children.size >= state.maxChildren) return refused("max_children");
  return startProcess(self, spec).then((result) => {
    const entry: Entry = { spec, state: "undefined", ref: undefined, incarnation: 0 };
    if (result.status === "error") tellStartFailed(self, entry, result.reason);
    if (result.status === "ok") up(state, self, entry, result.ref);
    return asReply(result);
  });
}

interface Reply {
  readonly reply: StartResult | ChildResult;
}

function asReply(reply: StartResult | ChildResult): Reply {
  return { reply };
}

function refused(reason: ExitReason): Reply {
  return { reply: { status: "error", reason } };
}

function up(state: State, self: SupervisorSelf, entry: Entry, ref: ActorRef): void {
  entry.ref = ref;
  entry.state = "running";
  entry.incarnation += 1;
  state.children.set(ref, entry);
  tellStarted(self, entry, ref);
}

async function restart(
  state: State,
  self: SupervisorSelf,
  last: ActorRef,
  entry: Entry,
): Promise<Next<State> | undefined> {
  const charged = charge(state.charges, self.runtime.clock.now(), state.flags);
  state.charges = charged.history;
  if (!charged.allowed) {
    tellGaveUp(self, entry, state.flags);
    state.children.delete(last);
    return { stop: "shutdown" };
  }
  if (entry.state === "restarting") state.retries -= 1;
  entry.ref = undefined;
  entry.state = "restarting";
  const result = await startProcess(self, entry.spec);
  switch (result.status) {
    case "ok":
      state.children.delete(last);
      up(state, self, entry, result.ref);
      return undefined;
    case "ignore":
      state.children.delete(last);
      return undefined;
    case "error":
      state.retries += 1;
      tellStartFailed(self, entry, result.reason);
      self.cast(self.ref, { type: "try_again_dynamic", child: last });
      return undefined;
  }
}

async function terminateChild(state: State, self: SupervisorSelf, id: string | ActorRef): Promise<ChildResult> {
  const ref = typeof id === "string" ? [...state.children].find(([, entry]) => entry.spec.id === id)?.[0] : id;
  const entry = ref === undefined ? undefined : state.children.get(ref);
  if (ref === undefined || entry === undefined) {
    // OTP's simple_one_for_one takes any process that is dead already for one of its own.
    const ended = state.template !== undefined && isRef(ref) && !self.isAlive(ref);
    return ended ? { status: "ok" } : { status: "error", reason: "not_found" };
  }
  await stopOne(self, entry);
  state.children.delete(ref);
  return { status: "ok" };
}

async function stopOne(self: SupervisorSelf, entry: Entry): Promise<void> {
  if (entry.ref === undefined) return;
  tellStopped(self, entry, await stopChild(self, entry.ref, entry.spec.shutdown));
}

function list(state: State): ChildInfo[] {
  return [...state.children.values()].map(entryInfo);
}

function count(state: State): ChildCounts {
  const entries = [...state.children.values()];
  const supervisors = entries.filter((entry) => entry.spec.type === "supervisor").length;
  return {
    specs: state.template === undefined ? entries.length : 1,
    active:
      state.template === undefined
        ? entries.filter((entry) => entry.state === "running").length
        : entries.length - state.retries,
    supervisors,
    workers: entries.length - supervisors,
  };
}
