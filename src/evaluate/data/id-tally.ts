/** What ids there have been, in at most 32 bytes each however long they are: streams of millions are told apart by it. */
export interface IdTally {
  /** Whether this id is new. */
  claim(id: string): boolean;
  /** The digest, or where it was there before, the digest with its number among equals: `…~2`. */
  unnamed(digest: string): string;
}

export function idTally(): IdTally {
  const seen = hashTable();
  // Few are equal to others.
  const counts = new Map<string, number>();
  return Object.freeze({
    claim: (id: string) => seen.add(id),
    unnamed(digest: string): string {
      let count = counts.get(digest) ?? 0;
      if (count === 0 && seen.add(digest)) return digest;
      count = Math.max(count, 1) + 1;
      // Somebody may have given such an id.
      while (!seen.add(`${digest}~${count}`)) count += 1;
      counts.set(digest, count);
      return `${digest}~${count}`;
    },
  });
}

/**
 * A set of texts by 64 bits of a hash, which two of a million share in one of some ten million files: open addressing in
 * one flat array.
 */
function hashTable(): { add(text: string): boolean } {
  let capacity = 1024;
  let words = new Uint32Array(2 * capacity);
  let size = 0;
  const put = (into: Uint32Array, room: number, high: number, low: number): boolean => {
    for (let place = low % room; ; place = (place + 1) % room) {
      const there = into[2 * place];
      if (there === high && into[2 * place + 1] === low) return false;
      if (there !== 0) continue;
      into[2 * place] = high;
      into[2 * place + 1] = low;
      return true;
    }
  };
  const grow = (): void => {
    const larger = new Uint32Array(4 * capacity);
    for (let place = 0; place < capacity; place += 1) {
      const high = words[2 * place] ?? 0;
      if (high !== 0) put(larger, 2 * capacity, high, words[2 * place + 1] ?? 0);
    }
    words = larger;
    capacity *= 2;
  };
  return {
    add(text: string): boolean {
      if (2 * size >= capacity) grow();
      // 0 stands for an empty place.
      const high = hashOf(text, 0xcc9e_2d51, 15) || 1;
      const added = put(words, capacity, high, hashOf(text, 0x1b87_3593, 13));
      if (added) size += 1;
      return added;
    },
  };
}

/** A hash of 32 bits in the manner of MurmurHash3: every sign is multiplied in and turned away from where it was. */
function hashOf(text: string, multiplier: number, turn: number): number {
  let hash = multiplier ^ text.length;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), multiplier);
    hash = (hash << turn) | (hash >>> (32 - turn));
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
