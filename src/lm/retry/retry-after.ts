import { readHeaderNumber, readToldDate, readToldNumber } from "../told-time.ts";

/** The part of `Headers` that is read. */
export interface HeaderReader {
  get(name: string): string | null;
}

/**
 * How long a server asks to wait: `retry-after-ms` (milliseconds, which OpenAI and Azure send), else `retry-after` as
 * seconds or as a date (RFC 9110, 10.2.3). A number that is too large for a span is read as a moment since 1970. A time that
 * has passed is 0; what cannot be read is undefined. There is no upper bound: whoever waits has one.
 *
 * @param wallTime milliseconds since 1970, to which moments are compared
 */
export function readRetryAfterMs(headers: HeaderReader, wallTime: number): number | undefined {
  const ms = readHeaderNumber(headers.get("retry-after-ms"));
  if (ms !== undefined) return readToldNumber(ms, 1, wallTime);
  const text = headers.get("retry-after");
  const seconds = readHeaderNumber(text);
  if (seconds !== undefined) return readToldNumber(seconds, 1_000, wallTime);
  return text === null ? undefined : readToldDate(text, wallTime);
}
