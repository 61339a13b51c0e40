import { describe } from "../../foundation/errors.ts";
import type { FieldType } from "../types/field-type.ts";

/** Whether a value of this type may hold what nobody has looked at: what has a type of its own is checked by that. */
export function holdsAnything(type: FieldType): boolean {
  switch (type.kind) {
    case "any":
    case "zod":
      return true;
    case "list":
      return type.bare || holdsAnything(type.items);
    case "dict":
      return type.bare || holdsAnything(type.values);
    case "tuple":
      return type.bare || type.items.some(holdsAnything);
    case "union":
      return type.members.some(holdsAnything);
    default:
      return false;
  }
}

/** Deeper than this nobody means, and what writes values goes into them level by level. */
export const DEEPEST = 500;

/** What says itself how it is written (a `URL`, a decimal of a library's) is that; dates have ways of their own. */
export function writtenAs(value: unknown): unknown {
  if (typeof value !== "object" || value === null || value instanceof Date || !("toJSON" in value)) return value;
  return typeof value.toJSON === "function" ? (value.toJSON as () => unknown)() : value;
}

/**
 * The first thing in a value that JSON has no word for and would leave out or end in (a function, a set, an object that holds
 * itself, more than {@link DEEPEST} levels), with its place: `at a.0: a function f`. Undefined: all of it can be written.
 */
export function lostIn(value: unknown): string | undefined {
  const above = new Set<object>();
  // No recursion: a value may be deeper than the stack.
  const open: Step[] = [{ value, place: undefined, leaves: false }];
  for (let step = open.pop(); step !== undefined; step = open.pop()) {
    const { value: given, place, leaves } = step;
    if (leaves) {
      // Only objects are left.
      above.delete(given as object);
      continue;
    }
    const here = ArrayBuffer.isView(given) ? given : writtenAs(given);
    const lost = lostItself(here);
    if (lost !== undefined) return `${pathOf(place)}${lost}`;
    if (typeof here !== "object" || here === null || here instanceof Date) continue;
    if (above.has(here)) return `${pathOf(place)}an object that holds itself`;
    above.add(here);
    if (above.size > DEEPEST) return `${pathOf(place)}more than ${DEEPEST} levels of objects and lists`;
    open.push({ value: here, place, leaves: true });
    const entries: Iterable<readonly [unknown, unknown]> = here instanceof Map ? here : Object.entries(here);
    for (const [key, each] of entries)
      if (typeof each === "object" || typeof each === "function" || typeof each === "symbol")
        open.push({ value: each, place: { key: String(key), above: place }, leaves: false });
  }
  return undefined;
}

interface Step {
  readonly value: unknown;
  readonly place: Place | undefined;
  /** All below it has been seen. */
  readonly leaves: boolean;
}

interface Place {
  readonly key: string;
  readonly above: Place | undefined;
}

function lostItself(value: unknown): string | undefined {
  if (typeof value === "function") return `a ${describe(value)}`;
  if (typeof value === "symbol") return `a ${describe(value)}`;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  if (value instanceof Map || value instanceof Date) return undefined;
  if (value instanceof Uint8Array)
    return "bytes (of an image, a sound or a file: image(…), audio(…), file(…), in a field of that type; of a text: the text)";
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
  // A class's own fields are data; what keeps its contents elsewhere would be written as {}, or by its places alone.
  if (isPlain || (Object.keys(value).length > 0 && !ArrayBuffer.isView(value))) return undefined;
  const made: unknown = value.constructor;
  const name = typeof made === "function" && made.name !== "" ? made.name : "value without fields";
  const hint = ArrayBuffer.isView(value) && Symbol.iterator in value ? " (a list of its numbers: Array.from(…))" : "";
  return `${/^[AEIOU]/.test(name) ? "an" : "a"} ${name}${hint}`;
}

function pathOf(place: Place | undefined): string {
  const keys: string[] = [];
  for (let at = place; at !== undefined; at = at.above) keys.push(at.key);
  if (keys.length === 0) return "";
  const path = keys.toReversed().join(".");
  return `at ${path.length > 60 ? `${path.slice(0, 59)}…` : path}: `;
}
