/**
 * A set that most often holds nothing or one thing, and then costs no more than that: an actor has several of these, and
 * there are many actors. The things are never sets themselves.
 */
export type Few<T extends object> = undefined | T | Set<T>;

export function withItem<T extends object>(few: Few<T>, item: T): Few<T> {
  if (few === undefined || few === item) return item;
  if (few instanceof Set) return few.add(item);
  return new Set([few, item]);
}

export function without<T extends object>(few: Few<T>, item: T): Few<T> {
  if (few === item) return undefined;
  if (few instanceof Set && few.delete(item) && few.size === 0) return undefined;
  return few;
}

export function forEach<T extends object>(few: Few<T>, tell: (item: T) => void): void {
  if (few instanceof Set) few.forEach(tell);
  else if (few !== undefined) tell(few);
}
