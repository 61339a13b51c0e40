import type { Sending } from "./actor.ts";
import { type AsyncScope, captureScope } from "../foundation/async-scope.ts";
import type { Timer } from "../foundation/clock.ts";
import { checkDelay } from "../foundation/check-options.ts";
import { type ActorCell, LocalRef, type RuntimeCore } from "./actor-cell.ts";
import { isNamed, type Target } from "./actor-ref.ts";
import { withItem, without } from "./small-set.ts";
import { post } from "./delivery.ts";

/**
 * Sends an info after `ms` milliseconds; 0 puts it behind what is queued already. It does not care whether its sender
 * lives. A timer to a ref ends with its actor; one to a name looks the name up when it fires.
 */
export function sendAfter(core: RuntimeCore, target: Target, message: unknown, ms: number): Sending {
  checkDelay("sendAfter", "the time", ms);
  // Given up once it is sent or dropped: the sender may keep the sending for long.
  let scope: AsyncScope | undefined = captureScope();
  const cell: ActorCell | undefined = isNamed(target) ? undefined : LocalRef.cell(target);
  let timer: Timer | undefined;
  const close = (): boolean => {
    if (timer === undefined) return false;
    core.clock.clearTimer(timer);
    timer = scope = undefined;
    if (cell !== undefined) cell.timed = without(cell.timed, sending);
    return true;
  };
  const sending: Sending = { cancel: close, drop: () => void close() };
  if (cell?.status === "dead") {
    scope = undefined;
    return sending;
  }
  const fire = (): void => {
    timer = undefined;
    if (cell !== undefined) cell.timed = without(cell.timed, sending);
    const sender = scope;
    scope = undefined;
    post(core, target, "info", message, sender);
  };
  if (ms <= 0) fire();
  else {
    timer = core.clock.setTimer(ms, fire);
    if (cell !== undefined) cell.timed = withItem(cell.timed, sending);
  }
  return sending;
}
