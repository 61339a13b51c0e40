import { expect, test } from "vitest";
import { type MiproOptions, miproRules } from "../../../src/teleprompters/mipro/mipro-options.ts";
import {
  drawnOf,
  fullEvaluations,
  isFullDue,
  miproSets,
  type MiproSizes,
  miproSizes,
} from "../../../src/teleprompters/mipro/mipro-sizes.ts";
import { simulatedSets } from "../simulation/simulated-task.ts";

const rules = (options: Partial<MiproOptions>) => miproRules("mipro", { metric: () => 1, ...options });
const ZERO = { maxBootstrappedDemos: 0, maxLabeledDemos: 0 };

test.each([
  ["light, one predictor", {}, 1, 100, { demoSets: 6, proposals: 3, trials: 10, minibatch: 35 }],
  ["light, two", { auto: "light" }, 2, 100, { demoSets: 6, proposals: 3, trials: 20, minibatch: 35 }],
  ["light, without demos", { ...ZERO }, 1, 100, { demoSets: 6, proposals: 6, trials: 9, minibatch: 35 }],
  ["light, a small valset", {}, 1, 50, { demoSets: 6, proposals: 3, trials: 10, minibatch: undefined }],
  [
    "light, without minibatches",
    { minibatch: false },
    1,
    51,
    { demoSets: 6, proposals: 3, trials: 10, minibatch: undefined },
  ],
  ["medium, three", { auto: "medium" }, 3, 300, { demoSets: 12, proposals: 6, trials: 43, minibatch: 35 }],
  ["heavy, one", { auto: "heavy" }, 1, 1000, { demoSets: 18, proposals: 9, trials: 27, minibatch: 35 }],
  ["numbers", { numCandidates: 5, numTrials: 7 }, 9, 36, { demoSets: 5, proposals: 5, trials: 7, minibatch: 35 }],
  [
    "no more than a minibatch",
    { numCandidates: 5, numTrials: 7 },
    9,
    35,
    { demoSets: 5, proposals: 5, trials: 7, minibatch: undefined },
  ],
] as const)("sizes: %s", (_what, options, predictors, examples, wanted) => {
  expect(miproSizes(rules(options as Partial<MiproOptions>), predictors, examples)).toEqual(wanted);
});

test("full evaluations come where DSPy's numbers of trials say", () => {
  for (let steps = 1; steps <= 6; steps += 1)
    for (let trials = 1; trials <= 14; trials += 1) {
      const sizes: MiproSizes = { demoSets: 1, proposals: 1, trials, minibatch: 3 };
      const last = trials + Math.floor(trials / steps) + (trials % steps === 0 ? 0 : 1);
      // The student's is number 1.
      let number = 1;
      let whole = 0;
      for (let trial = 1; trial <= trials; trial += 1) {
        number += 1;
        const due = number % (steps + 1) === 0 || number === last;
        expect(isFullDue(trial, sizes, steps), `${trial} of ${trials}, each ${steps}`).toBe(due);
        if (due) [number, whole] = [number + 1, whole + 1];
      }
      expect(fullEvaluations(sizes, steps)).toBe(whole);
    }
});

test("without a valset the last four fifths are it; with auto a part of it is drawn", () => {
  const task = (count: number) =>
    ({ student: {}, warmStart: [], trainset: simulatedSets(count, 0).trainset, valset: undefined }) as never;
  const partsOf = (count: number) => {
    const { trainset, valset } = miproSets(task(count));
    return [trainset.length, valset.length];
  };
  expect([2, 3, 10, 1500].map(partsOf)).toEqual([
    [1, 1],
    [1, 2],
    [2, 8],
    [500, 1000],
  ]);
  const { valset } = simulatedSets(0, 400);
  expect(drawnOf(valset, rules({}))).toBe(100);
  expect(drawnOf(valset, rules({ auto: "medium" }))).toBe(300);
  expect(drawnOf(valset, rules({ auto: "heavy" }))).toBe(400);
  expect(drawnOf(valset, rules({ numCandidates: 2, numTrials: 2 }))).toBeUndefined();
});
