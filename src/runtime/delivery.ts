// How things get into a mailbox, and what happens when they cannot.
import type { AsyncScope } from "../foundation/async-scope.ts";
import { stamp } from "../foundation/telemetry.ts";
import { type ActorCell, LocalRef, type RuntimeCore } from "./actor-cell.ts";
import { deadLetter, mailboxOverflow } from "./actor-events.ts";
import { isNamed, type Target } from "./actor-ref.ts";
import type { Envelope } from "./envelope.ts";

/** The living actor that a target means now. Names are looked up at each send, as in OTP. */
export function resolve(core: RuntimeCore, target: Target): ActorCell | undefined {
  const cell = isNamed(target) ? core.names.get(target.name) : LocalRef.cell(target);
  return cell === undefined || cell.status === "dead" ? undefined : cell;
}

/** Puts it into the mailbox and makes sure that the actor runs. The actor must be alive. */
export function enqueue(cell: ActorCell, envelope: Envelope): void {
  cell.mailbox.push(envelope);
  if (cell.idleTimer !== undefined) {
    // Anything that will be handled ends the idle timeout.
    cell.core.clock.clearTimer(cell.idleTimer);
    cell.idleTimer = undefined;
  }
  wake(cell);
}

// Its reactions do what `queueMicrotask` would, for a tenth of what that costs.
const NEXT = Promise.resolve();

/** Asks the scheduler for a turn, unless one is coming or the actor will see the message anyway when it is done. */
export function wake(cell: ActorCell): void {
  if (cell.scheduled || cell.status !== "idle") return;
  schedule(cell);
  if (cell.turnOpen && cell.budget > 0) void NEXT.then(() => cell.core.goOn(cell));
  else cell.core.scheduler.soon(cell);
}

function schedule(cell: ActorCell): void {
  cell.scheduled = true;
  cell.core.scheduled += 1;
}

export function unschedule(cell: ActorCell): void {
  if (!cell.scheduled) return;
  cell.scheduled = false;
  cell.core.scheduled -= 1;
}

/** True when a message of a user, as opposed to the runtime's own, finds no room. */
export function isFull(cell: ActorCell): boolean {
  const limit = cell.behaviour.mailboxLimit;
  return limit !== undefined && cell.mailbox.length >= limit;
}

export function tellOverflow(cell: ActorCell, kind: "call" | "cast" | "info"): void {
  mailboxOverflow.publish({
    ...stamp(cell.core),
    actor: cell.id,
    label: cell.label,
    kind,
    limit: cell.behaviour.mailboxLimit ?? 0,
  });
}

export function tellDeadLetter(core: RuntimeCore, target: Target, kind: "call" | "cast" | "info"): void {
  if (!deadLetter.active) return;
  const to = isNamed(target) ? target.name : String(target);
  deadLetter.publish({ ...stamp(core), to, kind });
}

/** A cast or an info: never fails, and is dropped, loudly, where nobody takes it. */
export function post(
  core: RuntimeCore,
  target: Target,
  kind: "cast" | "info",
  message: unknown,
  scope?: AsyncScope,
): void {
  const cell = resolve(core, target);
  if (cell === undefined) return tellDeadLetter(core, target, kind);
  if (isFull(cell)) return tellOverflow(cell, kind);
  enqueue(cell, scope === undefined ? { kind, message } : { kind, message, scope });
}
