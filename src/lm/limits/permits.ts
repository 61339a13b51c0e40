import { makeLane, type PlaceInLane } from "./lane.ts";
import type { Ahead } from "./rate-limiter.ts";

/** Whose calls go first where not all can start: a user waits for an answer, an optimizer for many. */
export type Priority = "user" | "optimizer";

/** Of those that name none. A share's name is never empty. */
export const COMMON_SHARE = "";

/**
 * Leave to make requests, so many at a time: users before optimizers, except that every eighth permit goes to an
 * optimizer while both wait; within a priority the shares in turn, and within a share first in first out. A plain value
 * machine: it keeps who holds one and who waits, and is told when to hand out the next.
 */
export interface Permits<Holder, Held, Place extends PlaceInLine<Holder>> {
  readonly inUse: number;
  readonly waiting: number;
  /**
   * What goes before one that comes now, as long as nobody gives up: never more than will, whatever comes later, and exact
   * while there is one share. Only that the other lane's tokens are those of a lane that keeps its one share; of several,
   * they are left out.
   */
  ahead(priority: Priority, share: string): Ahead;
  readonly hasRoom: boolean;
  /** Who is next. */
  first(): Place | undefined;
  /**
   * Asks of all that wait, in the order in which they would be served, whether they stay: behind those that do. Gives
   * those that do not; they are still in line.
   */
  sift(stays: (place: Place, ahead: Ahead) => boolean): readonly Place[];
  enqueue(place: Place): void;
  /** Gives up its place in the line. */
  leave(place: Place): void;
  /** The {@link Permits.first} leaves the line, since it is served. */
  take(place: Place): void;
  hold(holder: Holder, held: Held): void;
  /** The holder is done, or dead: gives back its permit or its place, whichever it had. */
  release(holder: Holder): Held | undefined;
}

export interface PlaceInLine<Holder> extends PlaceInLane {
  readonly holder: Holder;
  readonly priority: Priority;
}

/** After so many users while optimizers wait, it is an optimizer's turn. */
const USERS_IN_A_ROW = 7;

export function makePermits<Holder, Held, Place extends PlaceInLine<Holder>>(
  concurrency: number,
): Permits<Holder, Held, Place> {
  const holders = new Map<Holder, Held>();
  /** In order of coming. Who gave up waiting is still in a queue, but has no place here any more. */
  const places = new Map<Holder, Place>();
  const waits = (place: Place): boolean => places.get(place.holder) === place;
  const user = makeLane<Place>(waits);
  const optimizer = makeLane<Place>(waits);
  const lanes = { user, optimizer };
  /** Users that were served while optimizers waited, since the last of these was. */
  let inARow = 0;

  const leave = (place: Place): void => {
    places.delete(place.holder);
    lanes[place.priority].leave(place);
  };
  /** How many of the other lane go before one that has so many before it in its own. */
  const crossing = (priority: Priority, requests: number): number =>
    priority === "user"
      ? Math.min(optimizer.waiting, Math.floor((inARow + requests) / USERS_IN_A_ROW))
      : Math.min(user.waiting, USERS_IN_A_ROW * (requests + 1) - inARow);

  return {
    get inUse() {
      return holders.size;
    },
    get waiting() {
      return places.size;
    },
    ahead(priority, share) {
      if (places.size === 0) return NOBODY;
      const { requests, tokens } = lanes[priority].ahead(share);
      const others = crossing(priority, requests);
      return { requests: requests + others, tokens: tokens + lanes[otherThan(priority)].tokensOfFirst(others) };
    },
    get hasRoom() {
      return holders.size < concurrency;
    },
    first: () => (places.size === 0 ? undefined : lanes[turnOf(user.waiting, optimizer.waiting, inARow)].first()),
    sift(stays) {
      const all: Record<Priority, Place[]> = { user: [], optimizer: [] };
      for (const place of places.values()) all[place.priority].push(place);
      const turns = { user: user.turns(all.user), optimizer: optimizer.turns(all.optimizer) };
      const left = { user: user.waiting, optimizer: optimizer.waiting };
      const tokens = { user: 0, optimizer: 0 };
      const gone: Place[] = [];
      let requests = 0;
      let row = inARow;
      while (left.user + left.optimizer > 0) {
        const priority = turnOf(left.user, left.optimizer, row);
        const place = turns[priority].first;
        if (place === undefined) break;
        const other = otherThan(priority);
        // As for `tokensOfFirst`.
        const others = lanes[other].shares > 1 ? 0 : tokens[other];
        const served = stays(place, { requests, tokens: tokens[priority] + others });
        if (served) {
          row = rowAfter(priority, left.optimizer, row);
          requests += 1;
          tokens[priority] += place.tokens;
        } else gone.push(place);
        left[priority] -= 1;
        turns[priority].pass(served);
      }
      return gone;
    },
    enqueue(place) {
      places.set(place.holder, place);
      lanes[place.priority].enqueue(place);
    },
    leave,
    take(place) {
      const { priority } = place;
      inARow = rowAfter(priority, optimizer.waiting, inARow);
      places.delete(place.holder);
      lanes[priority].take(place);
    },
    hold(holder, held) {
      holders.set(holder, held);
    },
    release(holder) {
      const place = places.get(holder);
      if (place !== undefined) leave(place);
      const held = holders.get(holder);
      if (held !== undefined) holders.delete(holder);
      return held;
    },
  };
}

const NOBODY: Ahead = Object.freeze({ requests: 0, tokens: 0 });

function otherThan(priority: Priority): Priority {
  return priority === "user" ? "optimizer" : "user";
}

/** Whose turn it is, where somebody waits. */
function turnOf(users: number, optimizers: number, inARow: number): Priority {
  return users > 0 && (optimizers === 0 || inARow < USERS_IN_A_ROW) ? "user" : "optimizer";
}

function rowAfter(served: Priority, optimizers: number, inARow: number): number {
  if (served === "optimizer") return 0;
  return optimizers === 0 ? inARow : inARow + 1;
}
