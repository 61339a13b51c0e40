import {
  checkNumber,
  checkOptions,
  type NumberRule,
  optionNames,
  WHOLE_ABOVE_0,
} from "../../foundation/check-options.ts";
import { describe, UsageError } from "../../foundation/errors.ts";
import type { MetricFor } from "../../evaluate/evaluate.ts";
import { metricNames } from "../../evaluate/metrics/metric.ts";
import { lessons } from "./lessons/lessons.ts";
import type { Policy } from "./policy.ts";

export interface GrpoOptions<
  Inputs extends object = object,
  Labels extends object = object,
  Outputs extends object = Labels,
> {
  /** The reward of a run. */
  readonly metric: MetricFor<Inputs, Labels, Outputs>;
  /** What is improved. Default `lessons()`: short lessons in the prompts, which works with any model. */
  readonly policy?: Policy | undefined;
  /** Steps: each samples, learns, and is compared. Default 10. */
  readonly numSteps?: number | undefined;
  /** Examples of a step, drawn without one coming twice before all have come. Default 8, or all where there are fewer. */
  readonly examplesPerStep?: number | undefined;
  /** Runs of each of them: a group. Default 5. */
  readonly groupSize?: number | undefined;
  /** Default 1. */
  readonly temperature?: number | undefined;
  /** The reward of a run whose answer could not be read. Default -1, as in DSPy; a 0 is a 0. */
  readonly formatFailureScore?: number | undefined;
  /** The reward of one that failed otherwise. Default 0. */
  readonly failureScore?: number | undefined;
  /** Of all draws. Default 0. */
  readonly seed?: number | undefined;
}

const OPTIONS = optionNames<GrpoOptions>({
  metric: true,
  policy: true,
  numSteps: true,
  examplesPerStep: true,
  groupSize: true,
  temperature: true,
  formatFailureScore: true,
  failureScore: true,
  seed: true,
});

/** The same, with defaults. */
export interface GrpoRules {
  readonly metric: MetricFor<never, never, never>;
  readonly policy: Policy;
  readonly numSteps: number;
  readonly examplesPerStep: number;
  readonly groupSize: number;
  readonly temperature: number;
  readonly formatFailureScore: number;
  readonly failureScore: number;
  readonly seed: number;
}

const FINITE: NumberRule = { expected: "a finite number", holds: Number.isFinite };
const TWO_OR_MORE: NumberRule = {
  expected: "a whole number above 1",
  holds: (value) => Number.isInteger(value) && value > 1,
};
const ABOVE_0: NumberRule = { expected: "a number above 0", holds: (value) => value > 0 && Number.isFinite(value) };
const WHOLE: NumberRule = { expected: "a whole number", holds: Number.isInteger };

/** @throws UsageError for options that make no sense */
export function grpoRules<Inputs extends object, Labels extends object, Outputs extends object>(
  what: string,
  options: GrpoOptions<Inputs, Labels, Outputs>,
): GrpoRules {
  checkOptions(what, options, OPTIONS);
  const { metric, policy = lessons(), numSteps = 10, examplesPerStep = 8, groupSize = 5, temperature = 1 } = options;
  const { formatFailureScore = -1, failureScore = 0, seed = 0 } = options;
  if (metric === undefined) throw new UsageError(`${what}: metric is missing: it is the reward`);
  metricNames(metric);
  if (!isPolicy(policy))
    throw new UsageError(`${what}: policy must be a policy (lessons(), artTrainer(…)), got ${describe(policy)}`);
  checkNumber(what, "numSteps", numSteps, WHOLE_ABOVE_0);
  checkNumber(what, "examplesPerStep", examplesPerStep, WHOLE_ABOVE_0);
  checkNumber(what, "groupSize", groupSize, TWO_OR_MORE);
  checkNumber(what, "temperature", temperature, ABOVE_0);
  checkNumber(what, "formatFailureScore", formatFailureScore, FINITE);
  checkNumber(what, "failureScore", failureScore, FINITE);
  checkNumber(what, "seed", seed, WHOLE);
  // What it is called with comes of sets and programs whose fields are its own: `compile` has typed them alike.
  const untyped = metric as MetricFor<never, never, never>;
  const numbers = { numSteps, examplesPerStep, groupSize, temperature, formatFailureScore, failureScore, seed };
  return Object.freeze({ metric: untyped, policy, ...numbers });
}

function isPolicy(value: unknown): value is Policy {
  return typeof value === "object" && value !== null && "begin" in value && typeof value.begin === "function";
}
