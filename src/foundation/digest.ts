import { hash } from "node:crypto";

/** A value that is no JSON, where a digest of it was asked for. */
export class NotJsonError extends TypeError {
  override readonly name = "NotJsonError";
}

/**
 * The SHA-256 of a value's {@link canonicalJson}, 43 letters of base64url: the one way in which this library names data
 * by what it is (answers in the cache, models, programs, sets of examples).
 *
 * @throws NotJsonError for what has no JSON
 */
export function digest(value: unknown): string {
  return hash("sha256", canonicalJson(value), "base64url");
}

/**
 * JSON that is the same text for equal values: the keys of objects are sorted, what is undefined is left out (in lists it
 * is null), bytes stand as their digest. In a value that {@link inOrder} has marked keys stay as they come.
 *
 * @throws NotJsonError for functions, symbols, bigints, numbers that are none or infinite, objects of classes, and what
 *   contains itself: JSON would leave them out or flatten them, and different values would look the same
 */
export function canonicalJson(value: unknown): string {
  return write(value, false, []) ?? "null";
}

class InOrder {
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
}

/** Marks a value in whose objects the order of the keys counts: what a prompt shows of it, what a model is to follow. */
export function inOrder(value: unknown): object {
  return new InOrder(value);
}

function write(value: unknown, ordered: boolean, around: readonly object[]): string | undefined {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "boolean":
      return value ? "true" : "false";
    case "undefined":
      return undefined;
    case "number":
      if (!Number.isFinite(value)) throw new NotJsonError(`${value} is no JSON`);
      // Prompts show the one as `-0.0`, the other as `0.0`.
      return Object.is(value, -0) ? "-0" : String(value);
    case "object":
      return value === null ? "null" : writeObject(value, ordered, around);
    default:
      throw new NotJsonError(`a ${typeof value} is no JSON`);
  }
}

function writeObject(value: object, ordered: boolean, around: readonly object[]): string | undefined {
  if (value instanceof InOrder) return write(value.value, true, around);
  if (value instanceof Uint8Array) return `{"$bytes":"${hash("sha256", value, "base64url")}"}`;
  if (around.includes(value)) throw new NotJsonError("what contains itself is no JSON");
  const inside = [...around, value];
  if (Array.isArray(value)) return `[${value.map((item) => write(item, ordered, inside) ?? "null").join(",")}]`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw new NotJsonError("an object of a class is no JSON");
  const entries = Object.entries(value);
  if (!ordered) entries.sort(([a], [b]) => (a < b ? -1 : 1));
  const members = entries.flatMap(([key, item]) => {
    const text = write(item, ordered, inside);
    return text === undefined ? [] : [`${JSON.stringify(key)}:${text}`];
  });
  return `{${members.join(",")}}`;
}
