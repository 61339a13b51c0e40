import { UsageError, describe } from "../../foundation/errors.ts";
import { isTool } from "../../signatures/values/tool.ts";

/**
 * What JSON has no word for is written as an object with one of these keys: `{ "$float": "nan" | "inf" | "-inf" | "-0" }`,
 * `{ "$date": "…" }`, and `{ "$map": [[key, value], …] }` for maps whose order an object could not keep.
 */
const FLOAT = "$float";
const DATE = "$date";
const MAP = "$map";
/** Stands for media in records. */
export const MEDIA = "$media";
const RESERVED: readonly (string | undefined)[] = [FLOAT, DATE, MAP, MEDIA];

/** Levels of lists and objects inside each other: more than anybody means, and few enough for whoever walks through them. */
const DEEPEST = 500;
export const TOO_DEEP = `it is nested more than ${DEEPEST} levels deep`;

/** Whether JSON is nested deeper than anything that was saved; level by level, so that no depth is too much to find out. */
export function isTooDeep(json: unknown): boolean {
  let level: readonly unknown[] = [json];
  // What is saved stands in a file, some levels deep; entries of maps take two levels more each.
  for (let depth = 0; depth < 4 * DEEPEST; depth += 1) {
    level = level.flatMap((each) => (typeof each === "object" && each !== null ? Object.values(each) : []));
    if (level.length === 0) return false;
  }
  return true;
}

const FLOATS: ReadonlyMap<unknown, number> = new Map([
  ["nan", Number.NaN],
  ["inf", Number.POSITIVE_INFINITY],
  ["-inf", Number.NEGATIVE_INFINITY],
  ["-0", -0],
]);

/**
 * A demo's value as JSON that reads back to the same.
 * @param where names the value in errors
 * @throws UsageError for what is no data: functions, symbols, bigints, objects of classes, values that contain themselves
 */
export function toSavedJson(value: unknown, where: string, around: readonly object[] = []): unknown {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") {
    if (Number.isFinite(value) && !Object.is(value, -0)) return value;
    const [word] = [...FLOATS].find(([, float]) => Object.is(float, value)) ?? [];
    return word === undefined ? value : { [FLOAT]: word };
  }
  if (typeof value !== "object") throw unsavable(value, where);
  // What a tool does is code, and stays with the program.
  if (isTool(value)) {
    const { kind, name, description, parameters } = value;
    return { kind, name, description, parameters };
  }
  if (value instanceof Date && Number.isNaN(value.getTime()))
    throw new UsageError(`${where}: an invalid Date cannot be saved`);
  if (value instanceof Date) return { [DATE]: value.toISOString() };
  if (around.length >= DEEPEST) throw new UsageError(`${where}: ${TOO_DEEP}, and cannot be saved`);
  if (around.includes(value)) throw new UsageError(`${where}: a value that contains itself cannot be saved`);
  const inside = [...around, value];
  if (Array.isArray(value)) return value.map((item: unknown) => toSavedJson(item ?? null, where, inside));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null && !(value instanceof Map)) throw unsavable(value, where);
  const entries: readonly (readonly [string, unknown])[] =
    value instanceof Map ? [...value].map(([key, item]) => [String(key), item] as const) : Object.entries(value);
  const saved: (readonly [string, unknown])[] = [];
  for (const [key, item] of entries) if (item !== undefined) saved.push([key, toSavedJson(item, where, inside)]);
  // Objects put such keys first, by size.
  if (value instanceof Map && saved.some(([key]) => /^\d+$/.test(key))) return { [MAP]: saved };
  const only = saved.length === 1 ? saved[0]?.[0] : undefined;
  if (only !== undefined && RESERVED.includes(only))
    throw new UsageError(`${where}: an object with the one key "${only}" cannot be saved; the key is reserved`);
  return Object.fromEntries(saved);
}

function unsavable(value: unknown, where: string): UsageError {
  return new UsageError(
    `${where}: only data can be saved (text, numbers, lists, plain objects), got ${describe(value)}`,
  );
}

function isEntries(json: unknown): json is readonly (readonly [string, unknown])[] {
  return Array.isArray(json) && json.every((entry) => Array.isArray(entry) && typeof entry[0] === "string");
}

/** The value that {@link toSavedJson} was given. */
export function fromSavedJson(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(fromSavedJson);
  if (typeof json !== "object" || json === null) return json;
  const entries = Object.entries(json);
  const [first, ...others] = entries;
  if (first !== undefined && others.length === 0) {
    if (first[0] === FLOAT && FLOATS.has(first[1])) return FLOATS.get(first[1]);
    if (first[0] === DATE && typeof first[1] === "string") return new Date(first[1]);
    if (first[0] === MAP && isEntries(first[1]))
      return new Map(first[1].map(([key, item]) => [key, fromSavedJson(item)]));
  }
  return Object.fromEntries(entries.map(([key, item]) => [key, fromSavedJson(item)]));
}
