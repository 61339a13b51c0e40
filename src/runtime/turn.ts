// An actor's turn: take messages, run their handlers, do what they returned. One handler at a time, whatever happens.
import type { AsyncScope } from "../foundation/async-scope.ts";
import { checkDelay } from "../foundation/check-options.ts";
import { describe, UsageError } from "../foundation/errors.ts";
import { stamp } from "../foundation/telemetry.ts";
import { type ActorCell, selfOf } from "./actor-cell.ts";
import { unexpectedMessage } from "./actor-events.ts";
import type { ExitMessage, Next } from "./actor.ts";
import { unschedule, wake } from "./delivery.ts";
import type { Envelope, PendingReply, StopRequest } from "./envelope.ts";
import { checkReason, type ExitReason, exitReasonOf } from "./exit-reason.ts";
import { die } from "./death.ts";

/** Messages an actor handles before the others get their turn. */
const TURN_BUDGET = 64;

/** Called by the scheduler. Never throws. */
export function takeTurn(cell: ActorCell): void {
  if (!cell.scheduled) return;
  unschedule(cell);
  cell.budget = TURN_BUDGET;
  cell.turnOpen = true;
  workInScope(cell);
}

/**
 * A turn goes on, within its budget, while what it set off brings new messages: who was answered often asks again at
 * once, and need not wait for the event loop to come round. It is over when nothing more runs but input and output.
 */
export function goOn(cell: ActorCell): void {
  if (!cell.scheduled) return;
  unschedule(cell);
  workInScope(cell);
}

/** Turns begin wherever somebody woke the actor, which is not where it works. */
function workInScope(cell: ActorCell): void {
  cell.scope.runInAsyncScope(work, undefined, cell);
}

/** Called by the scheduler when all that the turn has set off has run. */
export function closeTurn(cell: ActorCell): void {
  cell.turnOpen = false;
}

/** Handles what is queued until the mailbox is empty, the budget is used up, or a handler waits. In the actor's scope. */
function work(cell: ActorCell): void {
  while (cell.status === "idle") {
    if (cell.mailbox.length === 0) return;
    if (cell.budget <= 0) return wake(cell);
    cell.budget -= 1;
    const envelope = cell.mailbox.shift();
    if (envelope === undefined) return;
    handle(cell, envelope);
  }
}

/** Runs one handler; its result counts only if the actor is still alive by then. */
function handle(cell: ActorCell, envelope: Envelope): void {
  if (envelope.kind === "stop") {
    envelope.served = true;
    return terminate(cell, envelope.reason);
  }
  if (envelope.kind === "runtime") {
    envelope.served = true;
    if (isFromParent(cell, envelope.message)) return terminate(cell, envelope.message.reason);
  }
  cell.status = "busy";
  cell.core.busy += 1;
  const scope = scopeOf(cell, envelope);
  const from = envelope.kind === "call" ? envelope.from : undefined;
  try {
    // Where it is the actor's own, it is entered for the whole turn: to enter it for each message takes a third of what an
    // actor can do. A call's may be the same one, where nobody has a context, but what a call makes of it ends with the call.
    const result =
      scope === cell.scope && from === undefined
        ? invoke(cell, envelope)
        : scope.runInAsyncScope(invoke, undefined, cell, envelope);
    if (!isPromise(result)) return finished(cell, scope, from, result);
    // Promises that are not the language's own may do as they like; these keep to the rules. The reactions run in the
    // actor's own scope, in which this does.
    Promise.resolve(result).then(
      (value) => {
        try {
          finished(cell, scope, from, value);
        } catch (thrown) {
          crashed(cell, thrown);
        }
        work(cell);
      },
      (thrown: unknown) => crashed(cell, thrown),
    );
  } catch (thrown) {
    crashed(cell, thrown);
  }
}

/** The async context in which a message is handled: its sender's where it has one, else the actor's own. */
function scopeOf(cell: ActorCell, envelope: Exclude<Envelope, StopRequest>): AsyncScope {
  switch (envelope.kind) {
    case "call":
      return envelope.from.scope;
    case "runtime":
      return cell.scope;
    default:
      return envelope.scope ?? cell.scope;
  }
}

/** OTP: a process that traps exits still ends with its parent, in an orderly way. */
function isFromParent(cell: ActorCell, message: { readonly type: string }): message is ExitMessage {
  // `type` tells an EXIT from the others; the cast only says so to the compiler.
  return message.type === "EXIT" && (message as ExitMessage).from === cell.parent.ref;
}

function invoke(cell: ActorCell, envelope: Exclude<Envelope, StopRequest>): unknown {
  const { behaviour, label } = cell;
  const { message } = envelope;
  switch (envelope.kind) {
    case "call":
      if (behaviour.handleCall === undefined)
        throw new UsageError(`${label} takes no calls (it has no handleCall), got ${describe(message)}`);
      return behaviour.handleCall(cell.state, message, envelope.from, selfOf(cell));
    case "cast":
      if (behaviour.handleCast === undefined)
        throw new UsageError(`${label} takes no casts (it has no handleCast), got ${describe(message)}`);
      return behaviour.handleCast(cell.state, message, selfOf(cell));
    case "info":
    case "runtime":
      if (behaviour.handleInfo !== undefined) return behaviour.handleInfo(cell.state, message, selfOf(cell));
      // As in OTP, a stray message is told and otherwise ignored.
      tellUnexpected(cell);
      return undefined;
    case "continue":
      if (behaviour.handleContinue === undefined)
        throw new UsageError(`${label} asked to continue, but has no handleContinue`);
      return behaviour.handleContinue(cell.state, message, selfOf(cell));
  }
}

function tellUnexpected({ core, id, label }: ActorCell): void {
  unexpectedMessage.publish({ ...stamp(core), actor: id, label });
}

export function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

/** Something left a handler, or what the handler gave back could not be read. */
function crashed(cell: ActorCell, thrown: unknown): void {
  // Dead, or ending: it changes nothing any more.
  if (cell.status !== "busy" && cell.status !== "idle") return;
  if (cell.status === "busy") cell.core.busy -= 1;
  terminate(cell, exitReasonOf(thrown));
}

function finished(cell: ActorCell, scope: AsyncScope, from: PendingReply | undefined, result: unknown): void {
  // Anything else: it died in the middle, and what it returned can touch nothing any more.
  if (cell.status !== "busy") return;
  cell.core.busy -= 1;
  cell.status = "idle";
  if (result === undefined) return;
  if (typeof result !== "object" || result === null) return terminate(cell, { bad_return_value: describe(result) });
  // An object is taken for what the types demand; keys it does not have do nothing.
  const next = result as Next<unknown>;
  if ("state" in next) cell.state = next.state;
  if (next.stop !== undefined) return terminate(cell, checkReason("stop", next.stop), from, next);
  if (from !== undefined && "reply" in next) from.answer(next.reply);
  afterwards(cell, scope, next);
}

/** What `init` and handlers may ask for next: to go on at once, or to be told when nothing comes. */
export function afterwards(
  cell: ActorCell,
  scope: AsyncScope,
  next: { readonly continue?: unknown; readonly idleMs?: number },
): void {
  // First in the queue, not called from here: a chain of any length keeps to the turn's budget and the stack's depth.
  if ("continue" in next) return cell.mailbox.unshift({ kind: "continue", message: next.continue, scope });
  if (next.idleMs === undefined) return;
  checkDelay("a handler's result", "idleMs", next.idleMs);
  if (cell.mailbox.length === 0) {
    const timeout: Envelope = { kind: "runtime", message: { type: "timeout" }, served: false };
    const fire = (): void => {
      cell.idleTimer = undefined;
      cell.mailbox.push(timeout);
      wake(cell);
    };
    if (next.idleMs <= 0) fire();
    else cell.idleTimer = cell.core.clock.setTimer(next.idleMs, fire);
  }
}

/**
 * The orderly end: `terminate` runs, then a reply that was promised goes out, then the actor is gone. If `terminate`
 * itself fails, its reason replaces the first.
 */
export function terminate(cell: ActorCell, reason: ExitReason, from?: PendingReply, next?: Next<unknown>): void {
  cell.status = "terminating";
  cell.core.busy += 1;
  const end = (final: ExitReason): void => {
    if (cell.status !== "terminating") return;
    let last = final;
    try {
      if (from !== undefined && next !== undefined && "reply" in next) from.answer(next.reply);
    } catch (thrown) {
      last = exitReasonOf(thrown);
    }
    die(cell, last);
  };
  let result: unknown;
  try {
    result = cell.behaviour.terminate?.(cell.state, reason, selfOf(cell));
    if (!isPromise(result)) return end(reason);
  } catch (thrown) {
    return end(exitReasonOf(thrown));
  }
  Promise.resolve(result).then(
    () => end(reason),
    (thrown: unknown) => end(exitReasonOf(thrown)),
  );
}
