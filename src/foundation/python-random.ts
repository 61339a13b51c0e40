import { UsageError } from "./errors.ts";
import type { Random } from "./random.ts";

/**
 * The draws of Python's `random.Random(seed)`, to the bit: DSPy chooses demos, batches and candidates by them, so that the
 * same seed makes the same choices here. Not for secrets.
 */
export interface PythonRandom extends Random {
  /** `random()`: a float in [0, 1) with 53 random bits. */
  next(): number;
  /** `getrandbits(bits)`, for 1 to 32 bits. */
  bits(bits: number): number;
  /** A whole number from 0 to `count` − 1. One draw at least, also where there is one choice. */
  below(count: number): number;
  /** `randint(low, high)`: both ends are among the choices. @throws UsageError where there is none */
  between(low: number, high: number): number;
  /** `choice(items)`. @throws UsageError for no items */
  choice<Item>(items: readonly Item[]): Item;
  /** `choices(items, weights, k=1)[0]`. @throws UsageError for weights whose sum is not above 0 */
  weighted<Item>(items: readonly Item[], weights?: readonly number[]): Item;
  /** `shuffle`, of a copy. */
  shuffled<Item>(items: readonly Item[]): Item[];
  /** `sample(items, count)`: in the order in which they were drawn. @throws UsageError for more than there are */
  sample<Item>(items: readonly Item[], count: number): Item[];
}

/** @param seed A whole number; its sign does not count, as in Python. */
export function pythonRandom(seed: number | bigint): PythonRandom {
  const word = twister(seed);
  const bits = (count: number): number => word() >>> (32 - count);
  const next = (): number => {
    const high = word() >>> 5;
    return (high * 0x400_0000 + (word() >>> 6)) / 2 ** 53;
  };
  const below = (count: number): number => {
    if (count <= 0) throw new UsageError(`pythonRandom: nothing to choose from (${count})`);
    const width = bitLength(count);
    for (;;) {
      const drawn = width <= 32 ? bits(width) : wideBits(word, width);
      if (drawn < count) return drawn;
    }
  };
  return Object.freeze({
    next,
    bits,
    below,
    between: (low: number, high: number) => low + below(high - low + 1),
    // An index below the length is that of an item.
    choice: <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item,
    weighted: <Item>(items: readonly Item[], weights?: readonly number[]): Item =>
      weights === undefined
        ? (items[Math.floor(next() * items.length)] as Item)
        : (items[weightedIndex(next, weights)] as Item),
    shuffled<Item>(items: readonly Item[]): Item[] {
      const copy = [...items];
      for (let index = copy.length - 1; index > 0; index -= 1) swap(copy, index, below(index + 1));
      return copy;
    },
    sample: <Item>(items: readonly Item[], count: number): Item[] => sampled(below, items, count),
  });
}

function swap<Item>(items: Item[], a: number, b: number): void {
  const kept = items[a] as Item;
  items[a] = items[b] as Item;
  items[b] = kept;
}

function bitLength(count: number): number {
  return count < 2 ** 32 ? 32 - Math.clz32(count) : BigInt(count).toString(2).length;
}

/** The lowest word is drawn first. */
function wideBits(word: () => number, width: number): number {
  const low = word();
  return (word() >>> (64 - width)) * 2 ** 32 + low;
}

function weightedIndex(next: () => number, weights: readonly number[]): number {
  const sums: number[] = [];
  let total = 0;
  for (const weight of weights) sums.push((total += weight));
  if (!(total > 0)) throw new UsageError(`pythonRandom: the weights must add up to more than 0, got ${total}`);
  const point = next() * total;
  const found = sums.findIndex((sum) => sum > point);
  return found < 0 ? weights.length - 1 : found;
}

/** Few of many are drawn until they are different; otherwise each is taken out of what is left. */
function sampled<Item>(below: (count: number) => number, items: readonly Item[], count: number): Item[] {
  const { length } = items;
  if (!(count >= 0 && count <= length))
    throw new UsageError(`pythonRandom: ${count} of ${length} cannot be drawn without drawing one twice`);
  const copied = count > 5 ? 21 + 4 ** Math.ceil(Math.log(count * 3) / Math.log(4)) : 21;
  const drawn: Item[] = [];
  if (length <= copied) {
    const left = [...items];
    for (let taken = 0; taken < count; taken += 1) {
      const index = below(length - taken);
      drawn.push(left[index] as Item);
      left[index] = left[length - taken - 1] as Item;
    }
    return drawn;
  }
  const seen = new Set<number>();
  while (seen.size < count) {
    const index = below(length);
    if (seen.has(index)) continue;
    seen.add(index);
    drawn.push(items[index] as Item);
  }
  return drawn;
}

const WORDS = 624;

/** The 32-bit words of MT19937, seeded by an array as CPython does it (Matsumoto & Nishimura 1998). */
function twister(seed: number | bigint): () => number {
  const state = seeded(keyOf(seed));
  let place = WORDS;
  return () => {
    if (place === WORDS) {
      turn(state);
      place = 0;
    }
    let word = state[place] ?? 0;
    place += 1;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c_5680;
    word ^= (word << 15) & 0xefc6_0000;
    return (word ^ (word >>> 18)) >>> 0;
  };
}

/** The words of the seed, lowest first. */
function keyOf(seed: number | bigint): readonly number[] {
  if (typeof seed === "number" && !Number.isInteger(seed))
    throw new UsageError(`pythonRandom: the seed must be a whole number, got ${seed}`);
  let rest = BigInt(seed);
  if (rest < 0n) rest = -rest;
  const key = [Number(rest & 0xffff_ffffn)];
  for (rest >>= 32n; rest > 0n; rest >>= 32n) key.push(Number(rest & 0xffff_ffffn));
  return key;
}

function seeded(key: readonly number[]): Uint32Array {
  const state = new Uint32Array(WORDS);
  // Typed arrays keep the low 32 bits of what is put into them; each place here is one of theirs.
  const at = (index: number): number => state[index] ?? 0;
  const spread = (index: number): number => at(index - 1) ^ (at(index - 1) >>> 30);
  state[0] = 19_650_218;
  for (let index = 1; index < WORDS; index += 1) state[index] = Math.imul(1_812_433_253, spread(index)) + index;
  let index = 1;
  const step = (): void => {
    index += 1;
    if (index < WORDS) return;
    state[0] = at(WORDS - 1);
    index = 1;
  };
  for (let round = 0; round < Math.max(WORDS, key.length); round += 1) {
    const from = round % key.length;
    state[index] = (at(index) ^ Math.imul(spread(index), 1_664_525)) + (key[from] ?? 0) + from;
    step();
  }
  for (let round = 1; round < WORDS; round += 1) {
    state[index] = (at(index) ^ Math.imul(spread(index), 1_566_083_941)) - index;
    step();
  }
  state[0] = 0x8000_0000;
  return state;
}

function turn(state: Uint32Array): void {
  for (let index = 0; index < WORDS; index += 1) {
    const low = state[(index + 1) % WORDS] ?? 0;
    const pair = ((state[index] ?? 0) & 0x8000_0000) | (low & 0x7fff_ffff);
    state[index] = (state[(index + 397) % WORDS] ?? 0) ^ (pair >>> 1) ^ (low & 1 ? 0x9908_b0df : 0);
  }
}
