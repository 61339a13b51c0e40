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
 * Items whose work has not begun in earnest. With more, ten thousand new ones would stand in line before those that could
 * be ended: all of them would be there at once, while nothing came of any.
 */
const STARTING = 256;

/**
 * Works on items, so many at once, as they come. What is under way when no more are taken comes to its end.
 *
 * @param items told, where nobody reads on, by its `return`
 * @param work is to say when it has begun: until then it counts as one that is starting
 * @throws what taking an item or working on one throws first (rejects), once nothing is worked on any more
 */
export async function inLanes<Item>(
  items: Iterator<Item, unknown> | AsyncIterator<Item, unknown>,
  work: (item: Item, begun: () => void) => Promise<void>,
  { lanes, stopped, signal }: LanesOptions,
): Promise<void> {
  const ended = Promise.withResolvers<void>();
  const state: State = { over: false, working: 0, starting: 0, failure: undefined, room: undefined };
  const end = (): void => {
    state.over = true;
    makeRoom(state);
    if (state.working === 0) ended.resolve();
  };
  const fail = (thrown: unknown): void => {
    state.failure ??= { thrown };
    end();
  };
  // No async function: there may be a hundred thousand at once, and each would keep one more.
  const one = (item: Item): void => {
    state.working += 1;
    state.starting += 1;
    let starts = true;
    const begun = (): void => {
      if (!starts) return;
      starts = false;
      state.starting -= 1;
      makeRoom(state);
    };
    const done = (): void => {
      state.working -= 1;
      begun();
      makeRoom(state);
      if (state.over) end();
    };
    work(item, begun).then(done, (thrown: unknown) => {
      state.failure ??= { thrown };
      state.over = true;
      done();
    });
  };
  const take = async (): Promise<void> => {
    while (!state.over && !stopped()) {
      if (state.working >= lanes || state.starting >= STARTING) {
        await roomIn(state);
        continue;
      }
      const next = await items.next();
      if (state.over || next.done === true) break;
      one(next.value);
    }
    end();
  };
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  else take().catch(fail);
  await ended.promise;
  signal.removeEventListener("abort", end);
  // One that does not come is not waited for: the iterator is told that nobody reads on.
  leave(items);
  if (state.failure !== undefined) throw state.failure.thrown;
}

/** One object, for all to look at. */
interface State {
  over: boolean;
  working: number;
  starting: number;
  failure: { readonly thrown: unknown } | undefined;
  /** Told when there may be room for another one. */
  room: (() => void) | undefined;
}

function roomIn(state: State): Promise<void> {
  return new Promise((resolve) => {
    state.room = resolve;
  });
}

function makeRoom(state: State): void {
  state.room?.();
  state.room = undefined;
}
