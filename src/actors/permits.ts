import { FifoMailbox } from "../runtime/mailbox.ts";

/** Whose calls go first where not all can start: a user waits for an answer, an optimizer for many. */
export type Priority = "user" | "optimizer";

/** In order of rank. */
const PRIORITIES: readonly Priority[] = ["user", "optimizer"];

/**
 * Leave to make requests, so many at a time, first in first out within each priority. A plain value machine: it keeps who
 * holds one and who waits, and is told when to hand out the next.
 */
export interface Permits<Holder, Held, Place extends PlaceInLine<Holder>> {
  readonly inUse: number;
  readonly waiting: number;
  /** Tokens of those that wait, with this priority or a higher one. */
  tokensBefore(priority: Priority): number;
  /** How many wait with this priority or a higher one. */
  waitingBefore(priority: Priority): number;
  readonly hasRoom: boolean;
  /** Who is next. */
  first(): Place | undefined;
  /** All that wait, first to last. */
  line(): readonly Place[];
  enqueue(place: Place): void;
  /** Leaves the line. */
  leave(place: Place): void;
  hold(holder: Holder, held: Held): void;
  /** The holder is done, or dead: gives back its permit or its place, whichever it had. */
  release(holder: Holder): Held | undefined;
}

export interface PlaceInLine<Holder> {
  readonly holder: Holder;
  readonly priority: Priority;
  readonly tokens: number;
}

interface Lane<Place> {
  /** Taken out of the queue to look at it: who is next, unless it has left. */
  head: Place | undefined;
  readonly queue: FifoMailbox<Place>;
  waiting: number;
  tokens: number;
}

export function makePermits<Holder, Held, Place extends PlaceInLine<Holder>>(
  concurrency: number,
): Permits<Holder, Held, Place> {
  const holders = new Map<Holder, Held>();
  /** Who gave up waiting is still in its lane, but has no place here any more. */
  const places = new Map<Holder, Place>();
  const lane = (): Lane<Place> => ({ head: undefined, queue: new FifoMailbox<Place>(), waiting: 0, tokens: 0 });
  const lanes: Record<Priority, Lane<Place>> = { user: lane(), optimizer: lane() };

  const sumBefore = (priority: Priority, of: "waiting" | "tokens"): number => {
    let sum = 0;
    for (const each of PRIORITIES) {
      sum += lanes[each][of];
      if (each === priority) break;
    }
    return sum;
  };
  const forget = (place: Place): void => {
    places.delete(place.holder);
    const { priority, tokens } = place;
    lanes[priority].waiting -= 1;
    lanes[priority].tokens -= tokens;
  };

  return {
    get inUse() {
      return holders.size;
    },
    get waiting() {
      return places.size;
    },
    tokensBefore: (priority) => sumBefore(priority, "tokens"),
    waitingBefore: (priority) => sumBefore(priority, "waiting"),
    get hasRoom() {
      return holders.size < concurrency;
    },
    first() {
      if (places.size === 0) return undefined;
      for (const priority of PRIORITIES) {
        const from = lanes[priority];
        for (from.head ??= from.queue.shift(); from.head !== undefined; from.head = from.queue.shift())
          if (places.get(from.head.holder) === from.head) return from.head;
      }
      return undefined;
    },
    line() {
      // Insertion order is order of coming.
      const all = [...places.values()];
      return PRIORITIES.flatMap((priority) => all.filter((place) => place.priority === priority));
    },
    enqueue(place) {
      places.set(place.holder, place);
      const to = lanes[place.priority];
      to.queue.push(place);
      to.waiting += 1;
      to.tokens += place.tokens;
    },
    leave: forget,
    hold(holder, held) {
      holders.set(holder, held);
    },
    release(holder) {
      const place = places.get(holder);
      if (place !== undefined) forget(place);
      const held = holders.get(holder);
      if (held !== undefined) holders.delete(holder);
      return held;
    },
  };
}
