import { distance } from "fastest-levenshtein";
import { describe, UsageError } from "./errors.ts";

/**
 * A name that nobody reads is a mistake, and most often a misspelt one: as a limit that is none, or a `baseUrl` that
 * sends a key to another host, the worst of them are silent.
 *
 * @param hintFor what to write instead of one that is not known, where that can be told; default: the name most like it
 * @throws UsageError for options that are no object, and for a name that is not known: it names the nearest
 */
export function checkOptions(
  what: string,
  options: unknown,
  known: readonly string[],
  word = "option",
  hintFor: (name: string, value: unknown) => string | undefined = () => undefined,
): void {
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw new UsageError(`${what}: expected an object of options, got ${describe(options)}`);
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const meant = hintFor(name, (options as Readonly<Record<string, unknown>>)[name]);
    const near = nearest(name, known);
    const hint = meant !== undefined ? ` (${meant})` : near === undefined ? "" : ` (is "${near}" meant?)`;
    throw new UsageError(unknownOption(what, word, name, hint, known));
  }
}

function unknownOption(what: string, word: string, name: string, hint: string, known: readonly string[]): string {
  const are = known.length === 1 ? "is" : "are";
  return `${what}: no ${word} "${name}"${hint}; there ${are} ${known.join(", ")}`;
}

/**
 * The same where people hand over an object that holds other things besides (a model's name, sampling options): what is
 * like one of the names is refused as misspelt, what is like none of them does nothing, and is told as a warning of the
 * process.
 *
 * @throws UsageError as {@link checkOptions} does, for what is misspelt
 */
export function checkSharedOptions(what: string, options: object, known: readonly string[]): void {
  const strange = Object.keys(options).filter((name) => nearest(name, known) === undefined);
  const others = Object.fromEntries(Object.entries(options).filter(([name]) => !strange.includes(name)));
  checkOptions(what, others, known);
  for (const name of strange) process.emitWarning(unknownOption(what, "option", name, "", known), "DspexWarning");
}

/** The names of a type's options, for {@link checkOptions}: one that is missing here, or too many, does not compile. */
export function optionNames<Options extends object>(
  names: Readonly<Record<keyof Options & string, true>>,
): readonly string[] {
  return Object.freeze(Object.keys(names));
}

/** @throws UsageError for what is no number, for NaN, and for what the condition refuses; unless undefined */
export function checkNumber(what: string, name: string, value: unknown, { expected, holds }: NumberRule): void {
  if (value === undefined || (typeof value === "number" && !Number.isNaN(value) && holds(value))) return;
  throw new UsageError(`${what}: ${name} must be ${expected}, got ${describe(value)}`);
}

export interface NumberRule {
  /** As in "must be …". */
  readonly expected: string;
  /** Asked about numbers alone. */
  holds(value: number): boolean;
}

export const ABOVE_0_MS: NumberRule = { expected: "milliseconds above 0", holds: (ms) => ms > 0 };
export const FROM_0_MS: NumberRule = { expected: "milliseconds from 0", holds: (ms) => ms >= 0 };
export const ABOVE_0_BYTES: NumberRule = { expected: "bytes above 0", holds: (bytes) => bytes > 0 };
export const WHOLE_ABOVE_0: NumberRule = {
  expected: "a whole number above 0",
  holds: (value) => Number.isInteger(value) && value > 0,
};
export const WHOLE_FROM_0: NumberRule = {
  expected: "a whole number from 0",
  holds: (value) => Number.isInteger(value) && value >= 0,
};

/** The name that is most like this one, if one is like it at all. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const wanted = name.toLowerCase();
  const farFrom = (other: string): number =>
    Math.min(wanted.length, other.length) > 3 && (other.includes(wanted) || wanted.includes(other))
      ? 1
      : distance(wanted, other);
  const scored = known.map((each) => ({ each, far: farFrom(each.toLowerCase()) }));
  const [best] = scored.toSorted((a, b) => a.far - b.far);
  return best !== undefined && best.far <= Math.max(1, wanted.length / 3) ? best.each : undefined;
}

/** @throws UsageError for what is neither an AbortSignal nor undefined (an AbortController, most often) */
export function checkSignal(what: string, signal: unknown): void {
  if (signal === undefined || isSignal(signal)) return;
  throw new UsageError(`${what}: signal must be an AbortSignal, got ${describe(signal)}${hint(signal)}`);
}

/** By what is used of it: those of other realms and of polyfills serve as well. */
function isSignal(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (!("aborted" in value && "addEventListener" in value && "removeEventListener" in value)) return false;
  return typeof value.addEventListener === "function" && typeof value.removeEventListener === "function";
}

function hint(value: unknown): string {
  return value instanceof AbortController ? ", an AbortController: give its signal" : "";
}

/** @throws UsageError for what is no number of milliseconds from 0 (`Infinity` is one), unless undefined */
export function checkTimeout(what: string, name: string, ms: unknown): void {
  if (ms === undefined || (typeof ms === "number" && ms >= 0)) return;
  throw new UsageError(`${what}: ${name} must be milliseconds, a number from 0, got ${describe(ms)}`);
}

/** @throws UsageError for what is no number of milliseconds; what is not above 0 means at once */
export function checkDelay(what: string, name: string, ms: unknown): void {
  if (typeof ms === "number" && !Number.isNaN(ms)) return;
  throw new UsageError(`${what}: ${name} must be a number of milliseconds, got ${describe(ms)}`);
}
