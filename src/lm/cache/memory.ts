import { sizeInMemory } from "./entry.ts";
import type { LmResponse } from "../language-model.ts";

/** Answers in memory, those asked for last. */
export interface MemoryCache {
  readonly entries: number;
  readonly bytes: number;
  /** Counts as use. */
  get(key: string): LmResponse | undefined;
  /** Makes room by dropping what was not used for longest; does not keep what is larger than all the room there is. */
  set(key: string, response: LmResponse): void;
}

export function memoryCache(maxBytes: number): MemoryCache {
  // In the order of their last use: a Map keeps the order in which its keys were set.
  const kept = new Map<string, { readonly response: LmResponse; readonly bytes: number }>();
  let bytes = 0;
  const drop = (key: string): void => {
    bytes -= kept.get(key)?.bytes ?? 0;
    kept.delete(key);
  };
  return {
    get entries() {
      return kept.size;
    },
    get bytes() {
      return bytes;
    },
    get(key) {
      const entry = kept.get(key);
      if (entry === undefined) return undefined;
      kept.delete(key);
      kept.set(key, entry);
      return entry.response;
    },
    set(key, response) {
      drop(key);
      const size = sizeInMemory(key, response);
      if (size > maxBytes) return;
      kept.set(key, { response, bytes: size });
      bytes += size;
      for (const oldest of kept.keys()) {
        if (bytes <= maxBytes) break;
        drop(oldest);
      }
    },
  };
}
