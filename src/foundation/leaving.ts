import { heard } from "./heard.ts";

/**
 * Tells an iterator that nobody reads on, so that its `finally` runs. Nobody waits for that, since behind a `next` that is
 * still pending it may come late or never; and nobody hears of its failure.
 */
export function leave(iterator: AsyncIterator<unknown> | Iterator<unknown>): void {
  try {
    // Somebody's own iterator may give back anything, or throw.
    Promise.resolve(iterator.return?.()).catch(() => {});
  } catch {
    // It has no say in how its reader ends.
  }
}

/** What a generator and its reader tell each other. */
export interface Reading {
  /** The reader has left: then nothing that the generator still comes to matters. */
  readonly left: boolean;
  /** To be set by the generator: ends what it waits for. Called once, when the reader leaves. */
  end: (() => void) | undefined;
}

/**
 * A generator that can be left at any time. A plain one hears of `return` only once the `next` before it is through, which
 * may be when a model says its next word, or never.
 */
export function leavable<T>(
  generate: (reading: Reading) => AsyncGenerator<T, void, undefined>,
): AsyncGenerator<T, void, undefined> {
  const reading = { left: false, end: undefined as (() => void) | undefined };
  const inner = generate(reading);
  const end = (): void => {
    if (reading.left) return;
    reading.left = true;
    reading.end?.();
  };
  const outer: AsyncGenerator<T, void, undefined> = {
    // A program may ask for the next item early, and await it late.
    next: () => heard(inner.next()),
    return() {
      end();
      return inner.return();
    },
    throw(thrown) {
      end();
      return inner.throw(thrown);
    },
    async [Symbol.asyncDispose]() {
      await outer.return();
    },
    [Symbol.asyncIterator]: () => outer,
  };
  return outer;
}
