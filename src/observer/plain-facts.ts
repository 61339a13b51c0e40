import { describe } from "../foundation/errors.ts";

/** Deeper than anything of ours; what lies below is told in short. */
const MAX_DEPTH = 8;

/**
 * A copy of what an actor tells of itself that holds plain data alone: whatever an `inspect` gives (functions, big
 * numbers, objects that hold themselves, getters that throw), the whole can be printed as JSON and sent to another thread.
 * What JSON has no word for is told in short, as text.
 */
export function plainFacts(
  facts: Readonly<Record<string, unknown>>,
  without?: string,
): Readonly<Record<string, unknown>> {
  return copied(facts, [], without);
}

function copied(from: object, above: readonly object[], without?: string): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  for (const key of Object.keys(from)) {
    if (key === without) continue;
    let value: unknown;
    try {
      value = plain((from as Readonly<Record<string, unknown>>)[key], [...above, from]);
    } catch (thrown) {
      // One bad property does not hide its neighbours.
      value = describe(thrown);
    }
    // Not assigned: that would call the setter of a key such as `__proto__`.
    Object.defineProperty(made, key, { value, enumerable: true, configurable: true, writable: true });
  }
  return made;
}

function plain(value: unknown, above: readonly object[]): unknown {
  if (typeof value === "function" || typeof value === "symbol" || typeof value === "bigint") return describe(value);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Error) return describe(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? String(value) : value.toISOString();
  if (above.includes(value)) return "(itself)";
  if (above.length >= MAX_DEPTH) return Array.isArray(value) ? "(a list)" : "(an object)";
  if (Array.isArray(value)) return value.map((each: unknown) => plain(each, [...above, value]));
  return copied(value, above);
}
