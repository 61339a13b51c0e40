// The end of an actor, and exit signals: how one end becomes others.
import { stamp } from "../foundation/telemetry.ts";
import type { ActorCell } from "./actor-cell.ts";
import { actorExited } from "./actor-events.ts";
import { enqueue, unschedule } from "./delivery.ts";
import { forEach, withItem, without } from "./few.ts";
import { exitError, type ExitReason } from "./exit-reason.ts";
import type { Death } from "./runtime-core.ts";

/**
 * Ends the actor now, whatever it is doing: no `terminate`, nothing more of its handler counts. Its name is free
 * before anybody hears of it. Links and watchers are told in this same turn, in the order of the deaths.
 */
export function die(cell: ActorCell, reason: ExitReason): void {
  const { core, status } = cell;
  if (status === "dead") return;
  if (status === "busy" || status === "terminating" || status === "init") core.busy -= 1;
  cell.status = "dead";
  cell.reason = reason;
  core.live -= 1;
  if (cell.name !== undefined) {
    core.names.delete(cell.name);
    cell.name = undefined;
  }
  unschedule(cell);
  if (cell.idleTimer !== undefined) core.clock.clearTimer(cell.idleTimer);
  core.deaths.push({ cell, reason, started: status !== "init" });
  if (core.tellingDeaths) return;
  core.tellingDeaths = true;
  // Deaths that follow from these are appended meanwhile.
  for (let death = core.deaths.shift(); death !== undefined; death = core.deaths.shift()) tell(death);
  core.tellingDeaths = false;
}

/** Most ends are these, and a stack trace for each would cost more than the rest of its death. */
const ENDED = exitError("normal");

function tell({ cell, reason, started }: Death): void {
  const { core, links, watchers, waits, timed } = cell;
  cell.watchers = cell.waits = cell.timed = cell.idleTimer = undefined;
  cell.state = undefined;
  // Whoever keeps the ref of a dead actor keeps none of its ancestors.
  cell.parent = cell;
  cell.mailbox.clear();
  if (started && actorExited.active) actorExited.publish({ ...stamp(core), actor: cell.id, label: cell.label, reason });
  forEach(timed, (sending) => sending.drop());
  forEach(waits, (wait) => wait.giveUp());
  // Links are still there to be read: `whenTreeDown` goes on along them.
  forEach(watchers, (watcher) => watcher.onDown(reason));
  cell.links = undefined;
  forEach(links, (other) => {
    other.links = without(other.links, cell);
    signal(other, cell, reason, "link");
  });
  cell.life?.abort(reason === "normal" ? ENDED : exitError(reason));
}

/**
 * An exit signal reaches an actor. `from` is null when it comes from outside of actors.
 * `"kill"` sent directly cannot be trapped; the `killed` of a killed link is a reason like any other.
 */
export function signal(cell: ActorCell, from: ActorCell | null, reason: ExitReason, by: "link" | "send"): void {
  if (cell.status === "dead") return;
  if (reason === "kill" && by === "send") return die(cell, "killed");
  if (cell.trapExits)
    return enqueue(cell, { kind: "runtime", message: { type: "EXIT", from: from?.ref ?? null, reason } });
  if (reason === "normal" && from !== cell) return;
  die(cell, reason);
}

/** Two-way, at most one between two actors. A dead `other` answers with the signal `noproc`. */
export function link(cell: ActorCell, other: ActorCell): void {
  if (cell === other) return;
  if (other.status === "dead") return signal(cell, other, "noproc", "link");
  cell.links = withItem(cell.links, other);
  other.links = withItem(other.links, cell);
}

export function unlink(cell: ActorCell, other: ActorCell): void {
  cell.links = without(cell.links, other);
  other.links = without(other.links, cell);
}
