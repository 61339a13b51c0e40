import { describe, UsageError } from "./errors.ts";

/** @throws UsageError for what is neither an AbortSignal nor undefined (an AbortController, most often) */
export function checkSignal(what: string, signal: unknown): void {
  if (signal === undefined || isSignal(signal)) return;
  throw new UsageError(`${what}: signal must be an AbortSignal, got ${describe(signal)}${hint(signal)}`);
}

/** By what is used of it: those of other realms and of polyfills serve as well. */
function isSignal(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return "aborted" in value && "addEventListener" in value && typeof value.addEventListener === "function";
}

function hint(value: unknown): string {
  return value instanceof AbortController ? ", an AbortController: give its signal" : "";
}

/** @throws UsageError for what is no number of milliseconds from 0 (`Infinity` is one), unless undefined */
export function checkTimeout(what: string, name: string, ms: unknown): void {
  if (ms === undefined || (typeof ms === "number" && ms >= 0)) return;
  throw new UsageError(`${what}: ${name} must be milliseconds, a number from 0, got ${describe(ms)}`);
}
