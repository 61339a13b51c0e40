import { UsageError } from "../../foundation/errors.ts";
import type { AnyExample } from "../../evaluate/example.ts";
import type { SearchTask } from "../teleprompter.ts";
import type { MiproRules } from "./mipro-options.ts";

/** How much of everything there is to be. */
export interface MiproSizes {
  readonly demoSets: number;
  /** Instructions asked for, for each predictor; its own takes the place of the first one. */
  readonly proposals: number;
  readonly trials: number;
  /** Examples of a trial; undefined: all of the valset. */
  readonly minibatch: number | undefined;
}

export interface MiproSets {
  readonly trainset: readonly AnyExample[];
  readonly valset: readonly AnyExample[];
}

const EFFORT = {
  light: { candidates: 6, valset: 100 },
  medium: { candidates: 12, valset: 300 },
  heavy: { candidates: 18, valset: 1000 },
} as const;

/** With `auto`, valsets up to this size are evaluated as a whole. */
const SMALL_VALSET = 50;
const MOST_HELD_OUT = 1000;

/** Whether candidates have no demos at all. */
export function isZeroShot({ bootstrap: { maxBootstrappedDemos, maxLabeledDemos } }: MiproRules): boolean {
  return maxBootstrappedDemos === 0 && maxLabeledDemos === 0;
}

/**
 * What is learned from and what candidates are compared on: without a valset, the last four fifths of the trainset are it.
 * @throws UsageError where one of them would be empty
 */
export function miproSets({ trainset, valset }: SearchTask): MiproSets {
  if (trainset.length === 0) throw new UsageError("mipro: the trainset is empty: there is nothing to learn from");
  if (valset?.length === 0) throw new UsageError("mipro: the valset is empty: there is nothing to compare on");
  if (valset !== undefined) return { trainset, valset };
  if (trainset.length === 1)
    throw new UsageError("mipro: one example cannot be learned from and compared on: give a valset, or more of them");
  const heldOut = Math.min(MOST_HELD_OUT, Math.max(1, Math.floor(trainset.length * 0.8)));
  return { trainset: trainset.slice(0, -heldOut), valset: trainset.slice(-heldOut) };
}

/** So many examples of the valset are drawn; undefined: all are taken, without a draw. */
export function drawnOf(valset: readonly AnyExample[], { auto }: MiproRules): number | undefined {
  return auto === undefined ? undefined : Math.min(EFFORT[auto].valset, valset.length);
}

/** @param examples of the valset, as far as it is used */
export function miproSizes(rules: MiproRules, predictors: number, examples: number): MiproSizes {
  const { auto, numbers, minibatchSize } = rules;
  const zeroShot = isZeroShot(rules);
  const isAutoSmall = auto !== undefined && examples <= SMALL_VALSET;
  const minibatch = rules.minibatch && !isAutoSmall && minibatchSize < examples ? minibatchSize : undefined;
  if (numbers !== undefined)
    return { demoSets: numbers.candidates, proposals: numbers.candidates, trials: numbers.trials, minibatch };
  const { candidates } = EFFORT[auto ?? "light"];
  const parameters = predictors * (zeroShot ? 1 : 2);
  const trials = Math.floor(Math.max(2 * parameters * Math.log2(candidates), 1.5 * candidates));
  return { demoSets: candidates, proposals: zeroShot ? candidates : candidates / 2, trials, minibatch };
}

/** Whether the best by mean gets its full evaluation after this trial, from 1. */
export function isFullDue(trial: number, { trials, minibatch }: MiproSizes, steps: number): boolean {
  return minibatch !== undefined && (trial % steps === 0 || trial === trials);
}

export function fullEvaluations(sizes: MiproSizes, steps: number): number {
  return sizes.minibatch === undefined ? 0 : Math.ceil(sizes.trials / steps);
}
