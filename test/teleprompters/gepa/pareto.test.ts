import { describe, expect, test } from "vitest";
import { pythonRandom } from "../../../src/foundation/python-random.ts";
import { bestOf, chooseParent, frontsOf, undominated } from "../../../src/teleprompters/gepa/pareto.ts";

describe("fronts", () => {
  test("have all that are best on an example", () => {
    const scores = [
      [1, 0, 0],
      [1, 0.5, 0],
      [0, 0.5, 0],
    ];
    expect(frontsOf(scores)).toEqual([
      [0, 1],
      [1, 2],
      [0, 1, 2],
    ]);
  });

  test("of no candidate, and of failures below 0", () => {
    expect(frontsOf([])).toEqual([]);
    expect(frontsOf([[-2], [-1]])).toEqual([[1]]);
  });
});

describe("who is not needed", () => {
  test("is the one that shares each of its fronts, the worst by average first", () => {
    expect(
      undominated(
        [
          [0, 1],
          [1, 2],
          [0, 1, 2],
        ],
        [0.3, 0.5, 0.2],
      ),
    ).toEqual([[1], [1], [1]]);
  });

  test("is none of those that are alone somewhere", () => {
    const fronts = [[0], [1], [2]];
    expect(undominated(fronts, [0, 0, 0])).toEqual(fronts);
  });

  test("of two equals the later one stays, as the first is looked at first", () => {
    expect(undominated([[0, 1]], [0.5, 0.5])).toEqual([[1]]);
  });
});

describe("a parent", () => {
  const fronts = [[0], [1], [1], [1]];
  const averages = [0.25, 0.75, 0];
  const often = (how: Parameters<typeof chooseParent>[0]): Readonly<Record<number, number>> => {
    const random = pythonRandom(7);
    const counts: Record<number, number> = {};
    for (let draw = 0; draw < 400; draw += 1) {
      const parent = chooseParent(how, fronts, averages, random);
      counts[parent] = (counts[parent] ?? 0) + 1;
    }
    return counts;
  };

  test("is drawn as often as it is in fronts", () => {
    const counts = often("pareto");
    expect(Object.keys(counts)).toEqual(["0", "1"]);
    expect(counts[1]! / 400).toBeGreaterThan(0.68);
    expect(counts[1]! / 400).toBeLessThan(0.82);
  });

  test("is the best by average, or mostly so", () => {
    expect(often("current_best")).toEqual({ 1: 400 });
    const counts = often("epsilon_greedy");
    expect(Object.keys(counts)).toEqual(["0", "1", "2"]);
    expect(counts[1]).toBeGreaterThan(340);
  });

  test("is the first of the best where none of the five best is on any front", () => {
    expect(chooseParent("top_k_pareto", [[6]], [1, 2, 3, 3, 2, 2, 0], pythonRandom(0))).toBe(2);
    expect(bestOf([1, 3, 3])).toBe(1);
  });
});
