import { FifoQueue } from "../../foundation/queue.ts";
import type { Ahead } from "./rate-limiter.ts";

/** One that waits, in one of a lane's shares. */
export interface PlaceInLane {
  readonly share: string;
  readonly tokens: number;
}

/**
 * Those that wait with one priority: the shares (jobs, candidates, tenants) are served in turn, one place each, and each
 * share's own places first in first out. A share that is new, or was empty, is served after those that wait already.
 */
export interface Lane<Place extends PlaceInLane> {
  readonly waiting: number;
  /** How many shares have somebody waiting: an empty one is forgotten. */
  readonly shares: number;
  first(): Place | undefined;
  enqueue(place: Place): void;
  /** Gives up its place; its share keeps its turn. */
  leave(place: Place): void;
  /** The {@link Lane.first} is served, and the next share's turn comes. */
  take(place: Place): void;
  /** What goes before one that comes to this share now. Never more than will; exact while there is one share. */
  ahead(share: string): Ahead;
  /** What the first so many cost at least, whatever comes meanwhile. */
  tokensOfFirst(count: number): number;
  /** The lane as it stands, to be played through; `all` are those that wait, in order of coming. */
  turns(all: Iterable<Place>): Turns<Place>;
}

/** A lane that is played through: who would be served after whom. */
export interface Turns<Place> {
  readonly first: Place | undefined;
  /** The first one is served, or (`false`) gives up its place. */
  pass(served: boolean): void;
}

/** In a ring with the others; the one whose turn it is stands in the lane. */
interface Share<Place> {
  readonly name: string;
  /** Taken out of the queue to look at it. */
  head: Place | undefined;
  readonly queue: FifoQueue<Place>;
  waiting: number;
  tokens: number;
  /** No place had fewer tokens. */
  least: number;
  before: Share<Place>;
  after: Share<Place>;
}

/** Estimates look at no more shares than this; each of the others counts with one place, which it has. */
const MOST_SHARES = 64;

/** @param waits - whether a place that is still in a queue has not been left */
export function makeLane<Place extends PlaceInLane>(waits: (place: Place) => boolean): Lane<Place> {
  const shares = new Map<string, Share<Place>>();
  let turn: Share<Place> | undefined;
  let waiting = 0;

  const join = (name: string): Share<Place> => {
    const made = { name, head: undefined, queue: new FifoQueue<Place>(), waiting: 0, tokens: 0, least: Infinity };
    const share = made as Omit<Share<Place>, "before" | "after"> as Share<Place>;
    const first = (turn ??= share);
    // The last of a ring stands before its first.
    share.before = first.before ?? share;
    share.after = first;
    share.before.after = share;
    first.before = share;
    shares.set(name, share);
    return share;
  };
  const part = (share: Share<Place>): void => {
    shares.delete(share.name);
    if (turn === share) turn = share.after === share ? undefined : share.after;
    share.before.after = share.after;
    share.after.before = share.before;
  };
  const leave = (place: Place): void => {
    const share = shares.get(place.share);
    if (share === undefined) return;
    waiting -= 1;
    share.waiting -= 1;
    share.tokens -= place.tokens;
    if (share.waiting === 0) part(share);
  };
  const atLeast = (share: Share<Place>, count: number): number =>
    count >= share.waiting ? share.tokens : count * share.least;

  return {
    get waiting() {
      return waiting;
    },
    get shares() {
      return shares.size;
    },
    first() {
      if (turn === undefined) return undefined;
      const { queue } = turn;
      for (turn.head ??= queue.shift(); turn.head !== undefined; turn.head = queue.shift())
        if (waits(turn.head)) return turn.head;
      return undefined;
    },
    enqueue(place) {
      const share = shares.get(place.share) ?? join(place.share);
      share.queue.push(place);
      waiting += 1;
      share.waiting += 1;
      share.tokens += place.tokens;
      share.least = Math.min(share.least, place.tokens);
    },
    leave,
    take(place) {
      if (turn?.name === place.share) turn = turn.after;
      leave(place);
    },
    ahead(name) {
      const own = shares.get(name);
      let { waiting: requests, tokens } = own ?? { waiting: 0, tokens: 0 };
      const turns = requests;
      let others = shares.size - (own === undefined ? 0 : 1);
      // Those whose turn comes before this share's have one turn more.
      let extra = 1;
      let share = turn;
      for (let looks = Math.min(shares.size, MOST_SHARES); looks > 0 && share !== undefined; looks -= 1) {
        if (share === own) extra = 0;
        else {
          const count = Math.min(share.waiting, turns + extra);
          requests += count;
          tokens += atLeast(share, count);
          others -= 1;
        }
        share = share.after;
      }
      return { requests: requests + others, tokens };
    },
    // Another share that comes meanwhile goes between those of several.
    tokensOfFirst: (count) => (turn === undefined || shares.size > 1 ? 0 : atLeast(turn, count)),
    turns(all) {
      const rows = new Map<string, Place[]>();
      for (let left = shares.size, share = turn; left > 0 && share !== undefined; left -= 1, share = share.after)
        rows.set(share.name, []);
      for (const place of all) rows.get(place.share)?.push(place);
      return turnsOf(rows.values());
    },
  };
}

function turnsOf<Place>(rows: Iterable<readonly Place[]>): Turns<Place> {
  const ring = new FifoQueue<Iterator<Place>>();
  for (const row of rows) ring.push(row[Symbol.iterator]());
  let row: Iterator<Place> | undefined;
  let first: Place | undefined;
  /** The next of this row, or of the first row that has one. */
  const look = (): void => {
    first = undefined;
    for (row ??= ring.shift(); row !== undefined && first === undefined;) {
      const { value, done } = row.next();
      if (done === true) row = ring.shift();
      else first = value;
    }
  };
  look();
  return {
    get first() {
      return first;
    },
    pass(served) {
      if (served && row !== undefined) {
        ring.push(row);
        row = undefined;
      }
      look();
    },
  };
}
