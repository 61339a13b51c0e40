import { LmError } from "./failure.ts";

/** What comes from a provider, read piece by piece: servers leave out more than their protocol says. */

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The member of that name, where there is an object to have one. */
export function memberOf(value: unknown, key: string): unknown {
  return isRecord(value) ? value[key] : undefined;
}

/** Undefined for what is no text, and for none. */
export function readString(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function readCount(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : 0;
}

/** What the end of a text adds to what has come of it: what has come stands, also where the end says it differently. */
export function missingIn(came: string, whole: string): string {
  return whole.length > came.length && whole.startsWith(came) ? whole.slice(came.length) : "";
}

/** A failure that says what was expected, and of what came only the kind: answers are the user's contents. */
export function malformed(expected: string, got: unknown): LmError {
  return new LmError(`expected ${expected} in the response, got ${kindOf(got)}`, { code: "malformed_response" });
}

/** What a value is, for an error that must not tell what it says. */
export function kindOf(value: unknown): string {
  if (typeof value === "string") return `text of ${value.length} characters`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isRecord(value)) return "an object";
  return typeof value === "function" ? "a function" : String(value);
}
