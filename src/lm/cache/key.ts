import { hash } from "node:crypto";
import type { LanguageModel, LmRequest } from "../language-model.ts";

/** Raised when the key or the kept answers change their form: old answers are then not found, and leave in time. */
const FORM = 1;

/** Fields of a request that cannot change the answer. Everything else is in the key, also what is added one day. */
const NOT_IN_KEY: ReadonlySet<string> = new Set(["writeAnswer", "cache"]);

/**
 * The name under which the answer to a request is kept: the SHA-256 of everything that can change it. That is the
 * provider, the model, its `identity` (the base URL, the weights) and each field of the request: messages, sampling
 * options, `seed`, `n`, response format, grammar, `rolloutId`. Fields may come in any order; below them order counts,
 * since models write a schema's properties in the order in which it lists them.
 *
 * Undefined for a request that must not be answered from a cache: the model has no identity, or a field holds something
 * that has no JSON (a function, a Map).
 */
export function cacheKey(
  lm: Pick<LanguageModel, "provider" | "model" | "identity">,
  request: LmRequest,
): string | undefined {
  const { provider, model, identity } = lm;
  if (identity === undefined || request.cache === false) return undefined;
  const fields = Object.entries(request)
    .filter(([name, value]) => value !== undefined && !NOT_IN_KEY.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  let text: string;
  try {
    text = JSON.stringify([FORM, provider, model, identity, fields], plainOnly);
  } catch {
    return undefined;
  }
  return hash("sha256", text, "base64url");
}

/** JSON would leave out or flatten what it does not know, and different requests would look the same. */
function plainOnly(this: unknown, _name: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return { bytes: hash("sha256", value, "base64url") };
  switch (typeof value) {
    case "function":
    case "symbol":
    case "bigint":
      throw new TypeError("not JSON");
    case "number":
      if (!Number.isFinite(value)) throw new TypeError("not JSON");
      return value;
    case "object":
      if (value !== null && !Array.isArray(value) && !isPlain(value)) throw new TypeError("not JSON");
      return value;
    default:
      return value;
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
