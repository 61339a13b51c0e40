import { canonicalJson } from "../foundation/digest.ts";
import type { Adapter, AdapterSettings } from "./adapter.ts";

/** What an adapter is known by in files and to digests, as plain data. */
export interface AdapterFacts {
  readonly name: string;
  /** Left out: it has none. */
  readonly settings?: AdapterSettings;
  /** Whether it is the user's own, whose code no file holds. Left out: it is one of the library's. */
  readonly custom?: true;
}

/** Those that are just as the library makes them, so that name and settings say all about them. */
const LIBRARYS = new WeakSet<Adapter>();

/** One of the library's own adapters, frozen. */
export function libraryAdapter(adapter: Adapter): Adapter {
  LIBRARYS.add(adapter);
  return Object.freeze(adapter);
}

/** Whether its code is the user's own: a spread of one of ours is, too. */
export function isCustom(adapter: Adapter): boolean {
  return !LIBRARYS.has(adapter);
}

export function adapterFacts(adapter: Adapter): AdapterFacts {
  const { name, settings } = adapter;
  const hasSome = settings !== undefined && Object.keys(settings).length > 0;
  return { name, ...(hasSome && { settings }), ...(isCustom(adapter) && { custom: true as const }) };
}

/** Whether both say the same, however their keys are ordered. */
export function sameFacts(a: AdapterFacts, b: AdapterFacts): boolean {
  return canonicalJson(a) === canonicalJson(b);
}
