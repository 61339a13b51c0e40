import crypto from "node:crypto";

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
  return crypto.hash("sha256", canonicalJson(value), "base64url");
}

/**
 * JSON that is the same text for equal values: the keys of objects are sorted, what is undefined is left out (in lists it
 * is null), bytes stand as their digest. In a value that {@link inOrder} has marked keys stay as they come.
 *
 * @throws NotJsonError for functions, symbols, bigints, numbers that are none or infinite, objects of classes, and what
 *   contains itself: JSON would leave them out or flatten them, and different values would look the same
 */
export function canonicalJson(value: unknown): string {
  const out: Out = { text: "", around: [] };
  return write(out, value, false) ? out.text : "null";
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

/** Text that grows at its end, so that each piece is copied once, however deep it stands. */
interface Out {
  text: string;
  /** The objects that what is being written stands in. */
  readonly around: object[];
}

/** Whether anything was written: what is undefined leaves no trace. */
function write(out: Out, value: unknown, ordered: boolean): boolean {
  switch (typeof value) {
    case "string":
      out.text += JSON.stringify(value);
      return true;
    case "boolean":
      out.text += value ? "true" : "false";
      return true;
    case "undefined":
      return false;
    case "number":
      if (!Number.isFinite(value)) throw new NotJsonError(`${value} is no JSON`);
      // Prompts show the one as `-0.0`, the other as `0.0`.
      out.text += Object.is(value, -0) ? "-0" : String(value);
      return true;
    case "object":
      return writeObject(out, value, ordered);
    default:
      throw new NotJsonError(`a ${typeof value} is no JSON`);
  }
}

function writeObject(out: Out, value: object | null, ordered: boolean): boolean {
  if (value instanceof InOrder) return write(out, value.value, true);
  if (value === null) out.text += "null";
  else if (value instanceof Uint8Array) out.text += `{"$bytes":"${crypto.hash("sha256", value, "base64url")}"}`;
  else {
    if (out.around.includes(value)) throw new NotJsonError("what contains itself is no JSON");
    out.around.push(value);
    if (Array.isArray(value)) writeList(out, value, ordered);
    else writeMembers(out, value, ordered);
    out.around.pop();
  }
  return true;
}

function writeList(out: Out, items: readonly unknown[], ordered: boolean): void {
  out.text += "[";
  for (let index = 0; index < items.length; index += 1) {
    if (index > 0) out.text += ",";
    if (!write(out, items[index], ordered)) out.text += "null";
  }
  out.text += "]";
}

function writeMembers(out: Out, value: object, ordered: boolean): void {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw new NotJsonError("an object of a class is no JSON");
  const keys = Object.keys(value);
  if (!ordered) keys.sort();
  let separator = "{";
  for (const key of keys) {
    const item = (value as Readonly<Record<string, unknown>>)[key];
    if (item === undefined) continue;
    out.text += separator;
    out.text += JSON.stringify(key);
    out.text += ":";
    separator = ",";
    if (!write(out, item, ordered)) out.text += "null";
  }
  out.text += separator === "{" ? "{}" : "}";
}
