import { expect, test } from "vitest";
import { fuzz } from "./fuzz.ts";

/** `npm run fuzz` makes 10,000 of them. */
const CALLS = 600;

test(
  "a damaged answer gives values of their types or a typed error, and nothing else",
  { timeout: 60_000 },
  async () => {
    const { typed, refused, wrong } = await fuzz(2026, CALLS);
    expect(wrong).toEqual([]);
    // Else it has not tried anything.
    expect(Math.min(typed, refused)).toBeGreaterThan(CALLS / 5);
  },
);
