// The end of an actor, and exit signals: how one end becomes others.
import { warnOf } from "../foundation/errors.ts";
import type { ActorCell, Death, Wait, Watcher } from "./actor-cell.ts";
import { aboutActor, actorExited } from "./actor-events.ts";
import { enqueue, unschedule } from "./delivery.ts";
import { forEachAbout, withItem, without } from "./small-set.ts";
import { exitError, type ExitReason } from "./exit-reason.ts";
import type { Sending } from "./actor.ts";

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
  const { name } = cell;
  if (name !== undefined) {
    core.names.delete(name);
    cell.name = undefined;
  }
  unschedule(cell);
  if (cell.idleTimer !== undefined) core.clock.clearTimer(cell.idleTimer);
  core.deaths.push({ cell, name, reason, started: status !== "init" });
  if (core.tellingDeaths) return;
  core.tellingDeaths = true;
  // Deaths that follow from these are appended meanwhile.
  for (let death = core.deaths.shift(); death !== undefined; death = core.deaths.shift()) tell(death);
  core.tellingDeaths = false;
}

/** Tells one of those that a death concerns. Whatever goes wrong there, the others are told, and those of later deaths. */
function contained<T, About>(notify: (item: T, about: About) => void): (item: T, about: About) => void {
  return (item, about) => {
    try {
      notify(item, about);
    } catch (thrown) {
      warnOf("telling an actor's end failed", thrown);
    }
  };
}

/** Most ends are these, and a stack trace for each would cost more than the rest of its death. */
const ENDED: ReadonlyMap<ExitReason, Error> = new Map(
  ["normal", "shutdown", "killed", "noproc"].map((reason) => [reason, exitError(reason)]),
);

function tell(death: Death): void {
  const { cell, reason } = death;
  const { core, links, watchers, waits, timed } = cell;
  cell.watchers = cell.waits = cell.timed = cell.idleTimer = undefined;
  cell.state = undefined;
  if (death.started && actorExited.active) cell.scope.runInAsyncScope(publishExit, undefined, death);
  // Whoever keeps the ref of a dead actor keeps none of its ancestors, and nothing of its starter's context.
  cell.parent = cell;
  cell.mailbox.clear();
  forEachAbout(timed, undefined, dropTimed);
  forEachAbout(waits, undefined, giveUpWait);
  // Links are still there to be read: `whenTreeDown` goes on along them.
  forEachAbout(watchers, reason, tellWatcher);
  cell.links = undefined;
  forEachAbout(links, cell, tellLinked);
  // Who listens does so for this actor, whoever it was that ended it.
  if (cell.life !== undefined) cell.scope.runInAsyncScope(endLife, undefined, cell.life, reason);
  cell.scope = core.scope;
}

const dropTimed = contained((sending: Sending) => sending.drop());
const giveUpWait = contained((wait: Wait) => wait.giveUp());
const tellWatcher = contained((watcher: Watcher, reason: ExitReason) => watcher.onDown(reason));
const tellLinked = contained((other: ActorCell, cell: ActorCell) => {
  // Its end is told once it has one.
  const { reason = "noproc" } = cell;
  other.links = without(other.links, cell);
  const { endsAsOrphan } = other.behaviour;
  if (endsAsOrphan !== undefined && reason === "normal" && other.parent === cell)
    signal(other, null, endsAsOrphan, "send");
  else signal(other, cell, reason, "link");
});

function publishExit({ cell, name, reason }: Death): void {
  const { core, id, label, behaviour, parent } = cell;
  actorExited.publish({ ...aboutActor({ core, id, label, behaviour, parent, name }), reason });
}

function endLife(life: AbortController, reason: ExitReason): void {
  life.abort(ENDED.get(reason) ?? errorFor(reason));
}

/** One error for all that end of the same reason, where nobody can change that: they end by the thousand. */
function errorFor(reason: ExitReason): Error {
  if (typeof reason === "string" || !Object.isFrozen(reason)) return exitError(reason);
  let error = ERRORS.get(reason);
  if (error === undefined) {
    error = exitError(reason);
    ERRORS.set(reason, error);
  }
  return error;
}

/** No state: each is made of its key alone, goes with it, and could be made again. */
const ERRORS = new WeakMap<object, Error>();

/**
 * An exit signal reaches an actor. `from` is null when it comes from outside of actors.
 * `"kill"` sent directly cannot be trapped; the `killed` of a killed link is a reason like any other.
 */
export function signal(cell: ActorCell, from: ActorCell | null, reason: ExitReason, by: "link" | "send"): void {
  if (cell.status === "dead") return;
  if (reason === "kill" && by === "send") return die(cell, "killed");
  if (cell.trapExits)
    return enqueue(cell, {
      kind: "runtime",
      message: { type: "EXIT", from: from?.ref ?? null, reason },
      served: false,
    });
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
