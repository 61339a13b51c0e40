/** Items that come and go, each at a place of its own. */
export interface Places<Item> {
  /** @returns its place, which may have been another one's before */
  take(item: Item): number;
  leave(place: number): void;
  each(visit: (item: Item) => void): void;
}

/**
 * In place of a `Set` where many come and go: V8 makes a set's table anew every so many of them, and each old table, once it has
 * grown old, keeps the next one and what was in it until a major collection. So all that ever came stays for as long.
 */
export function places<Item extends object>(): Places<Item> {
  const items: (Item | undefined)[] = [];
  const free: number[] = [];
  return Object.freeze({
    take(item: Item): number {
      const place = free.pop() ?? items.length;
      items[place] = item;
      return place;
    },
    leave(place: number): void {
      items[place] = undefined;
      free.push(place);
    },
    each(visit: (item: Item) => void): void {
      for (const item of items) if (item !== undefined) visit(item);
    },
  } satisfies Places<Item>);
}
