/**
 * A first-in first-out queue on a ring that grows by doubling. It starts with no ring at all, since most actors are
 * short-lived and see a handful of messages.
 */
export interface Mailbox<T> {
  readonly length: number;
  push(item: T): void;
  /** Puts it before all others. */
  unshift(item: T): void;
  shift(): T | undefined;
  /** Removes the first item for which `matches` holds. */
  remove(matches: (item: T) => boolean): boolean;
  clear(): void;
}

// A class, as `LocalRef` is: one for each actor, with methods shared instead of made anew.
export class RingMailbox<T> implements Mailbox<T> {
  length = 0;
  #ring: (T | undefined)[] = NO_RING;
  #head = 0;

  push(item: T): void {
    if (this.length === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.length) & (this.#ring.length - 1)] = item;
    this.length += 1;
  }

  unshift(item: T): void {
    if (this.length === this.#ring.length) this.#grow();
    this.#head = (this.#head - 1) & (this.#ring.length - 1);
    this.#ring[this.#head] = item;
    this.length += 1;
  }

  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#ring[this.#head];
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.length -= 1;
    // A burst is over: give its memory back.
    if (this.length === 0 && this.#ring.length > KEPT_RING) this.clear();
    return item;
  }

  remove(matches: (item: T) => boolean): boolean {
    const items: T[] = [];
    let removed = false;
    for (let item = this.shift(); item !== undefined; item = this.shift()) {
      if (!removed && matches(item)) removed = true;
      else items.push(item);
    }
    for (const item of items) this.push(item);
    return removed;
  }

  clear(): void {
    this.length = 0;
    this.#head = 0;
    this.#ring = NO_RING;
  }

  /** Only when full. In place, which the engine does much faster than anything that copies item by item. */
  #grow(): void {
    const ring = this.#ring;
    const size = ring.length;
    if (size === 0) {
      this.#ring = [undefined, undefined, undefined, undefined];
      return;
    }
    ring.length = size * 2;
    // What had wrapped around to the beginning follows the rest.
    for (let index = 0; index < this.#head; index += 1) {
      ring[size + index] = ring[index];
      ring[index] = undefined;
    }
  }
}

const KEPT_RING = 1024;

/** Shared by all mailboxes that never had a message; never written to, since a push to it grows first. */
const NO_RING: never[] = [];
