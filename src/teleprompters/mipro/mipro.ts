import { tunablePredictors } from "../../programs/replace-predictors.ts";
import { mostRuns } from "../few-shot/bootstrap.ts";
import { askedBesides, bootstrapSettings } from "../few-shot/bootstrap-options.ts";
import { summaryCalls } from "../proposer/dataset-summary.ts";
import { proposalCalls } from "../proposer/planned-proposals.ts";
import { type SearchPlan, taughtBy } from "../search-plan.ts";
import type { Search, SearchTask, Teleprompter } from "../teleprompter.ts";
import { type MiproOptions, type MiproRules, miproRules } from "./mipro-options.ts";
import { miproSearch } from "./mipro-search.ts";
import { drawnOf, fullEvaluations, isZeroShot, miproSets, miproSizes } from "./mipro-sizes.ts";

/**
 * Looks for instructions and demos of all predictors together: DSPy's `MIPROv2` (Opsahl-Ong et al., 2024, "Optimizing
 * Instructions and Demonstrations for Multi-Stage Language Model Programs"). It makes demo sets out of runs that were right,
 * has a model propose instructions by what is known of the data, the program and the demos, and then tries combinations that
 * a tree-structured Parzen estimator chooses, on minibatches, with the best of them now and then on the whole valset.
 *
 * The result is the first of the best of the student and of what was evaluated on the whole valset: so it is no worse there than
 * the student. With the same seed the same demo sets, prompts of proposers and minibatches as DSPy; its sampler's own draws are
 * Optuna's, and not these. Frozen predictors stay as they are.
 *
 * A proposal that cannot be read, or is empty, costs its call. `search` rejects with UsageError for an empty trainset or valset,
 * for a trainset of one example without a valset, and for a teacher that has not the student's predictors; with LmError for
 * what befalls every proposal (a wrong key, a client that is not there).
 *
 * @throws UsageError for options that make no sense
 */
export function mipro<Inputs extends object = object, Labels extends object = object, Outputs extends object = Labels>(
  options: MiproOptions<Inputs, Labels, Outputs>,
): Teleprompter<Inputs, Labels, Outputs> {
  const rules = miproRules("mipro", options);
  const { bootstrap, ...own } = rules;
  const besides = askedBesides(bootstrap);
  return Object.freeze({
    kind: "mipro",
    version: 1,
    settings: { ...bootstrapSettings(bootstrap), ...own },
    metric: options.metric,
    programs: besides.programs,
    clients: [...besides.clients, ...(rules.promptClient === undefined ? [] : [rules.promptClient])],
    search: (search: Search) => miproSearch(search, rules),
    plan: (task: SearchTask) => planOf(task, rules),
  });
}

/** What is not known before it is asked for: some sentences. */
const UNKNOWN = "word ".repeat(80);

function planOf(task: SearchTask, rules: MiproRules): SearchPlan {
  const { trainset, valset } = miproSets(task);
  const examples = drawnOf(valset, rules) ?? valset.length;
  const tunable = Object.keys(tunablePredictors(task.student));
  const predictors = tunable.length;
  const sizes = miproSizes(rules, predictors, examples);
  const whole = 1 + task.warmStart.length + fullEvaluations(sizes, rules.minibatchFullEvalSteps);
  const compared = whole * examples + sizes.trials * (sizes.minibatch ?? examples);
  const labeled = rules.bootstrap.maxLabeledDemos > 0 ? 1 : 0;
  // One has no demos, and one labeled ones, which take no run.
  const sets = Math.max(0, sizes.demoSets - 1 - labeled);
  const shown = isZeroShot(rules) ? { ...rules.bootstrap, maxBootstrappedDemos: 1 } : rules.bootstrap;
  const bootstrapped = sets * mostRuns(trainset.length, shown);
  const runs = Math.min(sizes.proposals, sizes.demoSets);
  const grounds = { program: task.student, summary: rules.dataAware ? UNKNOWN : undefined, ...rules };
  const asked = [
    ...(rules.dataAware ? summaryCalls(trainset, rules.viewDataBatchSize) : []),
    ...tunable.flatMap((path) => proposalCalls(grounds, path, rules.fewshotAware ? trainset : [], runs)),
  ];
  const proposals = asked.map((each) => ({ ...each, client: rules.promptClient }));
  return { trials: compared + bootstrapped, ...taughtBy(bootstrapped, rules.bootstrap.teacher), proposals };
}
