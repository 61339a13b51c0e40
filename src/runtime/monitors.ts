import type { ActorCell, Wait, Watcher } from "./actor-cell.ts";
import type { Target } from "./actor-ref.ts";
import type { MonitorRef } from "./actor.ts";
import { enqueue, resolve } from "./delivery.ts";
import type { RuntimeEnvelope } from "./envelope.ts";
import { withItem, without } from "./small-set.ts";
import type { ExitReason } from "./exit-reason.ts";

// What a MonitorRef is inside: the watcher itself, so that ending it needs no look-up.
interface Monitor extends Watcher, Wait, MonitorRef {
  /** Its `DOWN` in the mailbox. */
  queued: RuntimeEnvelope | undefined;
}

/** One `DOWN` message when the target ends, at once (`noproc`) when there is none. Monitoring twice gives two. */
export function monitor(cell: ActorCell, target: Target): MonitorRef {
  const watched = resolve(cell.core, target);
  const down = (reason: ExitReason): void => {
    if (cell.status === "dead") return;
    // `monitored` is assigned before anything can end.
    monitored.queued = { kind: "runtime", message: { type: "DOWN", monitor: monitored, ref, reason }, served: false };
    enqueue(cell, monitored.queued);
  };
  const ref = watched?.ref ?? ("name" in target ? null : target);
  const monitored: Monitor = {
    queued: undefined,
    onDown(reason) {
      cell.waits = without<Wait>(cell.waits, monitored);
      down(reason);
    },
    giveUp() {
      if (watched !== undefined) watched.watchers = without<Watcher>(watched.watchers, monitored);
      cell.waits = without<Wait>(cell.waits, monitored);
    },
  };
  if (watched === undefined) down("noproc");
  else {
    watched.watchers = withItem<Watcher>(watched.watchers, monitored);
    cell.waits = withItem<Wait>(cell.waits, monitored);
  }
  return monitored;
}

/** Ends a monitor. A `DOWN` that is queued already stays, unless `flush`. */
export function demonitor(cell: ActorCell, ref: MonitorRef, flush: boolean): void {
  // Refs come from `monitor` alone.
  const monitored = ref as Monitor;
  monitored.giveUp();
  if (flush && monitored.queued?.served === false && cell.status !== "dead") cell.mailbox.withdraw(monitored.queued);
  if (flush) monitored.queued = undefined;
}
