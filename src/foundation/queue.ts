/**
 * A first-in first-out queue in blocks: nothing is ever copied, and a burst gives its memory back as it is worked off.
 * It starts with no block at all, since most actors are short-lived and see a handful of messages.
 */
export interface Queue<T> {
  readonly length: number;
  push(item: T): void;
  /** Puts it before all others. */
  unshift(item: T): void;
  shift(): T | undefined;
  /** Removes the first item for which `matches` holds. */
  remove(matches: (item: T) => boolean): boolean;
  clear(): void;
}

interface Block<T> {
  readonly items: (T | undefined)[];
  next: Block<T> | undefined;
}

// A class, as `LocalRef` is: one for each actor, with methods shared instead of made anew.
export class FifoQueue<T> implements Queue<T> {
  length = 0;
  /** The first item. It stands here, so that an actor with one message at a time needs no block. */
  #head: T | undefined = undefined;
  /** The others: they are taken from `#first` at `#from`, and put into `#last` at `#to`. */
  #first: Block<T> | undefined = undefined;
  #last: Block<T> | undefined = undefined;
  #from = 0;
  #to = 0;

  push(item: T): void {
    if (this.length === 0) this.#head = item;
    else {
      let last = this.#last;
      if (last === undefined || this.#to === last.items.length) last = this.#addBlock();
      last.items[this.#to] = item;
      this.#to += 1;
    }
    this.length += 1;
  }

  unshift(item: T): void {
    // There is one, where there are any: that the type cannot say.
    if (this.length > 0) this.#putBefore(this.#head as T);
    this.#head = item;
    this.length += 1;
  }

  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#head;
    this.length -= 1;
    this.#head = this.length === 0 ? undefined : this.#takeNext();
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
    this.#head = this.#first = this.#last = undefined;
    this.#from = this.#to = 0;
  }

  #putBefore(item: T): void {
    const first = this.#first ?? this.#addBlock();
    if (this.#from === 0) {
      // An empty block needs none before it.
      if (this.length === 1) this.#from = this.#to = first.items.length;
      else {
        this.#first = { items: smallBlock(), next: first };
        this.#from = SMALL_BLOCK;
      }
    }
    this.#from -= 1;
    (this.#first ?? first).items[this.#from] = item;
  }

  #takeNext(): T | undefined {
    const first = this.#first;
    if (first === undefined) return undefined;
    const item = first.items[this.#from];
    first.items[this.#from] = undefined;
    this.#from += 1;
    if (this.length === 1) {
      // The block at hand serves again.
      this.#first = this.#last;
      this.#from = this.#to = 0;
    } else if (this.#from === first.items.length) {
      this.#first = first.next;
      this.#from = 0;
    }
    return item;
  }

  #addBlock(): Block<T> {
    const last = this.#last;
    const block: Block<T> = { items: smallBlock(), next: undefined };
    if (last === undefined) this.#first = block;
    else {
      last.next = block;
      block.items.length = Math.min(last.items.length * 2, LARGE_BLOCK);
    }
    this.#last = block;
    this.#to = 0;
    return block;
  }
}

const SMALL_BLOCK = 4;
const LARGE_BLOCK = 1_024;

function smallBlock(): undefined[] {
  return [undefined, undefined, undefined, undefined];
}
