import { describe, expect, test } from "vitest";
import { UsageError } from "../../src/foundation/errors.ts";
import { pythonRandom } from "../../src/foundation/python-random.ts";

const LARGE_SEED = 0.13151307736568552;
const WIDE = [649562111997, 584361682];

// What is drawn is recorded from Python: test/dspy.
describe("Python's draws", () => {
  test("are those of seeds of any size", () => {
    // random.Random(2**70 + 1).random(), and random.Random(-5).random()
    expect(pythonRandom(2n ** 70n + 1n).next()).toBe(LARGE_SEED);
    expect(pythonRandom(-5).next()).toBe(pythonRandom(5).next());
    expect(() => pythonRandom(0.5)).toThrow(UsageError);
  });

  test("reach beyond 32 bits", () => {
    const random = pythonRandom(3);
    // r = random.Random(3); r.randint(0, 10**12), r.randint(0, 10**9)
    expect([random.between(0, 10 ** 12), random.between(0, 10 ** 9)]).toEqual(WIDE);
  });

  test("leave what they draw from as it was", () => {
    const items = Object.freeze(["a", "b", "c"]);
    expect(pythonRandom(1).shuffled(items).toSorted()).toEqual(items);
    expect(pythonRandom(1).sample(items, 3).toSorted()).toEqual(items);
  });

  test.each<[string, () => unknown]>([
    ["a choice of nothing", () => pythonRandom(0).choice([])],
    ["a range without numbers", () => pythonRandom(0).between(1, 0)],
    ["more than there are", () => pythonRandom(0).sample([1], 2)],
    ["less than nothing", () => pythonRandom(0).sample([1], -1)],
    ["weights of nothing", () => pythonRandom(0).weighted([1, 2], [0, 0])],
  ])("refuse %s", (_what, draw) => {
    expect(draw).toThrow(UsageError);
  });
});
