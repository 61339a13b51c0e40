/** The part of `Headers` that is read. */
export interface HeaderReader {
  get(name: string): string | null;
}

/**
 * How long a server asks to wait: `retry-after-ms` (milliseconds, which OpenAI and Azure send), else `retry-after` as
 * seconds or as a date (RFC 9110, 10.2.3). A time that has passed is 0; what cannot be read is undefined.
 *
 * @param wallTime milliseconds since 1970, to which dates are compared
 */
export function readRetryAfterMs(headers: HeaderReader, wallTime: number): number | undefined {
  const ms = readNumber(headers.get("retry-after-ms"));
  if (ms !== undefined) return ms;
  const text = headers.get("retry-after");
  const seconds = readNumber(text);
  if (seconds !== undefined) return seconds * 1_000;
  // `Date.parse` reads far more than HTTP dates ("-5" is a year): all that HTTP allows begin with a day's name.
  if (text === null || !/^[A-Z][a-z]{2}/.test(text.trim())) return undefined;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - wallTime);
}

function readNumber(text: string | null): number | undefined {
  if (text === null || !/^\s*\d+(\.\d+)?\s*$/.test(text)) return undefined;
  return Number(text);
}
