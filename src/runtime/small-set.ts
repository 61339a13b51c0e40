/**
 * A set that most often holds nothing or one thing, and then costs no more than that: an actor has several of these, and
 * there are many actors. The things are never sets themselves.
 */
export type SmallSet<T extends object> = undefined | T | Set<T>;

export function withItem<T extends object>(items: SmallSet<T>, item: T): SmallSet<T> {
  if (items === undefined || items === item) return item;
  if (items instanceof Set) return items.add(item);
  return new Set([items, item]);
}

export function without<T extends object>(items: SmallSet<T>, item: T): SmallSet<T> {
  if (items === item) return undefined;
  if (items instanceof Set && items.delete(item) && items.size === 0) return undefined;
  return items;
}

export function forEach<T extends object>(items: SmallSet<T>, tell: (item: T) => void): void {
  if (items instanceof Set) items.forEach(tell);
  else if (items !== undefined) tell(items);
}
