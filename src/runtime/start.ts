// Starting an actor: name first, then init, then the acknowledgement.
import type { Behaviour, InitResult, StartOptions, StartResult } from "./actor.ts";
import { checkTimeout } from "../foundation/check-options.ts";
import { describe } from "../foundation/errors.ts";
import { type ActorCell, makeCell, type RuntimeCore, selfOf, type Watcher } from "./actor-cell.ts";
import { aboutActor, actorStarted, actorStartFailed } from "./actor-events.ts";
import { whenDown } from "./call.ts";
import { wake } from "./delivery.ts";
import { die, link, unlink } from "./death.ts";
import { checkReason, type ExitReason, exitReasonOf } from "./exit-reason.ts";
import { withItem, without } from "./small-set.ts";
import { checkName, register } from "./names.ts";
import { afterwards, isPromise } from "./turn.ts";

/** Gives the result at once where `init` does, else when it is done. `parent` is given for a linked start: it becomes the new actor's parent. */
export function startActor(
  core: RuntimeCore,
  behaviour: Behaviour<unknown, unknown>,
  args: unknown,
  parent: ActorCell | undefined,
  options: StartOptions,
): Promise<StartResult> | StartResult {
  checkTimeout("start", "timeoutMs", options.timeoutMs);
  if (options.name !== undefined) checkName("start", "name", options.name);
  const label = options.label ?? options.name ?? behaviour.name;
  checkName("start", "the label", label);
  const holder = options.name === undefined ? undefined : core.names.get(options.name);
  if (holder !== undefined) {
    const taken: StartResult = { status: "error", reason: "already_started", ref: holder.ref };
    if (!isOrphan(holder)) return taken;
    return whenDown(core, parent, holder, ORPHAN_MS).then((end) =>
      end === undefined ? taken : startActor(core, behaviour, args, parent, options),
    );
  }
  const cell = makeCell(core, behaviour, {
    label,
    parent,
    trapExits: options.trapExits ?? behaviour.trapExits ?? false,
  });
  core.live += 1;
  core.busy += 1;
  if (options.name !== undefined) register(core, options.name, cell);
  if (parent !== undefined) link(cell, parent);
  // What its init makes of its context is no business of whoever starts it.
  return cell.scope.runInAsyncScope(initialise, undefined, cell, args, options.timeoutMs ?? Infinity);
}

/** How long a start waits for an orphan's name. */
const ORPHAN_MS = 5_000;

/**
 * Whether somebody above it died, and not of a `normal` reason: then it has been told to end, and is about to. In OTP a
 * start meanwhile fails with `already_started`: the supervisor of a killed supervisor uses up its intensity within
 * microseconds, and one kill takes a whole system down. Ours waits until the name is free.
 */
function isOrphan(cell: ActorCell): boolean {
  for (let { parent } = cell; ; { parent } = parent) {
    if (parent.status === "dead") return parent.reason !== "normal";
    if (parent === parent.parent) return false;
  }
}

function initialise(cell: ActorCell, args: unknown, timeoutMs: number): Promise<StartResult> | StartResult {
  const { behaviour, core } = cell;
  let pending: PromiseLike<unknown>;
  try {
    const result: unknown = behaviour.init(args, selfOf(cell));
    // Most inits are plain functions: no timer, no watcher.
    if (!isPromise(result)) return acknowledged(cell, result);
    pending = result;
  } catch (thrown) {
    return failed(cell, exitReasonOf(thrown));
  }
  return new Promise((resolve) => {
    const settle = (outcome: StartResult): void => {
      if (timer !== undefined) core.clock.clearTimer(timer);
      cell.watchers = without<Watcher>(cell.watchers, watcher);
      resolve(outcome);
    };
    // A signal, or the timeout's kill, may end it inside init; then it has neither name nor parent any more.
    const { name, parent } = cell;
    const watcher = {
      onDown: (reason: ExitReason) => settle(failed(cell, timedOut ? "timeout" : reason, { name, parent })),
    };
    let timedOut = false;
    const timer =
      timeoutMs === Infinity
        ? undefined
        : core.clock.setTimer(timeoutMs, () => {
            timedOut = true;
            die(cell, "killed");
          });
    cell.watchers = withItem<Watcher>(cell.watchers, watcher);
    const unlessOver = (outcome: () => StartResult): void => {
      // Ended inside init: that was the outcome, and what init comes to now counts no more.
      if (cell.status === "dead") return;
      cell.watchers = without<Watcher>(cell.watchers, watcher);
      settle(outcome());
    };
    Promise.resolve(pending).then(
      (value) => unlessOver(() => acknowledged(cell, value)),
      (thrown: unknown) => unlessOver(() => failed(cell, exitReasonOf(thrown))),
    );
  });
}

/** What `init` gave may be anything: what cannot be read fails the start. */
function acknowledged(cell: ActorCell, value: unknown): StartResult {
  try {
    return initialised(cell, value);
  } catch (thrown) {
    return failed(cell, exitReasonOf(thrown));
  }
}

function initialised(cell: ActorCell, value: unknown): StartResult {
  if (cell.status !== "init") return failed(cell, cell.reason ?? "noproc");
  if (typeof value !== "object" || value === null) return failed(cell, { bad_return_value: describe(value) });
  // The types demand one of these; what is none of them is told as a bad return value.
  const result = value as InitResult<unknown>;
  if ("ignore" in result) {
    giveUp(cell, "normal", "ignore");
    return { status: "ignore" };
  }
  if ("stop" in result) return failed(cell, checkReason("init", result.stop));
  if (!("state" in result)) return failed(cell, { bad_return_value: describe(value) });
  const { core } = cell;
  core.busy -= 1;
  cell.state = result.state;
  cell.status = "idle";
  if (actorStarted.active) actorStarted.publish(aboutActor(cell));
  afterwards(cell, cell.scope, result);
  if (cell.mailbox.length > 0) wake(cell);
  return { status: "ok", ref: cell.ref };
}

/** What an actor had at its start, as far as its end takes it away. */
type Had = Pick<ActorCell, "name" | "parent">;

function failed(cell: ActorCell, reason: ExitReason, had: Had = cell): StartResult {
  giveUp(cell, reason, reason, had);
  return { status: "error", reason };
}

function giveUp(cell: ActorCell, reason: ExitReason, told: ExitReason, { name, parent: starter }: Had = cell): void {
  if (actorStartFailed.active) {
    const { core, id, label, behaviour } = cell;
    actorStartFailed.publish({ ...aboutActor({ core, id, label, behaviour, name, parent: starter }), reason: told });
  }
  const { parent } = cell;
  // A starter that traps has the result; since OTP 26 no exit message comes besides.
  if (parent !== cell && parent.trapExits) unlink(cell, parent);
  die(cell, reason);
}
