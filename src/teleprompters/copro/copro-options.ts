import {
  checkNumber,
  checkOptions,
  type NumberRule,
  optionNames,
  WHOLE_ABOVE_0,
} from "../../foundation/check-options.ts";
import { UsageError } from "../../foundation/errors.ts";
import type { MetricFor } from "../../evaluate/evaluate.ts";
import { metricNames } from "../../evaluate/metrics/metric.ts";
import { checkClient } from "../check-client.ts";

export interface CoproOptions<
  Inputs extends object = object,
  Labels extends object = object,
  Outputs extends object = Labels,
> {
  /** What instructions are compared by. */
  readonly metric: MetricFor<Inputs, Labels, Outputs>;
  /** New instructions for each predictor at each depth; at the first one of them is its own. At least 2; default 10. */
  readonly breadth?: number | undefined;
  /** How often new ones are proposed, from the second time on by how the best until then did. Default 3. */
  readonly depth?: number | undefined;
  /** Proposals' temperature. Default 1.4. */
  readonly initTemperature?: number | undefined;
  /** Who proposes instructions. Default: whom the programs ask. */
  readonly promptClient?: string | undefined;
}

/** The same, with defaults. */
export interface CoproRules {
  readonly metric: MetricFor<never, never, never>;
  readonly breadth: number;
  readonly depth: number;
  readonly initTemperature: number;
  readonly promptClient: string | undefined;
}

const OPTIONS = optionNames<CoproOptions>({
  metric: true,
  breadth: true,
  depth: true,
  initTemperature: true,
  promptClient: true,
});

const FROM_2: NumberRule = {
  expected: "a whole number from 2",
  holds: (value) => Number.isSafeInteger(value) && value >= 2,
};
const FROM_0: NumberRule = { expected: "a number from 0", holds: (value) => value >= 0 && value < Infinity };

/** @throws UsageError for options that make no sense */
export function coproRules<Inputs extends object, Labels extends object, Outputs extends object>(
  options: CoproOptions<Inputs, Labels, Outputs>,
): CoproRules {
  checkOptions("copro", options, OPTIONS);
  const { metric, breadth = 10, depth = 3, initTemperature = 1.4, promptClient } = options;
  if (metric === undefined) throw new UsageError("copro: metric is missing: instructions are compared by it");
  metricNames(metric);
  checkNumber("copro", "breadth", breadth, FROM_2);
  checkNumber("copro", "depth", depth, WHOLE_ABOVE_0);
  checkNumber("copro", "initTemperature", initTemperature, FROM_0);
  checkClient("copro", "promptClient", promptClient);
  // What it is called with comes of sets and programs whose fields are its own: `compile` has typed them alike.
  const untyped = metric as MetricFor<never, never, never>;
  return Object.freeze({ metric: untyped, breadth, depth, initTemperature, promptClient });
}
