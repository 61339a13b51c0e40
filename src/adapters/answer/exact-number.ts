// Whole numbers that a JavaScript number cannot hold (beyond 2^53 − 1) keep their digits: as data they are texts.

/** 2^53 has 16 digits; who writes fewer and an exponent has no more to lose. */
const LONG = /\d{16}/;
/** Characters. */
const SHORT = 1_000;
const WHOLE = /^[+-]?\d+$/;

/** The number that this is; a whole one that would lose digits is their text. */
export function exactNumber(digits: string): number | string {
  const value = Number(digits);
  return digits.length > 15 && !Number.isSafeInteger(value) && WHOLE.test(digits)
    ? BigInt(digits.replace("+", "")).toString()
    : value;
}

/** `JSON.parse`, with whole numbers that lose no digits. */
export function parseExactly(json: string): unknown {
  const value: unknown = JSON.parse(json);
  // Most hold no such number. Of a short text the values are sooner looked at, of a long one its digits.
  const mayHold = json.length < SHORT || LONG.test(json);
  return mayHold && holdsUnsafe(value) ? JSON.parse(json, exactly) : value;
}

function holdsUnsafe(value: unknown): boolean {
  if (typeof value === "number") return Number.isInteger(value) && !Number.isSafeInteger(value);
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some(holdsUnsafe);
  for (const key in value) if (holdsUnsafe((value as Readonly<Record<string, unknown>>)[key])) return true;
  return false;
}

/** Node gives revivers the text of each scalar, which the types of TypeScript's library do not know yet. */
function exactly(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === "number" && context?.source !== undefined ? exactNumber(context.source) : value;
}

/** The number that whole digits are, where it holds all of them. */
export function wholeNumber(digits: string): number | undefined {
  const value = Number(digits);
  if (Number.isSafeInteger(value)) return value;
  return Number.isFinite(value) && BigInt(value) === BigInt(digits.replace("+", "")) ? value : undefined;
}
