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
import { tunablePredictors } from "../../programs/replace-predictors.ts";
import { checkClient } from "../check-client.ts";
import type { Search, SearchPlan, SearchTask, Teleprompter } from "../teleprompter.ts";
import { coproSearch } from "./copro-search.ts";

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

/**
 * Looks for better instructions, predictor by predictor: DSPy's `COPRO`. A model proposes instructions in place of the present
 * ones; each is tried on the whole valset (the trainset where none is given), and the best takes its place; then the model is
 * told how they did, and proposes again.
 *
 * Proposals are asked for side by side, one call each, and those for one predictor are tried side by side. The result is the
 * first of the best, the student among them. Demos stay, and so do frozen predictors. The programs of a warm start are tried
 * as they are, and their instructions beside the first proposals.
 *
 * A proposal that cannot be read, or is empty, costs its call. `search` rejects with UsageError where there is nothing to compare
 * on; with LmError for what befalls every proposal (a wrong key, a client that is not there).
 *
 * @throws UsageError for options that make no sense
 */
export function copro<Inputs extends object = object, Labels extends object = object, Outputs extends object = Labels>(
  options: CoproOptions<Inputs, Labels, Outputs>,
): Teleprompter<Inputs, Labels, Outputs> {
  const { metric, ...own } = coproRules(options);
  return Object.freeze({
    kind: "copro",
    version: 1,
    settings: { ...own, promptClient: own.promptClient ?? null },
    metric: options.metric,
    clients: own.promptClient === undefined ? [] : [own.promptClient],
    search: (search: Search) => coproSearch(search, { metric, ...own }),
    plan: (task: SearchTask) => planOf(task, own),
  });
}

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

function planOf(
  { student, trainset, valset, warmStart }: SearchTask,
  { breadth, depth }: Omit<CoproRules, "metric">,
): SearchPlan {
  const predictors = Object.keys(tunablePredictors(student)).length;
  // Where others change too, all earlier instructions are tried again.
  const tried = predictors > 1 ? (breadth * depth * (depth + 1)) / 2 : breadth * depth;
  // Those of a warm start are further instructions to begin with.
  const again = warmStart.length * (predictors > 1 ? depth : 1);
  const evaluations = predictors * (tried + again) + warmStart.length;
  return { trials: evaluations * (valset ?? trainset).length, proposals: predictors * (breadth * depth - 1) };
}
