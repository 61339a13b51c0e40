/**
 * Works on items, so many at once, each lane taking the next one when it is done with the last. Stops taking when `stopped`
 * says so; what is under way comes to its end.
 */
export async function inLanes<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  lanes: number,
  work: (item: Item) => Promise<void>,
  stopped: () => boolean,
): Promise<void> {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  let over = false;
  let failure: { readonly thrown: unknown } | undefined;
  const lane = async (): Promise<void> => {
    while (!over && !stopped()) {
      try {
        // Awaited also where it is none: one after the other, each item goes to one lane.
        const next = await iterator.next();
        if (next.done === true) {
          over = true;
          return;
        }
        await work(next.value);
      } catch (thrown) {
        over = true;
        failure ??= { thrown };
      }
    }
  };
  const all: Promise<void>[] = [];
  for (let count = 0; count < lanes && !over; count += 1) {
    all.push(lane());
    // So that a set of three does not begin with ten thousand lanes.
    if (count % 64 === 63) await Promise.resolve();
  }
  await Promise.all(all);
  await iterator.return?.();
  if (failure !== undefined) throw failure.thrown;
}
