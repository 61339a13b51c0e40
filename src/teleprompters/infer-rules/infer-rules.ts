import { checkNumber, checkOptions, optionNames, WHOLE_ABOVE_0 } from "../../foundation/check-options.ts";
import { UsageError } from "../../foundation/errors.ts";
import type { MetricFor } from "../../evaluate/evaluate.ts";
import { tunablePredictors } from "../../programs/replace-predictors.ts";
import { checkClient } from "../check-client.ts";
import { mostRuns } from "../few-shot/bootstrap.ts";
import {
  askedBesides,
  BOOTSTRAP_OPTIONS,
  type BootstrapOptions,
  bootstrapRules,
  type BootstrapRules,
  bootstrapSettings,
} from "../few-shot/bootstrap-options.ts";
import type { Search, SearchPlan, SearchTask, Teleprompter } from "../teleprompter.ts";
import { inferRulesSearch, inferRulesSets } from "./infer-rules-search.ts";

export interface InferRulesOptions<
  Inputs extends object = object,
  Labels extends object = object,
  Outputs extends object = Labels,
> extends BootstrapOptions<Inputs, Labels, Outputs> {
  /** What candidates are compared by, and by which runs become demos. */
  readonly metric: MetricFor<Inputs, Labels, Outputs>;
  /** How many sets of rules are tried. Default 10. */
  readonly numCandidates?: number | undefined;
  /** How many rules are asked for in each set. Default 10. */
  readonly numRules?: number | undefined;
  /** Who draws rules out of examples. Default: whom the programs ask. */
  readonly promptClient?: string | undefined;
}

/** The same, with defaults. */
export interface InferRulesRules {
  readonly bootstrap: BootstrapRules;
  readonly numCandidates: number;
  readonly numRules: number;
  readonly promptClient: string | undefined;
}

const OWN = optionNames<Omit<InferRulesOptions, keyof BootstrapOptions>>({
  numCandidates: true,
  numRules: true,
  promptClient: true,
});

/**
 * Gives each predictor demos out of runs that were right, and rules that a model has drawn out of the examples: DSPy's `InferRules`,
 * to the draw. Candidates have the same demos and different rules at the end of their instructions; the result is the first of
 * the best on the valset. Without a valset the second half of the trainset is it.
 *
 * Rules of the first candidate are asked for one predictor after another, those of the others side by side, and so are
 * candidates compared. The student itself is no candidate, so the result may be worse; the programs of a warm start are. Where
 * bootstrapping comes to `maxErrors` failed runs, the demos are those until then. Frozen predictors stay.
 *
 * Examples that do not fit into the model's context are left out from the end; rules that cannot be read, or are empty, are asked
 * for once more, and then cost their calls alone. `search` rejects with UsageError where one of the sets is empty, or a teacher
 * has not the student's predictors; with LmError for what befalls every proposal (a wrong key, a client that is not there).
 *
 * @throws UsageError for options that make no sense
 */
export function inferRules<
  Inputs extends object = object,
  Labels extends object = object,
  Outputs extends object = Labels,
>(options: InferRulesOptions<Inputs, Labels, Outputs>): Teleprompter<Inputs, Labels, Outputs> {
  const what = "inferRules";
  checkOptions(what, options, [...BOOTSTRAP_OPTIONS, ...OWN]);
  const { metric, numCandidates = 10, numRules = 10, promptClient } = options;
  if (metric === undefined) throw new UsageError(`${what}: metric is missing: candidates are compared by it`);
  const bootstrap = bootstrapRules(what, options);
  for (const [name, value] of Object.entries({ numCandidates, numRules }))
    checkNumber(what, name, value, WHOLE_ABOVE_0);
  checkClient(what, "promptClient", promptClient);
  const rules = { bootstrap, numCandidates, numRules, promptClient };
  const besides = askedBesides(bootstrap);
  return Object.freeze({
    kind: what,
    version: 1,
    settings: { ...bootstrapSettings(bootstrap), numCandidates, numRules, promptClient: promptClient ?? null },
    metric,
    programs: besides.programs,
    clients: [...besides.clients, ...(promptClient === undefined ? [] : [promptClient])],
    search: (search: Search) => inferRulesSearch(search, rules),
    plan: (task: SearchTask) => planOf(task, rules),
  });
}

function planOf(task: SearchTask, { bootstrap, numCandidates }: InferRulesRules): SearchPlan {
  const { trainset, valset } = inferRulesSets(task);
  const compared = (numCandidates + task.warmStart.length) * valset.length;
  const predictors = Object.keys(tunablePredictors(task.student)).length;
  return { trials: compared + mostRuns(trainset.length, bootstrap), proposals: numCandidates * predictors };
}
