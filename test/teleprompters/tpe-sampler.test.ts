import { describe, expect, test } from "vitest";
import { UsageError } from "../../src/foundation/errors.ts";
import { pythonRandom } from "../../src/foundation/python-random.ts";
import type { PythonRandom } from "../../src/foundation/python-random.ts";
import { logDensity, suggest, tpeModel } from "../../src/teleprompters/tpe-sampler.ts";
import type { Picks, SearchTrial } from "../../src/teleprompters/tpe-sampler.ts";

const CHOICES = { instruction: 3, demos: 4 };

/** Complete trials, one for each pick in turn; the choice 2 of both is the best by far. */
function tried(count: number): SearchTrial[] {
  return Array.from({ length: count }, (_, place) => {
    const params = { instruction: place % 3, demos: (place * 3 + 1) % 4 };
    const value = (params.instruction === 2 ? 50 : 0) + (params.demos === 2 ? 50 : 0) + place / 100;
    return { state: "complete", params, value };
  });
}

/** Counts the draws of `next`, by which weighted ones are made. */
function counted(seed: number): PythonRandom & { draws(): number } {
  const random = pythonRandom(seed);
  let draws = 0;
  return {
    ...random,
    draws: () => draws,
    weighted<Item>(items: readonly Item[], weights?: readonly number[]): Item {
      draws += 1;
      return random.weighted(items, weights);
    },
  };
}

function often(count: number, draw: (seed: number) => Picks): Map<string, number> {
  const seen = new Map<string, number>();
  for (let seed = 0; seed < count; seed += 1) {
    const { instruction, demos } = draw(seed);
    const key = `${instruction}/${demos}`;
    seen.set(key, (seen.get(key) ?? 0) + 1);
  }
  return seen;
}

// The densities are held against Optuna's in test/dspy.
describe("what is suggested", () => {
  test("is the same for the same seed and history, whatever was suggested before", () => {
    const history = tried(20);
    const first = suggest(history, CHOICES, pythonRandom(7));
    suggest(tried(11), CHOICES, pythonRandom(7));
    expect(suggest(history, CHOICES, pythonRandom(7))).toEqual(first);
    expect(Object.isFrozen(first)).toBe(true);
  });

  test("with fewer than ten complete trials is uniform, and running and failed ones do not count", () => {
    const params = { instruction: 0, demos: 0 };
    const others: SearchTrial[] = [
      { state: "running", params },
      { state: "fail", params },
    ];
    const seen = often(1200, (seed) => suggest([...tried(9), ...others], CHOICES, pythonRandom(seed)));
    expect(seen.size).toBe(12);
    // 100 of each are expected; four standard deviations are 38.
    for (const count of seen.values()) expect(Math.abs(count - 100)).toBeLessThan(39);
  });

  test("then is what is likelier among the good trials than among the rest", () => {
    const seen = often(50, (seed) => suggest(tried(24), CHOICES, pythonRandom(seed)));
    expect(seen.get("2/2")).toBeGreaterThan(45);
  });

  test("is the best of 24, each a component and a choice for each parameter", () => {
    const history = tried(12);
    const random = counted(3);
    const chosen = suggest(history, CHOICES, random);
    expect(random.draws()).toBe(24 * 3);
    const { l, g } = tpeModel(history, CHOICES);
    const replayed = pythonRandom(3);
    const drawn = Array.from({ length: 24 }, () => {
      const component = replayed.weighted([...l.weights.keys()], l.weights);
      const pick = (name: string): number => {
        const row = l.kernels[name]?.[component] ?? [];
        return replayed.weighted([...row.keys()], row);
      };
      return { demos: pick("demos"), instruction: pick("instruction") };
    });
    const gains = drawn.map((params) => logDensity(l, params) - logDensity(g, params));
    expect(drawn[gains.indexOf(Math.max(...gains))]).toEqual(chosen);
  });

  test("is the first drawn of those that are equally good", () => {
    const history = Array.from({ length: 10 }, (): SearchTrial => ({ state: "complete", params: { a: 0 }, value: 1 }));
    const { l } = tpeModel(history, { a: 3 });
    for (let seed = 0; seed < 20; seed += 1) {
      const replayed = pythonRandom(seed);
      const drawn = Array.from({ length: 24 }, () => {
        const component = replayed.weighted([...l.weights.keys()], l.weights);
        return replayed.weighted([0, 1, 2], l.kernels["a"]?.[component]);
      });
      // Nobody has tried 1 or 2, so both are as good, and better than 0.
      expect(suggest(history, { a: 3 }, pythonRandom(seed))).toEqual({ a: drawn.find((choice) => choice > 0) });
    }
  });

  test("keeps away from what is being tried: a running trial counts as a bad one", () => {
    const history = tried(24);
    const inFlight = Array.from({ length: 6 }, (): SearchTrial => {
      return { state: "running", params: { instruction: 2, demos: 2 } };
    });
    const best = { instruction: 2, demos: 2 };
    const gain = (trials: readonly SearchTrial[]): number => {
      const { l, g } = tpeModel(trials, CHOICES);
      return logDensity(l, best) - logDensity(g, best);
    };
    expect(gain([...history, ...inFlight])).toBeLessThan(gain(history) - 1);
  });

  test("has a choice for each parameter, also where there is one alone or the model knows nothing of it", () => {
    const choices = { ...CHOICES, only: 1, late: 2 };
    const seen = new Set<number | undefined>();
    for (let seed = 0; seed < 20; seed += 1) {
      const picks = suggest(tried(12), choices, pythonRandom(seed));
      expect(Object.keys(picks)).toEqual(["instruction", "demos", "only", "late"]);
      expect(picks["only"]).toBe(0);
      seen.add(picks["late"]);
    }
    expect(seen).toEqual(new Set([0, 1]));
    expect(suggest(tried(12), {}, pythonRandom(0))).toEqual({});
  });

  test("takes a trial that has no score at all for the worst", () => {
    const lost: SearchTrial = { state: "complete", params: { instruction: 1, demos: 1 }, value: -Infinity };
    const { below, above } = tpeModel([lost, lost, ...tried(10)], CHOICES);
    expect(below).not.toContain(0);
    expect(above).toEqual(expect.arrayContaining([0, 1]));
  });

  test("learns nothing from a running trial that lacks what all complete ones have", () => {
    const half: SearchTrial = { state: "running", params: { demos: 1 } };
    const [more, without] = [tpeModel([...tried(10), half], CHOICES), tpeModel(tried(10), CHOICES)];
    expect(more.above).toContain(10);
    expect(more.g).toEqual(without.g);
  });

  test.each<[string, readonly SearchTrial[], Record<string, number>]>([
    ["a parameter without choices", [], { a: 0 }],
    ["half a choice", [], { a: 1.5 }],
    ["a trial that chose what there is not", [{ state: "fail", params: { a: 2 } }], { a: 2 }],
    ["a value that is no number", [{ state: "complete", params: { a: 1 }, value: Number.NaN }], { a: 2 }],
  ])("refuses %s", (_what, history, choices) => {
    expect(() => suggest(history, choices, pythonRandom(0))).toThrow(UsageError);
  });
});
