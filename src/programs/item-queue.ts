import { heard } from "../foundation/heard.ts";
import { cancelledError } from "../lm/failure.ts";

/** Items on their way from those who make them to one loop that takes them. */
export interface ItemQueue<Item> {
  /** Resolves when there is room for more. Rejects with `cancelled` when nothing is taken any more. */
  put(items: readonly Item[]): Promise<void>;
  /** No more items: the loop gets what is there yet, then the last item or the error, then its end. */
  end(how: Ending<Item>): void;
  /** The loop is left: everybody who waits hears so at once. */
  leave(): void;
  next(): Promise<IteratorResult<Item, undefined>>;
}

export type Ending<Item> = { readonly last: Item } | { readonly error: unknown };

interface Waiting<T> {
  resolve(value: T): void;
  reject(reason: unknown): void;
}

/** @param room so many items may wait for the loop before those who make them have to */
export function itemQueue<Item>(room: number): ItemQueue<Item> {
  const items: Item[] = [];
  const takers: Waiting<IteratorResult<Item, undefined>>[] = [];
  const givers: Waiting<void>[] = [];
  let ending: Ending<Item> | undefined;
  let over = false;

  const serve = (): void => {
    while (takers.length > 0) {
      const item = items.shift();
      if (item !== undefined) takers.shift()?.resolve({ value: item, done: false });
      else if (over) takers.shift()?.resolve(END);
      else if (ending !== undefined) {
        over = true;
        if ("last" in ending) takers.shift()?.resolve({ value: ending.last, done: false });
        else takers.shift()?.reject(ending.error);
      } else break;
    }
    if (items.length > room) return;
    for (const giver of givers.splice(0)) giver.resolve();
  };
  const sendAway = (): void => {
    for (const giver of givers.splice(0)) giver.reject(nobodyListens());
  };

  return {
    put(more) {
      if (over || ending !== undefined) return heard(Promise.reject(nobodyListens()));
      items.push(...more);
      serve();
      if (items.length <= room) return Promise.resolve();
      // A program may tell of something without waiting for whether it is heard.
      return heard(new Promise((resolve, reject) => givers.push({ resolve, reject })));
    },
    end(how) {
      if (over || ending !== undefined) return;
      ending = how;
      sendAway();
      serve();
    },
    leave() {
      over = true;
      items.length = 0;
      sendAway();
      serve();
    },
    next: () =>
      new Promise((resolve, reject) => {
        takers.push({ resolve, reject });
        serve();
      }),
  };
}

const END: IteratorReturnResult<undefined> = Object.freeze({ value: undefined, done: true });

function nobodyListens(): Error {
  return cancelledError(new Error("nobody listens any more"));
}
