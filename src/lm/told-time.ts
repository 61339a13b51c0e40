/**
 * Bare numbers of seconds or milliseconds from this one on are no spans (as seconds 31 years, as milliseconds 11 days), but
 * moments counted from 1970: some servers say when, and not how long.
 */
const MOMENTS_FROM = 1e9;

/**
 * How long a bare number asks to wait, in milliseconds: a span in units of so many milliseconds, or, where it is too large
 * for one, a moment since 1970, in seconds or whatever smaller unit makes it one of our time.
 */
export function readToldNumber(value: number, unitMs: number, wallTime: number): number {
  if (value < MOMENTS_FROM) return value * unitMs;
  let ms = value < 1e11 ? value * 1_000 : value;
  // Microseconds, nanoseconds.
  while (ms >= 1e14) ms /= 1_000;
  return Math.max(0, ms - wallTime);
}

/** How long a date asks to wait: as HTTP writes it ("Sun, 06 Nov 1994 08:49:37 GMT"), or ISO 8601; else undefined. */
export function readToldDate(text: string, wallTime: number): number | undefined {
  // `Date.parse` reads far more than those ("-5" is a year).
  if (!/^\s*(?:[A-Z][a-z]{2}|\d{4}-\d{2}-\d{2}[T ]\d{2}:)/.test(text)) return undefined;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - wallTime);
}

/** A number as headers write it, without a sign; else undefined, also where it is beyond all numbers. */
export function readHeaderNumber(text: string | null): number | undefined {
  if (text === null || !/^\s*\d+(?:\.\d+)?\s*$/.test(text)) return undefined;
  const value = Number(text);
  return value === Infinity ? undefined : value;
}
