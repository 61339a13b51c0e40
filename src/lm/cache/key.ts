import { digest, inOrder, NotJsonError } from "../../foundation/digest.ts";
import type { LanguageModel, LmRequest } from "../language-model.ts";
import { NOT_IN_CACHE_KEY } from "../sampling.ts";

/** Raised when the key or the kept answers change their form: old answers are then not found, and leave in time. */
const FORM = 2;

/** Fields of a request that cannot change the answer. Everything else is in the key, also what is added one day. */
const NOT_IN_KEY: ReadonlySet<string> = new Set(["writeAnswer", ...NOT_IN_CACHE_KEY]);

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
    .map(([name, value]) => [name, inOrder(value)]);
  try {
    return digest({ form: FORM, provider, model, identity, fields: Object.fromEntries(fields) });
  } catch (thrown) {
    // Nested too deep to be looked at, it is not to be compared either.
    if (thrown instanceof NotJsonError || thrown instanceof RangeError) return undefined;
    throw thrown;
  }
}
