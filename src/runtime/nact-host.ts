// The one place that knows nact. It serves as the scheduler: an actor that has something to do takes its turn on a nact
// actor, whose messages are mere wake-ups, so nact decides when an actor runs and the event loop breathes between turns.
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

/** What `turn` throws ends that turn alone, and is told as a warning of the process. */
export function nactScheduler<Actor>(turn: (actor: Actor) => void): Scheduler<Actor> {
  const system = nact.start();
  // Seats hang under an actor that never gets a message: nact copies the map of children for each message received.
  const seats = nact.spawn(system, nothing, "seats");
  // Nact's actors are dear to make and to stop. SmallSet seats serve all: who finds none free waits for one, first come first
  // served, and a rush of any size lets the event loop breathe as often as it should.
  const free: Seat<Actor>[] = [];
  const waiting = new FifoQueue<Actor>();
  let made = 0;
  let stopped = false;

  const makeSeat = (): Seat<Actor> => {
    const seat: Seat<Actor> = {
      actor: undefined,
      take(actor) {
        seat.actor = actor;
        nact.dispatch(place, WAKE);
      },
    };
    const sit = (): void => {
      // Nact's stop leaves what was sent before.
      if (stopped) return;
      const { actor } = seat;
      const next = waiting.shift();
      if (next !== undefined) seat.take(next);
      else {
        seat.actor = undefined;
        free.push(seat);
      }
      if (actor === undefined) return;
      try {
        turn(actor);
      } catch (thrown) {
        // Nact would stop the seat, with all who are to sit on it.
        warnOf("a turn failed", thrown);
      }
    };
    made += 1;
    const place = nact.spawn(seats, sit, `seat-${made}`);
    return seat;
  };

  return {
    soon(actor) {
      if (stopped) return;
      const seat = free.pop() ?? (made < SEATS ? makeSeat() : undefined);
      if (seat === undefined) waiting.push(actor);
      else seat.take(actor);
    },
    stop() {
      stopped = true;
      waiting.clear();
      nact.stop(system);
    },
  };
}

interface Seat<Actor> {
  actor: Actor | undefined;
  take(actor: Actor): void;
}

/** Most turns in one turn of the event loop. */
const SEATS = 256;

/** One message for all wake-ups: nothing is in it. */
const WAKE = Object.freeze({});

function nothing(): void {}
