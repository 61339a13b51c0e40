/** Randomness as a port. `systemRandom` is the only place that draws real randomness. */

export interface Random {
  /** A float in [0, 1). */
  next(): number;
  /**
   * A stream of its own by that name: what is drawn from it does not depend on what others draw, nor shift it. The same
   * seed and name give the same numbers. Left out: there is one stream, which all share ({@link streamOf}).
   */
  stream?(name: string): RandomStreams;
}

/** A {@link Random} with streams. */
export interface RandomStreams extends Random {
  stream(name: string): RandomStreams;
}

/** Real randomness; not for secrets. */
export const systemRandom: RandomStreams = Object.freeze({ next: () => Math.random(), stream: () => systemRandom });

/** The stream of that name, or the one that there is. */
export function streamOf(random: Random, name: string): Random {
  return random.stream?.(name) ?? random;
}

function hasStreams(random: Random): random is RandomStreams {
  return random.stream !== undefined;
}

/** FNV-1a, over the seed's digits and the name: streams of like names have nothing in common. */
function seedOf(seed: number, name: string): number {
  let hash = 0x811c9dc5;
  for (const char of `${seed >>> 0}/${name}`) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return hash >>> 0;
}

/** The same with streams: where there is one alone, each stream is that one. */
export function withStreams(random: Random): RandomStreams {
  if (hasStreams(random)) return random;
  const streams: RandomStreams = Object.freeze({ next: () => random.next(), stream: () => streams });
  return streams;
}

/** A name that nothing else has, in this process or another. From real randomness: tests give systems a seed of their own. */
export function uniqueName(): string {
  return Math.floor(systemRandom.next() * 2 ** 48).toString(36);
}

/** A generator that gives the same numbers for the same seed (mulberry32, 32 bits of state; not for secrets). */
export function seededRandom(seed: number): RandomStreams {
  let state = seed >>> 0;
  return Object.freeze({
    stream: (name: string) => seededRandom(seedOf(seed, name)),
    next(): number {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
    },
  });
}
