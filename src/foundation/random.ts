/** Randomness as a port. `systemRandom` is the only place that draws real randomness. */

export interface Random {
  /** A float in [0, 1). */
  next(): number;
}

/** Real randomness; not for secrets. */
export const systemRandom: Random = Object.freeze({ next: () => Math.random() });

/** A name that nothing else has, in this process or another. From real randomness: tests give systems a seed of their own. */
export function uniqueName(): string {
  return Math.floor(systemRandom.next() * 2 ** 48).toString(36);
}

/** A generator that gives the same numbers for the same seed (mulberry32, 32 bits of state; not for secrets). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return Object.freeze({
    next(): number {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
    },
  });
}
