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

/** `turn` must neither throw nor reject: nact would stop its actor, or log. */
export function nactScheduler<Actor extends { readonly id: number }>(turn: (actor: Actor) => void): Scheduler<Actor> {
  const system = nact.start();
  // Seats hang under an actor that never gets a message: nact copies the map of children for each message received.
  const seats = nact.spawn(system, nothing, "seats");
  return {
    seat(actor) {
      const seat = nact.spawn(seats, () => turn(actor), `a${actor.id}`);
      return {
        wake: () => nact.dispatch(seat, WAKE),
        leave: () => nact.stop(seat),
      };
    },
    stop: () => nact.stop(system),
  };
}

/** One message for all wake-ups: nothing is in it. */
const WAKE = Object.freeze({});

function nothing(): void {}
