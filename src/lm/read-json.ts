import { describe } from "../foundation/errors.ts";
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

/** A failure that says what was expected, and of what came only the kind: answers are the user's contents. */
export function malformed(expected: string, got: unknown): LmError {
  const kind = Array.isArray(got) ? `a list of ${got.length}` : isRecord(got) ? "an object" : describeKind(got);
  return new LmError(`expected ${expected} in the response, got ${kind}`, { code: "malformed_response" });
}

function describeKind(value: unknown): string {
  return typeof value === "string" ? `text of ${value.length} characters` : describe(value);
}
