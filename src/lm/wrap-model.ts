import type { LanguageModel } from "./language-model.ts";

/**
 * A model with some of its calls replaced, and with everything else that it has: a wrapper loses nothing of
 * it, what somebody adds one day included. The one way to wrap one.
 *
 * A model that is an instance of a class becomes a plain object, whose methods are those of the instance.
 */
export function wrapModel(
  lm: LanguageModel,
  calls: Partial<Pick<LanguageModel, "generate" | "stream" | "close">>,
): LanguageModel {
  // Wrapped for each call, so what is plain already is only copied.
  if (isPlain(lm)) return Object.freeze({ ...lm, ...calls });
  const made: Record<PropertyKey, unknown> = {};
  for (let from: object | null = lm; from !== null && from !== Object.prototype; from = Object.getPrototypeOf(from)) {
    for (const key of Reflect.ownKeys(from)) {
      if (key === "constructor" || Object.hasOwn(made, key)) continue;
      const value: unknown = Reflect.get(lm, key);
      made[key] = typeof value === "function" ? value.bind(lm) : value;
    }
  }
  // All that the instance has is in it, and so all of the port.
  return Object.freeze({ ...(made as unknown as LanguageModel), ...calls });
}

function isPlain(lm: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(lm);
  return prototype === Object.prototype || prototype === null;
}
