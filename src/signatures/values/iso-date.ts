/**
 * Days and moments as ISO 8601 text. That is what values of the types `date` and `datetime` are: it survives JSON, a day
 * stays the same day in every time zone, and a moment that names no zone (as models and Python often write them) is not
 * given one. What is read and how it is written are pydantic's, which DSPy uses.
 */

const MOMENT = /^(\d{4}-\d\d-\d\d)(?:[Tt _](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,}))?)?(Z|z|[+-]\d\d:?\d\d)?)?$/;

/** A day: `2024-01-15`, also written as the midnight that begins it. Undefined for what is none. */
export function readDate(value: unknown): string | undefined {
  const parts = partsOf(value);
  return parts === undefined || parts.hasTime ? undefined : parts.day;
}

/** A moment: `2024-01-15T10:30:00`, with a fraction in six digits and `Z` or an offset where it has them. */
export function readDateTime(value: unknown): string | undefined {
  return partsOf(value)?.whole;
}

interface Parts {
  readonly day: string;
  readonly whole: string;
  /** Whether it is another moment than the midnight that begins its day. */
  readonly hasTime: boolean;
}

function partsOf(value: unknown): Parts | undefined {
  const text = value instanceof Date ? textOfDate(value) : value;
  if (typeof text !== "string") return undefined;
  const match = MOMENT.exec(text.trim());
  if (match === null) return undefined;
  const [, day = "", hour = "00", minute = "00", second = "00", digits = "", zone = ""] = match;
  if (!isDay(day) || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const offset = readOffset(zone);
  if (offset === undefined) return undefined;
  const micros = digits.slice(0, 6).padEnd(6, "0");
  const fraction = Number(micros) === 0 ? "" : `.${micros}`;
  return {
    day,
    whole: `${day}T${hour}:${minute}:${second}${fraction}${offset}`,
    hasTime: `${hour}${minute}${second}${fraction}` !== "000000" || (offset !== "" && offset !== "Z"),
  };
}

function textOfDate(date: Date): string | undefined {
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** Months and leap years: a day that JavaScript's own calendar gives back unchanged. */
function isDay(day: string): boolean {
  const time = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(time) && !day.startsWith("0000") && new Date(time).toISOString().startsWith(day);
}

/** Undefined for none. */
function readOffset(zone: string): string | undefined {
  if (zone === "" || zone === "Z") return zone;
  if (zone === "z") return "Z";
  const hours = zone.slice(1, 3);
  const minutes = zone.slice(-2);
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
  return Number(hours) === 0 && Number(minutes) === 0 ? "Z" : `${zone.slice(0, 1)}${hours}:${minutes}`;
}
