import { systemClock } from "../foundation/clock.ts";

export interface UntilOptions {
  /** Said in the error when it does not come true. */
  readonly what?: string;
  /**
   * Real milliseconds after which it gives up; default 5,000. Those in which a busy machine let this process wait for its
   * turn count little.
   */
  readonly withinMs?: number;
}

/** Checks in a row, one a turn of the event loop, before it checks once a millisecond. */
const EAGER_TURNS = 200;
/** What a wait between two checks counts at most, in milliseconds. Where it took longer, nothing of ours was running. */
const LONGEST_WAIT_MS = 5;

/**
 * Resolves as soon as the predicate holds, to the truthy value that it gave. Checks at each turn of the event loop at
 * first, so no time is lost to sleeping, and follows real input and output whatever clock the test plays on.
 *
 * @throws Error when it has not come true within `withinMs`
 */
export async function until<T>(
  predicate: () => T | Promise<T>,
  options: UntilOptions = {},
): Promise<Exclude<T, false | null | undefined | 0 | "">> {
  const withinMs = options.withinMs ?? 5_000;
  let spent = 0;
  for (let turn = 0; ; turn += 1) {
    const began = systemClock.now();
    const value = await predicate();
    // The truthiness test is what the return type says; TypeScript does not narrow a bare type parameter by it.
    if (value) return value as Exclude<T, false | null | undefined | 0 | "">;
    const checked = systemClock.now();
    spent += checked - began;
    if (spent > withinMs) {
      throw new Error(`until: ${options.what ?? String(predicate)} did not come true within ${withinMs} ms`);
    }
    await new Promise<void>((resolve) => {
      if (turn < EAGER_TURNS) setImmediate(resolve);
      else systemClock.setTimer(1, resolve);
    });
    spent += Math.min(systemClock.now() - checked, LONGEST_WAIT_MS);
  }
}
