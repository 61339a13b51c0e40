import { expect, test } from "vitest";
import { SAID, WHOLE, httpFuzz, readWhole } from "../http-fuzz.ts";

test.each(WHOLE)("an undamaged answer that ends by $name is read", async (whole) => {
  expect(await readWhole(whole)).toBe(SAID);
});

// `npm run fuzz:http` makes 10,000 of them.
test(
  "answers damaged in 1,600 ways end in text or in a typed failure, and leave no connection",
  { timeout: 60_000 },
  async () => {
    const { ends, socketsLeft } = await httpFuzz({ seed: 20_261_124, rounds: 1_600 });
    // Each of these must have been met, or the fuzz tries nothing.
    for (const kind of ["text", "connection", "malformed_response", "timeout"]) {
      expect(ends.get(kind) ?? 0, kind).toBeGreaterThan(5);
    }
    expect(socketsLeft).toBe(0);
  },
);
