/** Lets asks through in the order of their numbers, one at a time. */
export interface InOrder {
  /** Resolves when all before it have passed. */
  turn(number: number): Promise<void>;
  /** The next one may come, once everything that this one has set off has run. */
  passed(number: number): void;
}

export function inOrder(): InOrder {
  let next = 1;
  const waiting = new Map<number, () => void>();
  return Object.freeze({
    turn: (number: number) =>
      number === next ? Promise.resolve() : new Promise<void>((resolve) => void waiting.set(number, resolve)),
    passed(number: number) {
      // Promises that were resolved are followed up before this: what is asked for next is asked in the same order every time.
      setImmediate(() => {
        next = number + 1;
        const resolve = waiting.get(next);
        waiting.delete(next);
        resolve?.();
      });
    },
  } satisfies InOrder);
}
