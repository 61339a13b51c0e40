import type { HeaderReader } from "../retry/retry-after.ts";
import { readHeaderNumber, readToldDate, readToldNumber } from "../told-time.ts";

/** What a provider says is left of one of its limits. */
export interface LmRateWindow {
  /** Per window, usually a minute. */
  readonly limit?: number;
  /** Left of it, this request counted. */
  readonly remaining?: number;
  /** Milliseconds from the answer until it is whole again. */
  readonly resetMs?: number;
}

/** A provider's own count of our rate, as it came with an answer. */
export interface LmRateLimit {
  readonly requests?: LmRateWindow;
  readonly tokens?: LmRateWindow;
}

/**
 * Reads `x-ratelimit-{limit,remaining,reset}-{requests,tokens}`, which OpenAI sends and many others do too. What is
 * missing or cannot be read is left out; undefined where nothing is left.
 *
 * @param wallTime milliseconds since 1970, to which moments are compared
 */
export function readRateLimit(headers: HeaderReader, wallTime: number): LmRateLimit | undefined {
  const requests = readWindow(headers, "requests", wallTime);
  const tokens = readWindow(headers, "tokens", wallTime);
  if (requests === undefined && tokens === undefined) return undefined;
  return { ...(requests && { requests }), ...(tokens && { tokens }) };
}

function readWindow(headers: HeaderReader, what: "requests" | "tokens", wallTime: number): LmRateWindow | undefined {
  const limit = readHeaderNumber(headers.get(`x-ratelimit-limit-${what}`));
  const remaining = readHeaderNumber(headers.get(`x-ratelimit-remaining-${what}`));
  const resetMs = readResetMs(headers.get(`x-ratelimit-reset-${what}`), wallTime);
  if (limit === undefined && remaining === undefined && resetMs === undefined) return undefined;
  return {
    ...(limit !== undefined && { limit }),
    ...(remaining !== undefined && { remaining }),
    ...(resetMs !== undefined && { resetMs }),
  };
}

const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/**
 * A duration as Go writes it, which is how OpenAI does ("6m0s", "1.5s", "17ms"); a bare number is seconds, or a moment since
 * 1970 where it is too large for that; a date is one too.
 */
export function readResetMs(text: string | null, wallTime: number): number | undefined {
  const given = text?.trim() ?? "";
  const number = readHeaderNumber(given);
  if (number !== undefined) return readToldNumber(number, 1_000, wallTime);
  if (!/^(?:\d+(?:\.\d+)?(?:h|ms|m|s))+$/.test(given)) return readToldDate(given, wallTime);
  let sum = 0;
  for (const [, amount, unit] of given.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)) {
    sum += Number(amount) * (UNIT_MS[unit ?? ""] ?? 0);
  }
  return Math.round(sum);
}
