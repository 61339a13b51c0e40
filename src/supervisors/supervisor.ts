import type { ActorRef } from "../runtime/actor-ref.ts";
import { behaviour } from "../runtime/behaviour.ts";
import type { Next, Self, StartResult } from "../runtime/actor.ts";
import type { ExitReason } from "../runtime/exit-reason.ts";
import { type AutoShutdown, type ChildSpec, readSpec, specError, withDefaults } from "./child-spec.ts";
import { type Children, type Entry, entryInfo, makeChildren } from "./children.ts";
import {
  charge,
  type Intensity,
  leavesEntry,
  onExit,
  restartGroup,
  shutsDown,
  type Strategy,
} from "./restart-strategy.ts";
import { stopChild } from "./shutdown.ts";
import { startProcess } from "./start-process.ts";
import { tellExited, tellGaveUp, tellStarted, tellStartFailed, tellStopped } from "./supervisor-events.ts";
import { type ChildCounts, type ChildResult, intensityError, type SupervisorProtocol } from "./supervisor-protocol.ts";

export interface SupervisorFlags extends Partial<Intensity> {
  /** Default `"one_for_one"`. */
  readonly strategy?: Strategy;
  /** Restarts allowed within `period`. Default 1, as in OTP. */
  readonly intensity?: number;
  /** Seconds. Default 5, as in OTP. */
  readonly period?: number;
  /** Default `"never"`. */
  readonly autoShutdown?: AutoShutdown;
}

export interface SupervisorArgs extends SupervisorFlags {
  /** In start order. */
  readonly children: readonly ChildSpec[];
}

/** What a supervisor keeps. Its own and nobody else's, so it is changed in place; observers read it as it is. */
interface State {
  readonly flags: Required<SupervisorFlags>;
  readonly children: Children;
  charges: readonly number[];
}

type SupervisorSelf = Self<SupervisorProtocol>;

/** OTP's supervisor with the ordered strategies. Handlers are async: while a child starts or stops, nothing else is served. */
export const supervisorBehaviour = behaviour<SupervisorArgs, State, SupervisorProtocol>({
  name: "supervisor",
  trapExits: true,

  async init(args, self) {
    const flags: Required<SupervisorFlags> = {
      strategy: args.strategy ?? "one_for_one",
      intensity: args.intensity ?? 1,
      period: args.period ?? 5,
      autoShutdown: args.autoShutdown ?? "never",
    };
    const wrong = flagError(flags);
    if (wrong !== undefined) return { stop: { supervisor_data: wrong } };
    const children = makeChildren();
    for (const given of args.children) {
      const spec = withDefaults(given);
      const bad = specError(spec, flags.autoShutdown);
      if (bad !== undefined) return { stop: { start_spec: bad } };
      if (children.byId(spec.id) !== undefined) return { stop: { start_spec: "duplicate_child_name" } };
      children.add(spec);
    }
    const state: State = { flags, children, charges: [] };
    // An actor's init runs on the stack of its starter: a deep tree would not fit on one.
    await Promise.resolve();
    const failed = await startFrom(state, self, 0);
    if (failed === undefined) return { state };
    await stopAll(state, self, 0);
    return { stop: { shutdown: { failed_to_start_child: failed.entry.spec.id, reason: failed.reason } } };
  },

  async handleCall(state, request, _from, self) {
    // Messages may come from anybody: what is none of these is as good as not sent, and costs no child its life.
    switch (request?.type) {
      case "start_child":
        return { reply: await startNewChild(state, self, request.spec) };
      case "restart_child":
        return { reply: await restartChild(state, self, request.id) };
      case "terminate_child":
        return { reply: await terminateChild(state, self, request.id) };
      case "delete_child":
        return { reply: deleteChild(state, request.id) };
      case "which_children":
        return { reply: state.children.list().map(entryInfo) };
      case "count_children":
        return { reply: countChildren(state.children.list()) };
    }
  },

  async handleInfo(state, message, self) {
    if (message?.type !== "EXIT" || message.from === null) return;
    // Unknown: a child that was stopped on purpose, or a stranger's link. Neither is an event.
    const entry = state.children.byRef(message.from);
    if (entry === undefined) return;
    return childEnded(state, self, entry, message.reason);
  },

  async handleCast(state, message, self) {
    if (message?.type !== "try_again_restart") return;
    const entry = state.children.byId(message.id);
    // What was served in between may have made the retry pointless; then it is dropped without a charge.
    if (entry?.state === "restarting") return restart(state, self, entry);
  },

  async terminate(state, _reason, self) {
    await stopAll(state, self, 0);
  },

  inspect: ({ flags, children }) => ({ kind: "supervisor", ...flags, children: children.list().map(entryInfo) }),
});

/** OTP's `supervisor_data` errors. */
function flagError(flags: Required<SupervisorFlags>): string | undefined {
  if (!["one_for_one", "one_for_all", "rest_for_one"].includes(flags.strategy)) return "invalid_strategy";
  const wrong = intensityError(flags);
  if (wrong !== undefined) return wrong;
  if (!["never", "any_significant", "all_significant"].includes(flags.autoShutdown)) return "invalid_auto_shutdown";
  return undefined;
}

// ---- children that end by themselves

async function childEnded(
  state: State,
  self: SupervisorSelf,
  entry: Entry,
  reason: ExitReason,
): Promise<Next<State> | undefined> {
  const decision = onExit(entry.spec.restart, reason);
  tellExited(self, entry, reason, decision);
  if (decision === "restart") {
    state.children.down(entry, "restarting");
    return restart(state, self, entry);
  }
  drop(state, entry);
  if (!entry.spec.significant) return undefined;
  const othersActive = state.children.list().some((other) => other.spec.significant && other.state !== "undefined");
  return shutsDown(state.flags.autoShutdown, othersActive) ? { stop: "shutdown" } : undefined;
}

/** One charged attempt. A failed one is tried again behind what already waits in the mailbox. */
async function restart(state: State, self: SupervisorSelf, entry: Entry): Promise<Next<State> | undefined> {
  const { flags, children } = state;
  const charged = charge(state.charges, self.runtime.clock.now(), flags);
  state.charges = charged.history;
  if (!charged.allowed) {
    tellGaveUp(self, entry, flags);
    drop(state, entry);
    return { stop: "shutdown" };
  }
  const group = restartGroup(flags.strategy);
  let failed: Failed | undefined;
  if (group === "itself") failed = await startOne(state, self, entry);
  else {
    const from = group === "all" ? 0 : children.list().indexOf(entry);
    children.down(entry, "undefined");
    await stopAll(state, self, from);
    failed = await startFrom(state, self, from);
  }
  if (failed === undefined) return undefined;
  children.down(failed.entry, "restarting");
  self.cast(self.ref, { type: "try_again_restart", id: failed.entry.spec.id });
  return undefined;
}

function drop(state: State, entry: Entry): void {
  if (leavesEntry(entry.spec.restart)) state.children.down(entry, "undefined");
  else state.children.remove(entry);
}

// ---- starting and stopping

interface Failed {
  readonly entry: Entry;
  readonly reason: ExitReason;
}

/** Starts the entries from this position on, in order, until one fails. */
async function startFrom(state: State, self: SupervisorSelf, from: number): Promise<Failed | undefined> {
  for (const entry of state.children.list().slice(from)) {
    const failed = await startOne(state, self, entry);
    if (failed !== undefined) return failed;
    if (entry.state === "undefined" && !leavesEntry(entry.spec.restart)) state.children.remove(entry);
  }
  return undefined;
}

async function startOne(state: State, self: SupervisorSelf, entry: Entry): Promise<Failed | undefined> {
  const result = await startProcess(self, entry.spec);
  switch (result.status) {
    case "ok":
      state.children.up(entry, result.ref);
      tellStarted(self, entry, result.ref);
      return undefined;
    case "ignore":
      state.children.down(entry, "undefined");
      return undefined;
    case "error":
      tellStartFailed(self, entry, result.reason);
      return { entry, reason: result.reason };
  }
}

/** Stops the entries from this position on, last to first, each fully gone before the next is asked. */
async function stopAll(state: State, self: SupervisorSelf, from: number): Promise<void> {
  for (const entry of state.children.list().slice(from).toReversed()) await stopOne(state, self, entry);
}

async function stopOne(state: State, self: SupervisorSelf, entry: Entry): Promise<void> {
  const { ref } = entry;
  if (ref !== undefined) tellStopped(self, entry, await stopChild(self, ref, entry.spec.shutdown));
  drop(state, entry);
}

// ---- calls

async function startNewChild(state: State, self: SupervisorSelf, given: ChildSpec): Promise<StartResult> {
  const spec = readSpec(given);
  if (spec === undefined) return { status: "error", reason: "invalid_child_spec" };
  const bad = specError(spec, state.flags.autoShutdown);
  if (bad !== undefined) return { status: "error", reason: bad };
  const present = state.children.byId(spec.id);
  if (present !== undefined) {
    if (present.ref === undefined) return { status: "error", reason: "already_present" };
    return { status: "error", reason: "already_started", ref: present.ref };
  }
  const entry = state.children.add(spec);
  const failed = await startOne(state, self, entry);
  if (failed !== undefined) {
    state.children.remove(entry);
    return { status: "error", reason: failed.reason };
  }
  if (entry.ref !== undefined) return { status: "ok", ref: entry.ref };
  drop(state, entry);
  return { status: "ignore" };
}

async function restartChild(state: State, self: SupervisorSelf, id: string): Promise<StartResult> {
  const entry = state.children.byId(id);
  if (entry === undefined) return { status: "error", reason: "not_found" };
  if (entry.state !== "undefined") return { status: "error", reason: entry.state };
  const failed = await startOne(state, self, entry);
  if (failed !== undefined) return { status: "error", reason: failed.reason };
  return entry.ref === undefined ? { status: "ignore" } : { status: "ok", ref: entry.ref };
}

async function terminateChild(state: State, self: SupervisorSelf, id: string | ActorRef): Promise<ChildResult> {
  const entry = typeof id === "string" ? state.children.byId(id) : state.children.byRef(id);
  if (entry === undefined) return { status: "error", reason: "not_found" };
  await stopOne(state, self, entry);
  return { status: "ok" };
}

function deleteChild(state: State, id: string): ChildResult {
  const entry = state.children.byId(id);
  if (entry === undefined) return { status: "error", reason: "not_found" };
  if (entry.state !== "undefined") return { status: "error", reason: entry.state };
  state.children.remove(entry);
  return { status: "ok" };
}

function countChildren(entries: readonly Entry[]): ChildCounts {
  const supervisors = entries.filter((entry) => entry.spec.type === "supervisor").length;
  const active = entries.filter((entry) => entry.ref !== undefined).length;
  return { specs: entries.length, active, supervisors, workers: entries.length - supervisors };
}
