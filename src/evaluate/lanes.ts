/**
 * Works on items, so many at once: each lane takes the next one when it is done with the last, and a lane that has got one
 * opens the next lane, up to so many. Stops taking when `stopped` says so; what is under way comes to its end.
 *
 * @throws what taking an item or working on one throws first (rejects), once all lanes have ended
 */
export async function inLanes<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  lanes: number,
  work: (item: Item) => Promise<void>,
  stopped: () => boolean,
): Promise<void> {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  const ended = Promise.withResolvers<void>();
  let open = 0;
  let over = false;
  let failure: { readonly thrown: unknown } | undefined;
  const lane = async (): Promise<void> => {
    open += 1;
    try {
      while (!over && !stopped()) {
        const next = await iterator.next();
        if (next.done === true) {
          over = true;
          break;
        }
        if (open < lanes) void lane();
        await work(next.value);
      }
    } catch (thrown) {
      over = true;
      failure ??= { thrown };
    } finally {
      open -= 1;
      if (open === 0) ended.resolve();
    }
  };
  void lane();
  await ended.promise;
  await iterator.return?.();
  if (failure !== undefined) throw failure.thrown;
}
