import * as fc from "fast-check";
import { expect, test } from "vitest";
import { exactSum } from "../../src/foundation/exact-sum.ts";

test.each([
  [[], 0],
  [[0.1, 0.2, 0.3], 0.6],
  [[0.3, 0.2, 0.1], 0.6],
  [Array.from({ length: 10 }, () => 0.1), 1],
  [[1e100, 1, -1e100], 1],
  [[1, 1e-16, 1e-16], 1.0000000000000002],
  // Just between two numbers, and a third that says to which side.
  [[1, 2 ** -53, 2 ** -106], 1.0000000000000002],
  [[1, 2 ** -53, -(2 ** -106)], 1],
  [[-1, -0.5, 0.25], -1.25],
])("the sum of %j is %d", (values, sum) => {
  expect(exactSum(values)).toBe(sum);
});

test("the order does not count", () => {
  const values = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }), { maxLength: 12 });
  fc.assert(
    fc.property(values, (some) => {
      expect(exactSum(some.toReversed())).toBe(exactSum(some));
      expect(exactSum(some.toSorted((one, other) => one - other))).toBe(exactSum(some));
    }),
    { numRuns: 200, seed: 1 },
  );
});
