// What the files of recorded cases have in common.
import type { VectorSignature } from "./vector-signature.ts";

export interface VectorCase {
  readonly name: string;
  readonly rule: string;
  /** Whether DSPy's own behaviour was judged a mistake. */
  readonly bug?: boolean;
  /** What a user would want instead, in words. */
  readonly better?: string;
  /** What DSPy does. */
  readonly expect: unknown;
  /** What is done here instead: set in the project's own copies of such cases. */
  readonly ours?: unknown;
}

export interface AdapterCase extends VectorCase {
  readonly adapter: string;
  readonly signature: VectorSignature;
}

/** What a call gives: the thing that the case is about, or that it fails. */
export type Outcome = object | { readonly error: true };

export const FAILED: Outcome = Object.freeze({ error: true });

export function isFailure(outcome: unknown): boolean {
  return typeof outcome === "object" && outcome !== null && "error" in outcome && outcome.error === true;
}

/** `$float` marks stand for what JSON lacks; maps are objects again; -0 is 0. */
export function plain(value: unknown): unknown {
  if (value instanceof Map) return plain(Object.fromEntries(value) as unknown);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "number") return value === 0 ? 0 : value;
  if (typeof value !== "object" || value === null) return value;
  if ("$float" in value) return FLOATS[String(value.$float)];
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

const FLOATS: Readonly<Record<string, number>> = { nan: Number.NaN, inf: Infinity, "-inf": -Infinity };
