// The one place that knows nact. It serves as the scheduler: actors that have something to do take their turns on a nact
// actor, whose messages are mere wake-ups, so nact decides when they run and the event loop breathes in between. One
// wake-up serves up to 256 actors, one after the other: a message of nact's for each turn costs as much as the turn.
// Mailboxes, restarts, stops and asking are ours: nact's run one message per loop turn, copy child maps, and run two
// handlers at once after a restart (docs/decisions/0001 has the measurements).
import nact from "nact";
import { warnOf } from "../foundation/errors.ts";
import { FifoQueue } from "../foundation/queue.ts";

export interface Scheduler<Actor> {
  /** Runs the actor's turn soon, in a later turn of the event loop. */
  soon(actor: Actor): void;
  /** No more turns: what is asked for later does nothing. */
  stop(): void;
}

/**
 * @param turn - begins an actor's turn; what it throws ends that turn alone, and is told as a warning of the process
 * @param over - the turn has ended: all that it set off has run, but for input, output and timers
 */
export function nactScheduler<Actor>(
  turn: (actor: Actor) => void,
  over: (actor: Actor) => void = nothing,
): Scheduler<Actor> {
  const system = nact.start();
  const waiting = new FifoQueue<Actor>();
  let called = false;
  let stopped = false;
  let actor: Actor | undefined;
  /** Turns that are still to be taken in this turn of the event loop. */
  let left = 0;

  const call = (): void => {
    called = true;
    nact.dispatch(seat, WAKE);
  };
  const sit = (): void => {
    // Whoever is woken meanwhile has their turn in the next one.
    left = Math.min(waiting.length, TURNS);
    next();
  };
  const next = (): void => {
    // Nact's stop leaves what was sent before.
    if (stopped) return;
    if (left > 0) {
      left -= 1;
      actor = waiting.shift();
      begin();
      // Ticks come when all promise reactions have run, but only those that are asked for from inside a reaction.
      void NEXT.then(endLater);
    } else if (waiting.length > 0) call();
    else called = false;
  };
  const begin = (): void => {
    try {
      if (actor !== undefined) turn(actor);
    } catch (thrown) {
      // It would end the turns of all the others with it.
      warnOf("a turn failed", thrown);
    }
  };
  const end = (): void => {
    if (actor !== undefined) over(actor);
    actor = undefined;
    next();
  };
  // One for all turns.
  const endLater = (): void => process.nextTick(end);
  const seat = nact.spawn(system, sit, "seat");

  return {
    soon(woken) {
      if (stopped) return;
      waiting.push(woken);
      if (!called) call();
    },
    stop() {
      stopped = true;
      waiting.clear();
      nact.stop(system);
    },
  };
}

/** Most turns in one turn of the event loop. */
const TURNS = 256;

/** One message for all wake-ups: nothing is in it. */
const WAKE = Object.freeze({});

const NEXT = Promise.resolve();

function nothing(): void {}
