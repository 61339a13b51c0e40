import * as fc from "fast-check";
import { test } from "vitest";
import { digestProperty, savedProperty } from "./program-property.ts";

// `npm run programs:property` plays many more.
const SEEDED = { seed: 20_261_129, numRuns: 60 };

test("random programs come back from files as they were: the same digest, the same to every model", async () => {
  await fc.assert(savedProperty, SEEDED);
});

test("random edits change the digest exactly when they can be seen", async () => {
  await fc.assert(digestProperty, SEEDED);
});
