import {
  checkNumber,
  checkOptions,
  type NumberRule,
  optionNames,
  WHOLE_ABOVE_0,
  WHOLE_FROM_0,
} from "../../foundation/check-options.ts";
import { UsageError } from "../../foundation/errors.ts";
import type { MetricFor } from "../../evaluate/evaluate.ts";
import { metricNames } from "../../evaluate/metrics/metric.ts";
import { checkClient } from "../check-client.ts";
import { checkTeacher, type Teacher } from "../few-shot/bootstrap-options.ts";

export interface SimbaOptions<
  Inputs extends object = object,
  Labels extends object = object,
  Outputs extends object = Labels,
> {
  /** What runs are compared by. What it says besides the score (its feedback) is told to whom advises. */
  readonly metric: MetricFor<Inputs, Labels, Outputs>;
  /** Examples of a step; the trainset has to have as many. Default 32. */
  readonly batchSize?: number | undefined;
  /** Runs of each example of a batch, and less one the programs that are made in a step. Default 6. */
  readonly numCandidates?: number | undefined;
  /** Default 8. */
  readonly maxSteps?: number | undefined;
  /** How many demos a predictor may have before some are sure to be dropped; with 0 none are added. Default 4. */
  readonly maxDemos?: number | undefined;
  /** Of all draws. Default 0. */
  readonly seed?: number | undefined;
  /** How much programs are preferred by their scores where runs are drawn: the lower, the more. Default 0.2. */
  readonly samplingTemperature?: number | undefined;
  /** The same where it is drawn what new programs are made from. Default 0.2. */
  readonly candidatesTemperature?: number | undefined;
  /** Who gives advice. Default: whom the programs ask. */
  readonly promptClient?: string | undefined;
  /** Who makes the first run of each example. Default: the programs themselves do. */
  readonly teacher?: SimbaTeacher | undefined;
}

export type SimbaTeacher = Omit<Teacher, "keepsDemos">;

/** The same, with defaults. */
export interface SimbaRules {
  readonly metric: MetricFor<never, never, never>;
  readonly batchSize: number;
  readonly numCandidates: number;
  readonly maxSteps: number;
  readonly maxDemos: number;
  readonly seed: number;
  readonly samplingTemperature: number;
  readonly candidatesTemperature: number;
  readonly promptClient: string | undefined;
  readonly teacher: SimbaTeacher | undefined;
}

const OPTIONS = optionNames<SimbaOptions>({
  metric: true,
  batchSize: true,
  numCandidates: true,
  maxSteps: true,
  maxDemos: true,
  seed: true,
  samplingTemperature: true,
  candidatesTemperature: true,
  promptClient: true,
  teacher: true,
});

const TEACHER = optionNames<SimbaTeacher>({ program: true, client: true });

const ABOVE_0: NumberRule = { expected: "a number above 0", holds: (value) => value > 0 && value < Infinity };

/** @throws UsageError for options that make no sense */
export function simbaRules<Inputs extends object, Labels extends object, Outputs extends object>(
  options: SimbaOptions<Inputs, Labels, Outputs>,
): SimbaRules {
  checkOptions("simba", options, OPTIONS);
  const { metric, batchSize = 32, numCandidates = 6, maxSteps = 8, maxDemos = 4, seed = 0 } = options;
  const { samplingTemperature = 0.2, candidatesTemperature = 0.2, promptClient, teacher } = options;
  if (metric === undefined) throw new UsageError("simba: metric is missing: runs are compared by it");
  metricNames(metric);
  const counts = { batchSize, numCandidates, maxSteps };
  for (const [name, value] of Object.entries(counts)) checkNumber("simba", name, value, WHOLE_ABOVE_0);
  for (const [name, value] of Object.entries({ maxDemos, seed })) checkNumber("simba", name, value, WHOLE_FROM_0);
  const temperatures = { samplingTemperature, candidatesTemperature };
  for (const [name, value] of Object.entries(temperatures)) checkNumber("simba", name, value, ABOVE_0);
  checkClient("simba", "promptClient", promptClient);
  if (teacher !== undefined) checkTeacher("simba", teacher, TEACHER);
  // What it is called with comes of sets and programs whose fields are its own: `compile` has typed them alike.
  const untyped = metric as MetricFor<never, never, never>;
  return Object.freeze({ metric: untyped, ...counts, maxDemos, seed, ...temperatures, promptClient, teacher });
}
