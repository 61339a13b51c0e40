/**
 * A set that most often holds nothing or one thing, and then costs no more than that: an actor has several of these, and
 * there are many actors. A few stand in a list, which is a fifth of what a `Set` of them is. The things are never sets or
 * lists themselves.
 */
export type SmallSet<T extends object> = undefined | T | readonly T[] | Set<T>;

/** Most things in a list. */
const FEW = 4;

export function withItem<T extends object>(items: SmallSet<T>, item: T): SmallSet<T> {
  if (items === undefined || items === item) return item;
  if (isList(items)) {
    if (items.includes(item)) return items;
    // A new list, which has room for these and no more, and leaves whoever reads the old one in peace.
    return items.length < FEW ? [...items, item] : new Set(items).add(item);
  }
  if (items instanceof Set) return items.add(item);
  return [items, item];
}

export function without<T extends object>(items: SmallSet<T>, item: T): SmallSet<T> {
  if (items === item || items === undefined) return undefined;
  if (isList(items)) {
    const at = items.indexOf(item);
    if (at < 0) return items;
    return items.length === 2 ? items[1 - at] : items.toSpliced(at, 1);
  }
  if (items instanceof Set && items.delete(item) && items.size === 0) return undefined;
  return items;
}

export function forEach<T extends object>(items: SmallSet<T>, tell: (item: T) => void): void {
  forEachAbout(items, undefined, tell);
}

/** The same, where what is to be told comes with each, so that whoever tells needs no function of its own for it. */
export function forEachAbout<T extends object, About>(
  items: SmallSet<T>,
  about: About,
  tell: (item: T, about: About) => void,
): void {
  if (items === undefined) return;
  if (isList(items) || items instanceof Set) for (const item of items) tell(item, about);
  else tell(items, about);
}

// `Array.isArray` does not know lists that nobody may change.
function isList<T extends object>(items: SmallSet<T>): items is readonly T[] {
  return Array.isArray(items);
}
