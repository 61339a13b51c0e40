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
  /** Takes back an item that is in it, and in it once, without looking for it. */
  withdraw(item: T): void;
  clear(): void;
}

interface Block<T> {
  readonly items: (T | undefined)[];
  next: Block<T> | undefined;
}

// A class, as `LocalRef` is: one for each actor, with methods shared instead of made anew.
export class FifoQueue<T> implements Queue<T> {
  /** Items in it, withdrawn ones included. */
  #size = 0;
  /** Withdrawn, and still in it; never the first. */
  #gone: Set<T> | undefined = undefined;
  /** The first item. It stands here, so that an actor with one message at a time needs no block. */
  #head: T | undefined = undefined;
  /** The others: they are taken from `#first` at `#from`, and put into `#last` at `#to`. */
  #first: Block<T> | undefined = undefined;
  #last: Block<T> | undefined = undefined;
  #from = 0;
  #to = 0;

  get length(): number {
    return this.#gone === undefined ? this.#size : this.#size - this.#gone.size;
  }

  push(item: T): void {
    if (this.#size === 0) this.#head = item;
    else {
      let last = this.#last;
      if (last === undefined || this.#to === last.items.length) last = this.#addBlock();
      last.items[this.#to] = item;
      this.#to += 1;
    }
    this.#size += 1;
  }

  unshift(item: T): void {
    // There is one, where there are any: that the type cannot say.
    if (this.#size > 0) this.#putBefore(this.#head as T);
    this.#head = item;
    this.#size += 1;
  }

  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const item = this.#head;
    this.#dropHead();
    if (this.#gone !== undefined) this.#dropGone(this.#gone);
    return item;
  }

  withdraw(item: T): void {
    this.#gone ??= new Set();
    const gone = this.#gone.add(item);
    this.#dropGone(gone);
    // Whoever never works off what it has would else keep them for ever.
    if (gone.size <= MOST_GONE || gone.size * 2 <= this.#size) return;
    const items: T[] = [];
    for (let left = this.shift(); left !== undefined; left = this.shift()) items.push(left);
    for (const left of items) this.push(left);
  }

  clear(): void {
    this.#gone = undefined;
    this.#size = 0;
    this.#head = this.#first = this.#last = undefined;
    this.#from = this.#to = 0;
  }

  #dropHead(): void {
    this.#size -= 1;
    this.#head = this.#size === 0 ? undefined : this.#takeNext();
  }

  #dropGone(gone: Set<T>): void {
    // There is a first one, where there are any: that the type cannot say.
    while (this.#size > 0 && gone.delete(this.#head as T)) this.#dropHead();
    if (gone.size === 0) this.#gone = undefined;
  }

  #putBefore(item: T): void {
    const first = this.#first ?? this.#addBlock();
    if (this.#from === 0) {
      // An empty block needs none before it.
      if (this.#size === 1) this.#from = this.#to = first.items.length;
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
    if (this.#size === 1) {
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
/** Withdrawn items that are kept whatever else there is. */
const MOST_GONE = 32;

function smallBlock(): undefined[] {
  return [undefined, undefined, undefined, undefined];
}
