import { leave } from "../foundation/leaving.ts";

export interface LanesOptions {
  /** How many items are worked on at once. */
  readonly lanes: number;
  /** Asked before an item is taken: whether no more are. */
  stopped(): boolean;
  /** Aborting it ends the wait for an item that does not come. */
  readonly signal: AbortSignal;
}

/**
 * Works on items, so many at once: each lane takes the next one when it is done with the last, and a lane that has got one
 * opens the next lane, up to so many. What is under way when no more are taken comes to its end.
 *
 * @throws what taking an item or working on one throws first (rejects), once nothing is worked on any more
 */
export async function inLanes<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  work: (item: Item) => Promise<void>,
  { lanes, stopped, signal }: LanesOptions,
): Promise<void> {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  const ended = Promise.withResolvers<void>();
  let open = 0;
  let working = 0;
  // One object, for the lanes to look at.
  const taking = { over: false };
  let failure: { readonly thrown: unknown } | undefined;
  const end = (): void => {
    taking.over = true;
    if (working === 0) ended.resolve();
  };
  const lane = async (): Promise<void> => {
    open += 1;
    try {
      while (!taking.over && !stopped()) {
        const next = await iterator.next();
        if (taking.over || next.done === true) break;
        if (open < lanes) void lane();
        working += 1;
        try {
          await work(next.value);
        } finally {
          working -= 1;
        }
      }
    } catch (thrown) {
      failure ??= { thrown };
    }
    end();
  };
  signal.addEventListener("abort", end, { once: true });
  if (!signal.aborted) void lane();
  else end();
  await ended.promise;
  signal.removeEventListener("abort", end);
  // One that does not come is not waited for: the iterator is told that nobody reads on.
  leave(iterator);
  if (failure !== undefined) throw failure.thrown;
}
