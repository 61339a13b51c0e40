import type { Random } from "./random.ts";

/** The draws of NumPy's `default_rng(seed)`, to the bit, as far as DSPy uses them (SIMBA drops demos by them). */
export interface NumpyRandom extends Random {
  /** A draw from the Poisson distribution, for means below 10. */
  poisson(mean: number): number;
}

const MULTIPLIER = 0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645n;

/** PCG64 (O'Neill 2014) behind NumPy's own seeding. @param seed A whole number from 0. */
export function numpyRandom(seed: number | bigint): NumpyRandom {
  const [low0 = 0n, low1 = 0n, low2 = 0n, low3 = 0n] = seedQuads(BigInt(seed));
  const increment = BigInt.asUintN(128, ((low2 << 64n) | low3) * 2n + 1n);
  let state = 0n;
  const step = (): void => {
    state = BigInt.asUintN(128, state * MULTIPLIER + increment);
  };
  step();
  state += (low0 << 64n) | low1;
  step();
  const next = (): number => {
    step();
    const folded = (state >> 64n) ^ BigInt.asUintN(64, state);
    const turns = state >> 122n;
    const word = BigInt.asUintN(64, (folded >> turns) | (folded << (64n - turns)));
    return Number(word >> 11n) / 2 ** 53;
  };
  return Object.freeze({
    next,
    poisson(mean: number): number {
      if (mean === 0) return 0;
      const limit = Math.exp(-mean);
      let count = 0;
      for (let product = next(); product > limit; product *= next()) count += 1;
      return count;
    },
  });
}

const POOL = 4;

/** Eight words of 32 bits out of the seed, as four of 64 bits, the low one first in each. */
function seedQuads(seed: bigint): readonly bigint[] {
  const pool = mixedPool(seed);
  const words: number[] = [];
  let multiplier = 0x8b51_f9dd;
  for (let index = 0; index < 2 * POOL; index += 1) {
    let word = (pool[index % POOL] ?? 0) ^ multiplier;
    multiplier = Math.imul(multiplier, 0x58f3_8ded);
    word = Math.imul(word, multiplier);
    words.push((word ^ (word >>> 16)) >>> 0);
  }
  return [0, 2, 4, 6].map((index) => (BigInt(words[index + 1] ?? 0) << 32n) | BigInt(words[index] ?? 0));
}

function mixedPool(seed: bigint): readonly number[] {
  let multiplier = 0x43b0_d7e5;
  const hashed = (given: number): number => {
    let word = given ^ multiplier;
    multiplier = Math.imul(multiplier, 0x931e_8875);
    word = Math.imul(word, multiplier);
    return word ^ (word >>> 16);
  };
  const pool: number[] = [];
  for (let index = 0; index < POOL; index += 1)
    pool.push(hashed(Number(BigInt.asUintN(32, seed >> BigInt(32 * index)))));
  for (let from = 0; from < POOL; from += 1) {
    for (let to = 0; to < POOL; to += 1) {
      if (from === to) continue;
      const mixed = Math.imul(0xca01_f9dd, pool[to] ?? 0) - Math.imul(0x4973_f715, hashed(pool[from] ?? 0));
      pool[to] = mixed ^ (mixed >>> 16);
    }
  }
  return pool;
}
