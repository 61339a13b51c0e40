import * as fc from "fast-check";
import { describe, test } from "vitest";
import { invariantsProperty } from "./invariants-property.ts";
import { modelProperty } from "./model-property.ts";

// One seed, so that a run tells of the sources alone. `npm run otp:property` goes further, with any seed.
const settings = { seed: 20_261, maxSkipsPerRun: 1 };

describe("random supervision trees", { timeout: 120_000 }, () => {
  test("do what the model of OTP does", () => fc.assert(modelProperty, { ...settings, numRuns: 1_500 }));

  test("keep the invariants, whatever is killed and however steps overlap", () =>
    fc.assert(invariantsProperty, { ...settings, numRuns: 1_500 }));
});
