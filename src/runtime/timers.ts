import type { Sending } from "./actor.ts";
import { type AsyncScope, captureScope } from "../foundation/async-scope.ts";
import { MAX_TIMER_MS, type Timer } from "../foundation/clock.ts";
import { checkDelay } from "../foundation/check-options.ts";
import { type ActorCell, LocalRef, type RuntimeCore } from "./actor-cell.ts";
import { isNamed, type Target } from "./actor-ref.ts";
import { withItem, without } from "./small-set.ts";
import { enqueue, post } from "./delivery.ts";
import type { Waiting } from "./deadlines.ts";

/**
 * Sends an info after `ms` milliseconds; 0 puts it behind what is queued already. It does not care whether its sender
 * lives. A timer to a ref ends with its actor; one to a name looks the name up when it fires.
 */
export function sendAfter(core: RuntimeCore, target: Target, message: unknown, ms: number): Sending {
  checkDelay("sendAfter", "the time", ms);
  return new TimedMessage(core, target, message, ms);
}

// A class, as `Call` is: there is one for each run.
class TimedMessage implements Sending {
  readonly #core: RuntimeCore;
  readonly #cell: ActorCell | undefined;
  /** Undefined once it is sent or dropped: the sender may keep the sending for long. */
  #waiting: { readonly target: Target; readonly message: unknown; readonly scope: AsyncScope } | undefined;
  #timer: Timer | undefined;

  constructor(core: RuntimeCore, target: Target, message: unknown, ms: number) {
    this.#core = core;
    this.#cell = isNamed(target) ? undefined : LocalRef.cell(target);
    if (this.#cell?.status === "dead") return;
    this.#waiting = { target, message, scope: captureScope() };
    if (ms <= 0) this.#send();
    else {
      this.#timer = core.clock.setTimer(ms, () => this.#fire());
      if (this.#cell !== undefined) this.#cell.timed = withItem<Sending>(this.#cell.timed, this);
    }
  }

  cancel(): boolean {
    if (this.#timer === undefined) return false;
    this.#core.clock.clearTimer(this.#timer);
    this.#timer = this.#waiting = undefined;
    this.#leave();
    return true;
  }

  drop(): void {
    this.cancel();
  }

  #fire(): void {
    this.#timer = undefined;
    this.#leave();
    this.#send();
  }

  #leave(): void {
    if (this.#cell !== undefined) this.#cell.timed = without<Sending>(this.#cell.timed, this);
  }

  #send(): void {
    if (this.#waiting === undefined) return;
    const { target, message, scope } = this.#waiting;
    this.#waiting = undefined;
    post(this.#core, target, "info", message, scope);
  }
}

/** Puts an info into the actor's own mailbox when its moment has come, if it is alive by then. See `sendToSelfAt`. */
export function sendAt(cell: ActorCell, message: unknown, dueAt: number, length: number): void {
  if (length > MAX_TIMER_MS) return;
  cell.timed = withItem<Sending>(cell.timed, new SharedTimer(cell, message, dueAt, length));
}

class SharedTimer implements Sending, Waiting {
  readonly due: number;
  line: Waiting["line"] = undefined;
  before: Waiting | undefined = undefined;
  after: Waiting | undefined = undefined;
  readonly #cell: ActorCell;
  readonly #message: unknown;

  constructor(cell: ActorCell, message: unknown, dueAt: number, length: number) {
    this.due = dueAt;
    this.#cell = cell;
    this.#message = message;
    cell.core.deadlines.add(this, length);
  }

  late(): void {
    this.#cell.timed = without<Sending>(this.#cell.timed, this);
    enqueue(this.#cell, { kind: "info", message: this.#message });
  }

  cancel(): boolean {
    if (this.line === undefined) return false;
    this.#cell.core.deadlines.remove(this);
    this.#cell.timed = without<Sending>(this.#cell.timed, this);
    return true;
  }

  drop(): void {
    this.#cell.core.deadlines.remove(this);
  }
}
