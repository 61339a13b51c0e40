import { describe, expect, test } from "vitest";
import { evaluated, isBetter, lowestScore, rankedScore } from "../../src/teleprompters/candidate-score.ts";

type Scores = readonly (number | undefined)[];

/** As if runs had got these; undefined: failed. */
function candidate(...scores: Scores) {
  return evaluated(scores.map((score) => (score === undefined ? {} : { score })));
}

test("a score is as reports have it: in percent, failed trials count 0", () => {
  expect([candidate(1, 0.5, undefined).score, candidate(-1, undefined).score, candidate().score]).toEqual([50, -50, 0]);
});

describe("one candidate is better than another", () => {
  test.each<[string, Scores, Scores, boolean]>([
    ["by its score", [1, 0], [0.5, 0], true],
    ["not by an equal one", [1, 0], [0, 1], false],
    ["a failed trial is a 0 where that is the lowest", [1, undefined], [1, 0], false],
    ["and no less than that", [1, 0], [1, undefined], false],
    ["where some are below 0, a failed trial is below them", [-2], [undefined], true],
    ["whoever's they are", [-1, 0], [undefined, 0], true],
    ["and so a failed one is never better", [undefined], [-2], false],
  ])("%s", (_what, one, other, better) => {
    expect(isBetter(candidate(...one), candidate(...other))).toBe(better);
  });
});

test("among several a failed trial is below the lowest score of all", () => {
  const all = [candidate(1, undefined), candidate(-3, 1), candidate(0, 0)];
  expect(lowestScore(all)).toBe(-3);
  expect(all.map((each) => rankedScore(each, -3))).toEqual([-150, -100, 0]);
  expect(lowestScore([candidate(1, undefined)])).toBe(0);
});
