import { hash } from "node:crypto";

/** What ids there have been, in at most 64 bytes each however long they are: streams of millions are told apart by it. */
export interface IdTally {
  /** Whether this id is new. */
  claim(id: string): boolean;
  /** The digest, or where it was there before, the digest with its number among equals: `…~2`. */
  unnamed(digest: string): string;
}

export function idTally(): IdTally {
  const places = placeTable();
  // Few are equal to others.
  const counts = new Map<string, number>();
  return Object.freeze({
    claim: (id: string) => places.add(id),
    unnamed(digest: string): string {
      let count = counts.get(digest) ?? 0;
      if (count === 0 && places.add(digest)) return digest;
      count = Math.max(count, 1) + 1;
      // Somebody may have given such an id.
      while (!places.add(`${digest}~${count}`)) count += 1;
      counts.set(digest, count);
      return `${digest}~${count}`;
    },
  });
}

/** A set of texts by 96 bits of their SHA-256: open addressing in one flat array. */
function placeTable(): { add(text: string): boolean } {
  let capacity = 1024;
  let keys = new Float64Array(2 * capacity);
  let size = 0;
  const put = (table: Float64Array, room: number, high: number, low: number): boolean => {
    for (let place = low % room; ; place = (place + 1) % room) {
      const there = table[2 * place];
      if (there === high && table[2 * place + 1] === low) return false;
      if (there !== 0) continue;
      table[2 * place] = high;
      table[2 * place + 1] = low;
      return true;
    }
  };
  const grow = (): void => {
    const larger = new Float64Array(4 * capacity);
    for (let place = 0; place < capacity; place += 1) {
      const high = keys[2 * place] ?? 0;
      if (high !== 0) put(larger, 2 * capacity, high, keys[2 * place + 1] ?? 0);
    }
    keys = larger;
    capacity *= 2;
  };
  return {
    add(text: string): boolean {
      if (2 * size >= capacity) grow();
      const bytes = hash("sha256", text, "buffer");
      // 0 stands for an empty place.
      const added = put(keys, capacity, bytes.readUIntBE(0, 6) || 1, bytes.readUIntBE(6, 6));
      if (added) size += 1;
      return added;
    },
  };
}
