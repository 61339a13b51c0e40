import { sizeInMemory } from "./entry.ts";
import type { LmResponse } from "../language-model.ts";

/** Answers in memory, those asked for last. */
export interface MemoryCache {
  readonly entries: number;
  readonly bytes: number;
  /** Counts as use. */
  get(key: string): LmResponse | undefined;
  /** When what is there was kept: milliseconds since 1970. */
  keptAt(key: string): number | undefined;
  /**
   * Makes room by dropping what was not used for longest; does not keep what is larger than all the room there is.
   * @param at when it was answered: milliseconds since 1970. Default: not known, which is long ago
   */
  set(key: string, response: LmResponse, at?: number): void;
}

/** @param freshFrom what was kept before this moment (milliseconds since 1970) is not given any more. Default: all of it is */
export function memoryCache(maxBytes: number, freshFrom: () => number = () => 0): MemoryCache {
  // In the order of their last use: a Map keeps the order in which its keys were set.
  const kept = new Map<string, { readonly response: LmResponse; readonly bytes: number; readonly at: number }>();
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
      if (entry.at < freshFrom()) {
        drop(key);
        return undefined;
      }
      kept.delete(key);
      kept.set(key, entry);
      return entry.response;
    },
    keptAt: (key) => kept.get(key)?.at,
    set(key, response, at = 0) {
      drop(key);
      const size = sizeInMemory(key, response);
      if (size > maxBytes) return;
      kept.set(key, { response, bytes: size, at });
      bytes += size;
      for (const oldest of kept.keys()) {
        if (bytes <= maxBytes) break;
        drop(oldest);
      }
    },
  };
}
