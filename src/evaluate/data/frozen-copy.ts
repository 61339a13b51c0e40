import { isTool } from "../../signatures/values/tool.ts";

/** More levels than anybody means, and few enough to walk through. */
const DEEPEST = 500;

/**
 * A frozen copy of data: lists and plain objects all the way down. What is no plain data (tools, dates, objects of classes)
 * stays as it is.
 * @throws RangeError for what is nested more than 500 levels deep, or contains itself
 */
export function frozenCopy(value: unknown, depth = 0): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth > DEEPEST) throw new RangeError(`it is nested more than ${DEEPEST} levels deep`);
  if (Array.isArray(value)) return Object.freeze(value.map((item: unknown) => frozenCopy(item, depth + 1)));
  const prototype: unknown = Object.getPrototypeOf(value);
  if ((prototype !== Object.prototype && prototype !== null) || isTool(value)) return value;
  const entries = Object.entries(value).map(([key, item]: [string, unknown]) => [key, frozenCopy(item, depth + 1)]);
  return Object.freeze(Object.fromEntries(entries));
}
