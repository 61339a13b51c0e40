import { checkNumber, checkOptions, optionNames, WHOLE_FROM_0 } from "../../foundation/check-options.ts";
import { describe, UsageError } from "../../foundation/errors.ts";
import { pythonRandom } from "../../foundation/python-random.ts";
import type { AnyExample } from "../../evaluate/example.ts";
import type { Program } from "../../programs/program.ts";
import { tunablePredictors } from "../../programs/replace-predictors.ts";
import type { Demo } from "../../signatures/example.ts";
import type { Search, Teleprompter } from "../teleprompter.ts";
import { noteUnusedWarmStart } from "../unused-warm-start.ts";

export interface LabeledFewShotOptions {
  /** Demos of each predictor; default 16, or as many as there are. */
  readonly k?: number | undefined;
  /** Whether they are drawn; `false` takes the first ones. Default true. */
  readonly sample?: boolean | undefined;
}

const OPTIONS = optionNames<LabeledFewShotOptions>({ k: true, sample: true });

/**
 * Gives each predictor examples of the trainset as demos, as they are: DSPy's `LabeledFewShot`, to the draw. It asks no model,
 * and needs labels of all outputs that its demos are to show. An empty trainset makes a program without demos.
 *
 * @throws UsageError for options that make no sense
 */
export function labeledFewShot(options: LabeledFewShotOptions = {}): Teleprompter {
  checkOptions("labeledFewShot", options, OPTIONS);
  const { k = 16, sample = true } = options;
  checkNumber("labeledFewShot", "k", k, WHOLE_FROM_0);
  if (typeof sample !== "boolean")
    throw new UsageError(`labeledFewShot: sample must be true or false, got ${describe(sample)}`);
  return Object.freeze({
    kind: "labeledFewShot",
    version: 1,
    settings: { k, sample },
    metric: undefined,
    search(search: Search) {
      noteUnusedWarmStart(search, "labeledFewShot");
      return Promise.resolve(withLabeledDemos(search.student, search.trainset, { k, sample }));
    },
    plan: () => ({ trials: 0, proposals: [] }),
  });
}

/** One stream of `Random(0)` for all predictors, in their order. */
export function withLabeledDemos<P extends Program<never>>(
  student: P,
  trainset: readonly AnyExample[],
  { k, sample = true }: { readonly k: number; readonly sample?: boolean | undefined },
): P {
  const random = pythonRandom(0);
  const count = Math.min(k, trainset.length);
  const edits = Object.entries(tunablePredictors(student)).map(([path, predictor]) => {
    const chosen = sample ? random.sample(trainset, count) : trainset.slice(0, count);
    return [path, predictor.with({ demos: chosen.map(demoOf) })] as const;
  });
  return student.withPredictors(Object.fromEntries(edits)) as P;
}

/** An example as a demo: its inputs, then its labels. */
export function demoOf({ inputs, labels }: AnyExample): Demo {
  return { ...inputs, ...labels };
}
