import type { ActorCell, Watcher } from "./actor-cell.ts";
import type { Target } from "./actor-ref.ts";
import type { MonitorRef } from "./behaviour.ts";
import { enqueue, resolve } from "./delivery.ts";
import type { ExitReason } from "./exit-reason.ts";

// What a MonitorRef is inside: the watcher itself, so that ending it needs no look-up.
interface Monitor extends Watcher, MonitorRef {
  readonly stop: () => void;
}

/** One `DOWN` message when the target ends, at once (`noproc`) when there is none. Monitoring twice gives two. */
export function monitor(cell: ActorCell, target: Target): MonitorRef {
  const watched = resolve(cell.core, target);
  const down = (reason: ExitReason): void => {
    if (cell.status === "dead") return;
    // `monitored` is assigned before anything can end.
    enqueue(cell, { kind: "runtime", message: { type: "DOWN", monitor: monitored, ref, reason } });
  };
  const ref = watched?.ref ?? ("name" in target ? null : target);
  const monitored: Monitor = {
    onDown(reason) {
      cell.monitors?.delete(monitored.stop);
      down(reason);
    },
    stop: () => {
      watched?.watchers?.delete(monitored);
      cell.monitors?.delete(monitored.stop);
    },
  };
  if (watched === undefined) down("noproc");
  else {
    (watched.watchers ??= new Set()).add(monitored);
    (cell.monitors ??= new Set()).add(monitored.stop);
  }
  return monitored;
}

/** Ends a monitor. A `DOWN` that is queued already stays, unless `flush`. */
export function demonitor(cell: ActorCell, ref: MonitorRef, flush: boolean): void {
  // Refs come from `monitor` alone.
  (ref as Monitor).stop();
  if (!flush) return;
  cell.mailbox.remove(
    (queued) => queued.kind === "runtime" && queued.message.type === "DOWN" && queued.message.monitor === ref,
  );
}
