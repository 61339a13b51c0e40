import type { HeaderReader } from "./retry-after.ts";

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
 */
export function readRateLimit(headers: HeaderReader): LmRateLimit | undefined {
  const requests = readWindow(headers, "requests");
  const tokens = readWindow(headers, "tokens");
  if (requests === undefined && tokens === undefined) return undefined;
  return { ...(requests && { requests }), ...(tokens && { tokens }) };
}

function readWindow(headers: HeaderReader, what: "requests" | "tokens"): LmRateWindow | undefined {
  const limit = readCount(headers.get(`x-ratelimit-limit-${what}`));
  const remaining = readCount(headers.get(`x-ratelimit-remaining-${what}`));
  const resetMs = readDurationMs(headers.get(`x-ratelimit-reset-${what}`));
  if (limit === undefined && remaining === undefined && resetMs === undefined) return undefined;
  return {
    ...(limit !== undefined && { limit }),
    ...(remaining !== undefined && { remaining }),
    ...(resetMs !== undefined && { resetMs }),
  };
}

function readCount(text: string | null): number | undefined {
  return text !== null && /^\s*\d+(?:\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
}

const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** A duration as Go writes it, which is how OpenAI does ("6m0s", "1.5s", "17ms"); a bare number is seconds. */
export function readDurationMs(text: string | null): number | undefined {
  const given = text?.trim() ?? "";
  const seconds = readCount(given);
  if (seconds !== undefined) return seconds * 1_000;
  if (!/^(?:\d+(?:\.\d+)?(?:h|ms|m|s))+$/.test(given)) return undefined;
  let sum = 0;
  for (const [, amount, unit] of given.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)) {
    sum += Number(amount) * (UNIT_MS[unit ?? ""] ?? 0);
  }
  return Math.round(sum);
}
