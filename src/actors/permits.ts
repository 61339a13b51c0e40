import { FifoMailbox } from "../runtime/mailbox.ts";

/** Leave to make requests, so many at a time, first in first out. A plain value machine: the client actor drives it. */
export interface Permits<Holder, Waiter> {
  readonly inUse: number;
  readonly waiting: number;
  /** Takes a permit, or a place in the line. */
  acquire(holder: Holder, waiter: Waiter): "granted" | "waits";
  /** The holder is done, or dead: gives its permit or its place back. Who gets the permit then, if anybody. */
  release(holder: Holder): Waiter | undefined;
}

export function makePermits<Holder, Waiter>(concurrency: number): Permits<Holder, Waiter> {
  interface Place {
    readonly holder: Holder;
    readonly waiter: Waiter;
  }
  const holders = new Set<Holder>();
  const places = new Map<Holder, Place>();
  const line = new FifoMailbox<Place>();
  return {
    get inUse() {
      return holders.size;
    },
    get waiting() {
      return places.size;
    },
    acquire(holder, waiter) {
      if (holders.size < concurrency) {
        holders.add(holder);
        return "granted";
      }
      const place = { holder, waiter };
      places.set(holder, place);
      line.push(place);
      return "waits";
    },
    release(holder) {
      if (places.delete(holder)) return undefined;
      if (!holders.delete(holder)) return undefined;
      for (let place = line.shift(); place !== undefined; place = line.shift()) {
        // Who gave up waiting is still in the line, but has no place any more.
        if (places.get(place.holder) !== place) continue;
        places.delete(place.holder);
        holders.add(place.holder);
        return place.waiter;
      }
      return undefined;
    },
  };
}
