import { isRecord } from "../read-json.ts";
import { jsonIn } from "./json-in.ts";
import { readToldDate, readToldNumber } from "../told-time.ts";

/** Members by which servers tell how long to wait, and the unit of a bare number in them, in ms. */
const SPANS: Readonly<Record<string, number>> = Object.freeze({
  retry_after: 1_000,
  retryafter: 1_000,
  retry_after_seconds: 1_000,
  retryafterseconds: 1_000,
  retry_after_ms: 1,
  retryafterms: 1,
  retrydelay: 1_000,
  retry_delay: 1_000,
  resets_in_seconds: 1_000,
  reset_in_seconds: 1_000,
  resets_at: 1_000,
  reset_at: 1_000,
  quotaresetdelay: 1_000,
  // Hugging Face, of a model that is being loaded.
  estimated_time: 1_000,
  // Headers that a gateway got, and passes on in the body.
  x_ratelimit_reset: 1_000,
});

/** A body's wrappers and their headers. */
const DEEPEST = 8;
const MOST_MEMBERS = 200;

/**
 * How long the body of an error asks to wait, in ms: by a member of its own, else in its words ("Please try again in
 * 7m12.5s"); undefined where it does not ask. Some servers tell it nowhere else.
 *
 * @param message the words
 * @param wallTime milliseconds since 1970, to which moments are compared
 */
export function readToldWait(body: unknown, message: string, wallTime: number): number | undefined {
  const ms = waitIn(parsed(body), wallTime, { left: MOST_MEMBERS }, 0) ?? waitInWords(message, wallTime);
  // A moment that has passed asks for nothing.
  return ms === undefined || ms <= 0 ? undefined : Math.ceil(ms);
}

function waitIn(value: unknown, wallTime: number, looked: { left: number }, depth: number): number | undefined {
  if (depth > DEEPEST || typeof value !== "object" || value === null) return undefined;
  const members: readonly [string, unknown][] = Object.entries(value);
  for (const [name, member] of members) {
    if ((looked.left -= 1) < 0) return undefined;
    const unitMs = SPANS[name.toLowerCase().replaceAll("-", "_")];
    const ms = unitMs === undefined ? undefined : waitOf(member, unitMs, wallTime);
    if (ms !== undefined) return ms;
  }
  for (const [, member] of members) {
    const ms = waitIn(parsed(member), wallTime, looked, depth + 1);
    if (ms !== undefined) return ms;
  }
  return undefined;
}

function parsed(value: unknown): unknown {
  return typeof value === "string" ? jsonIn(value) : value;
}

/** A number, "1.5s", a moment, or `{ seconds, nanos }`. */
function waitOf(value: unknown, unitMs: number, wallTime: number): number | undefined {
  if (isRecord(value)) {
    const seconds = Number(value["seconds"] ?? 0);
    const nanos = Number(value["nanos"] ?? 0);
    return Number.isFinite(seconds + nanos) && seconds + nanos > 0 ? seconds * 1_000 + nanos / 1e6 : undefined;
  }
  if (typeof value === "number")
    return value > 0 && value < Infinity ? readToldNumber(value, unitMs, wallTime) : undefined;
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  if (/^\d+(?:\.\d+)?$/.test(text)) return waitOf(Number(text), unitMs, wallTime);
  return readSpan(text) ?? readToldDate(text, wallTime);
}

const UNITS: readonly (readonly [RegExp, number])[] = [
  [/^(?:ms|milliseconds?|msecs?)$/i, 1],
  [/^(?:s|secs?|seconds?)$/i, 1_000],
  [/^(?:m|mins?|minutes?)$/i, 60_000],
  [/^(?:h|hrs?|hours?)$/i, 3_600_000],
  [/^(?:d|days?)$/i, 86_400_000],
];

const SPAN =
  /(?:\d+(?:\.\d+)?\s?(?:milliseconds?|msecs?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)\b[\s,]{0,2}(?:and )?|\d+(?:\.\d+)?(?:ms|s|m|h|d)(?=\d))+/i;

/** "1.5s", "7m12s", "2 minutes and 3 seconds". */
function readSpan(text: string): number | undefined {
  const span = SPAN.exec(text);
  if (span?.index !== 0) return undefined;
  let ms = 0;
  for (const [, number, unit = ""] of span[0].matchAll(/(\d+(?:\.\d+)?)\s?([a-z]+)/gi))
    ms += Number(number) * (UNITS.find(([name]) => name.test(unit))?.[1] ?? 0);
  return ms > 0 ? ms : undefined;
}

/** Only behind words that ask for it: the limits in a message are numbers with units too. */
const ASKS =
  /(?:try again|retry(?:ing)?|wait(?:ing)?|come back|available again|resets?|will reset)\b[^.;\d]{0,40}?(?:\b(?:in|after|for|within|at least|about|until|at|on)\b:?|[:=])\s*(?:about |at least |approximately |~)?(?=\d)/gi;

const MOMENT = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?/;

function waitInWords(message: string, wallTime: number): number | undefined {
  for (const { index, 0: words } of message.matchAll(ASKS)) {
    const rest = message.slice(index + words.length, index + words.length + 80);
    const ms = readSpan(rest) ?? readToldDate(MOMENT.exec(rest)?.[0] ?? "", wallTime);
    if (ms !== undefined) return ms;
  }
  // "Please wait 20 seconds", "retry 5s later".
  const bare = /(?:wait|retry)\s+(?=\d)/i.exec(message);
  return bare === null ? undefined : readSpan(message.slice(bare.index + bare[0].length, bare.index + 80));
}
