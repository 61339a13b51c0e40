// The one place that knows nact. It serves as the scheduler: each actor has a nact actor of its own, whose messages are
// mere wake-ups, so nact decides when an actor runs and the event loop breathes between turns. Mailboxes, restarts,
// stops and asking are ours: nact's run one message per loop turn, copy child maps, and run two handlers at once after
// a restart (docs/decisions/0001 has the measurements).
import nact from "nact";

/** An actor's place in the scheduler. */
export interface Seat {
  /** Runs the actor's turn soon, in a later turn of the event loop. */
  wake(): void;
  /** Gives the place up; a wake-up under way does nothing any more. */
  leave(): void;
}

export interface Scheduler<Actor> {
  seat(actor: Actor): Seat;
  stop(): void;
}

/**
 * `turn` must neither throw nor reject: nact would stop its actor, or log. It may be called for an actor that has left
 * its place, or once more for one that asked once.
 */
export function nactScheduler<Actor>(turn: (actor: Actor) => void): Scheduler<Actor> {
  const system = nact.start();
  // Seats hang under an actor that never gets a message: nact copies the map of children for each message received.
  const seats = nact.spawn(system, nothing, "seats");
  // Making and stopping a nact actor costs more than all else in a short life, so who leaves makes room for the next.
  const free: SeatOf<Actor>[] = [];
  let made = 0;
  let stopped = false;
  const make = (): SeatOf<Actor> => {
    const seat: SeatOf<Actor> = {
      actor: undefined,
      wake: () => nact.dispatch(place, WAKE),
      leave() {
        seat.actor = undefined;
        if (free.length < FREE_SEATS) free.push(seat);
        else nact.stop(place);
      },
    };
    const place = nact.spawn(
      seats,
      () => {
        if (seat.actor !== undefined) turn(seat.actor);
      },
      `seat-${(made += 1)}`,
    );
    return seat;
  };
  return {
    seat(actor) {
      if (stopped) return NOWHERE;
      const seat = free.pop() ?? make();
      seat.actor = actor;
      return seat;
    },
    stop() {
      stopped = true;
      nact.stop(system);
    },
  };
}

interface SeatOf<Actor> extends Seat {
  actor: Actor | undefined;
}

/** Empty seats that are kept. */
const FREE_SEATS = 1_024;

/** One message for all wake-ups: nothing is in it. */
const WAKE = Object.freeze({});

/** For actors that outlive their scheduler: they never run again, and whoever sends to them notices nothing. */
const NOWHERE: Seat = Object.freeze({ wake: nothing, leave: nothing });

function nothing(): void {}
