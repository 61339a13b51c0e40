import { describe, expect, test } from "vitest";
import { halvingRounds } from "../../src/teleprompters/halving.ts";

describe("rounds of halving", () => {
  test.each([
    // Rivals, examples, of the first round; rivals and examples of each.
    [16, 40, 5, ["16: 0-5", "8: 5-10", "4: 10-20", "2: 20-40"]],
    [5, 12, 3, ["5: 0-3", "3: 3-6", "2: 6-12"]],
    [3, 100, 1, ["3: 0-1", "2: 1-2", "1: 2-4", "1: 4-8", "1: 8-16", "1: 16-32", "1: 32-64", "1: 64-100"]],
    [7, 4, 4, ["7: 0-4"]],
    [7, 4, 9, ["7: 0-4"]],
    [1, 1, 1, ["1: 0-1"]],
  ])("%i rivals on %i examples, %i at first", (rivals, examples, first, expected) => {
    const rounds = halvingRounds(rivals, examples, first);
    expect(rounds.map(({ rivals: each, from, to }) => `${each}: ${from}-${to}`)).toEqual(expected);
  });
});
