import { expect, test } from "vitest";
import { readDate, readDateTime } from "../../../src/signatures/values/iso-date.ts";

// What pydantic 2.14 makes of the same, but for the Dates.
test.each<readonly [unknown, string | undefined, string | undefined]>([
  ["2024-01-15", "2024-01-15", "2024-01-15T00:00:00"],
  [" 2024-02-29 ", "2024-02-29", "2024-02-29T00:00:00"],
  ["2023-02-29", undefined, undefined],
  ["0000-01-01", undefined, undefined],
  ["9999-12-31", "9999-12-31", "9999-12-31T00:00:00"],
  ["2024-01-15T00:00:00Z", "2024-01-15", "2024-01-15T00:00:00Z"],
  ["2024-01-15T00:00:00.000", "2024-01-15", "2024-01-15T00:00:00"],
  ["2024-01-15T00:00:00+01:00", undefined, "2024-01-15T00:00:00+01:00"],
  ["2024-01-15 10:30", undefined, "2024-01-15T10:30:00"],
  ["2024-01-15t10:30:00,5z", undefined, "2024-01-15T10:30:00.500000Z"],
  ["2024-01-15_10:30:00.1234567891", undefined, "2024-01-15T10:30:00.123456"],
  ["2024-01-15T10:30:00-00:00", undefined, "2024-01-15T10:30:00Z"],
  ["2024-01-15T10:30:00-0800", undefined, "2024-01-15T10:30:00-08:00"],
  ["2024-01-15T10:30:00+24:00", undefined, undefined],
  ["2024-01-15T10:30+05", undefined, undefined],
  ["2024-01-15T24:00:00", undefined, undefined],
  ["2024-01-15T10:30:60", undefined, undefined],
  ["2024-01-15Z", undefined, undefined],
  ["15.01.2024", undefined, undefined],
  [20_240_115, undefined, undefined],
  [null, undefined, undefined],
  [new Date("2024-01-15"), "2024-01-15", "2024-01-15T00:00:00Z"],
  [new Date("2024-01-15T10:30:00.250Z"), undefined, "2024-01-15T10:30:00.250000Z"],
  [new Date(Number.NaN), undefined, undefined],
])("%s is the day %s and the moment %s", (value, day, moment) => {
  expect(readDate(value)).toBe(day);
  expect(readDateTime(value)).toBe(moment);
});

test("what was read reads as itself", () => {
  for (const text of ["2024-01-15T10:30:00.500000+05:30", "2024-01-15T00:00:00"]) expect(readDateTime(text)).toBe(text);
});
