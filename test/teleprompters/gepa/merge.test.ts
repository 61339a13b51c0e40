import { describe, expect, test } from "vitest";
import { pythonRandom } from "../../../src/foundation/python-random.ts";
import {
  findMerge,
  isMergeKept,
  type MergeCandidate,
  type MergeHistory,
  testedOn,
} from "../../../src/teleprompters/gepa/merge.ts";

const member = (parents: number[], a: string, b: string, average: number): MergeCandidate => ({
  parents,
  texts: { a, b },
  average,
  scores: [average, average],
});
const fresh = (): MergeHistory => ({ tried: new Set(), built: new Set() });

/** 1 has changed a, 2 has changed b, both of 0. */
const PAIR = [member([], "a", "b", 0.2), member([0], "A", "b", 0.5), member([0], "a", "B", 0.4)];

describe("a pair to join", () => {
  test("has changed different texts of an ancestor: what either has changed goes in", () => {
    expect(findMerge([1, 2], PAIR, fresh(), pythonRandom(0))).toEqual({
      parents: [1, 2],
      ancestor: 0,
      from: { a: 1, b: 2 },
    });
  });

  test("is not joined twice over the same ancestor", () => {
    const history = fresh();
    expect(findMerge([1, 2], PAIR, history, pythonRandom(0))).toBeDefined();
    expect(findMerge([1, 2], PAIR, history, pythonRandom(0))).toBeUndefined();
  });

  test.each([
    ["an ancestor that is better than one of them", [member([], "a", "b", 0.45), ...PAIR.slice(1)]],
    ["one is the other's ancestor", [PAIR[0]!, PAIR[1]!, member([1], "A", "B", 0.6)]],
    ["both have changed the same text alone", [PAIR[0]!, PAIR[1]!, member([0], "A2", "b", 0.4)]],
    ["they have no common ancestor", [PAIR[0]!, PAIR[1]!, member([], "a", "B", 0.4)]],
  ])("is none where %s", (_why, all) => {
    expect(findMerge([1, 2], all, fresh(), pythonRandom(0))).toBeUndefined();
  });

  test("is none with fewer than three candidates in all", () => {
    expect(findMerge([0, 1], PAIR.slice(0, 2), fresh(), pythonRandom(0))).toBeUndefined();
  });

  test("of a text that both have changed it has that of the better one", () => {
    const all = [member([], "a", "b", 0), member([0], "A", "b", 0.5), member([0], "A2", "B", 0.4)];
    expect(findMerge([1, 2], all, fresh(), pythonRandom(0))?.from).toEqual({ a: 1, b: 2 });
  });

  test.each([[0], [-1]])("ancestors with an average of %d are drawn with equal chances", (average) => {
    const all = [
      member([], "a", "b", average),
      member([0], "a1", "b", average),
      member([1], "A", "b", 0.5),
      member([1], "a1", "B", 0.4),
    ];
    const ancestors = Array.from({ length: 20 }, (_, seed) => findMerge([2, 3], all, fresh(), pythonRandom(seed)));
    expect(new Set(ancestors.map((each) => each?.ancestor))).toEqual(new Set([0, 1]));
  });
});

describe("a merge is tested", () => {
  test("on two examples where either is better, and on others, each once", () => {
    const one = [1, 1, 1, 0, 0, 0, 0.5, 0.5];
    const other = [0, 0, 0, 1, 1, 1, 0.5, 0.5];
    const places = testedOn([one, other], pythonRandom(0));
    expect(places).toHaveLength(5);
    expect(new Set(places).size).toBe(5);
    expect(places.slice(0, 2).every((place) => place < 3)).toBe(true);
    expect(places.slice(2, 4).every((place) => place >= 3 && place < 6)).toBe(true);
    expect(places[4]).toBeGreaterThan(5);
  });

  test("on what there is, where that is less", () => {
    const one = [1, 0];
    expect(new Set(testedOn([one, one.toReversed()], pythonRandom(0)))).toEqual(new Set([0, 1]));
  });

  test("and kept where it does as well as either", () => {
    const merge = { parents: [1, 2], ancestor: 0, from: { a: 1, b: 2 } } as const;
    expect(isMergeKept(merge, [0, 1], [0.5, 0.5], PAIR)).toBe(true);
    expect(isMergeKept(merge, [0, 1], [0.5, 0.4], PAIR)).toBe(false);
  });
});
