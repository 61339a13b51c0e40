import { describe, expect, test } from "vitest";
import { pythonRandom } from "../../../src/foundation/python-random.ts";
import type { AnyExample } from "../../../src/evaluate/example.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { bucketsOf, percentile, rankOf } from "../../../src/teleprompters/simba/buckets.ts";
import { drawProgram, evenPlaces, firstBest, type Pooled } from "../../../src/teleprompters/simba/program-pool.ts";

const program = predict(signature("question -> answer"));
const pool = (...averages: readonly number[]): readonly Pooled[] =>
  averages.map((average, place) => ({ name: `${place}`, program, scores: place === 0 ? [] : [average] }));

describe("what a program is drawn by", () => {
  const drawn = (from: readonly Pooled[], most: number, temperature: number) => {
    const random = pythonRandom(1);
    const counts = from.map(() => 0);
    for (let draw = 0; draw < 1000; draw += 1) counts[drawProgram(random, from, most, temperature)]! += 1;
    return counts;
  };

  test("the better its average, the oftener; at a low temperature the best alone", () => {
    const [student, poor, good] = drawn(pool(0, 0.2, 0.4), 3, 0.2);
    expect(good).toBeGreaterThan(poor!);
    expect(poor).toBeGreaterThan(student!);
    expect(drawn(pool(0, 0.2, 0.4), 3, 0.001)).toEqual([0, 0, 1000]);
  });

  test("the student takes the last place where it is none of the best", () => {
    const counts = drawn(pool(0, 0.5, 0.4, 0.3), 2, 0.2);
    expect(counts[0]).toBeGreaterThan(0);
    expect(counts.slice(2)).toEqual([0, 0]);
    // And no more than that.
    const three = drawn(pool(0, 0.5, 0.4, 0.3), 3, 0.5);
    expect(three.map((count) => count > 0)).toEqual([true, true, true, false]);
  });

  test.each([
    ["great", [0, 100, 1000]],
    ["below 0", [0, -5000, -1000]],
  ])("scores that are %s are no numbers too many for it", (_what, averages) => {
    const counts = drawn(pool(...averages), 3, 0.2);
    expect(counts.indexOf(1000)).toBe(averages.indexOf(Math.max(...averages)));
  });
});

describe("what is compared", () => {
  test("a failed trial counts 0, and where scores are below 0 less than each of them", () => {
    expect([0.5, undefined].map(rankOf([0.5, undefined]))).toEqual([0.5, 0]);
    expect([-2, undefined].map(rankOf([-2, undefined]))).toEqual([-2, -3]);
    expect(firstBest([{ scores: [undefined] }, { scores: [-3] }, { scores: [-3] }])).toBe(1);
  });

  // numpy.percentile([...], 10) and 90.
  test.each([
    [[0, 0, 1, 1], 0, 1],
    [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], 2.1, 10.9],
    [[0.4, 0.25, 0.9], 0.28, 0.8],
    [[0.7], 0.7, 0.7],
  ])("percentiles of %j are %d and %d", (numbers, low, high) => {
    expect(percentile(numbers, 0.1)).toBeCloseTo(low, 12);
    expect(percentile(numbers, 0.9)).toBeCloseTo(high, 12);
  });

  test("examples whose runs differ most come first, then those with the best run, then those with rarer ones", () => {
    const batch = ["same", "apart", "rare", "high"].map((id): AnyExample => ({ id, inputs: {}, labels: {}, tags: {} }));
    const ranks = [
      [0.5, 0, 1, 1],
      [0.5, 0.5, 0, 1],
      [0.5, 0.5, 0, 1],
    ];
    const buckets = bucketsOf(
      batch,
      ranks.map((row) => row.map((rank) => ({ seen: {}, rank }))),
    );
    expect(buckets.map(({ example: { id } }) => id)).toEqual(["rare", "apart", "high", "same"]);
  });

  test.each([
    [5, 2, [0, 2, 5]],
    [7, 2, [0, 4, 7]],
    [8, 6, [0, 1, 3, 4, 5, 7, 8]],
    [2, 6, [0, 1, 2]],
    [0, 3, [0]],
  ])("of winners 0 to %d, for %d places and one more, those at even distances are compared", (last, count, places) => {
    expect(evenPlaces(last, count)).toEqual(places);
  });
});
