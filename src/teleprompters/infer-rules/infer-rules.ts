import { tunablePredictors } from "../../programs/replace-predictors.ts";
import { mostRuns } from "../few-shot/bootstrap.ts";
import { askedBesides, bootstrapSettings } from "../few-shot/bootstrap-options.ts";
import { type SearchPlan, taughtBy } from "../search-plan.ts";
import type { Search, SearchTask, Teleprompter } from "../teleprompter.ts";
import { type InferRulesOptions, type InferRulesRules, inferRulesRules } from "./infer-rules-options.ts";
import { casesText, rulesInducer } from "./induce-rules.ts";
import { inferRulesSearch, inferRulesSets } from "./infer-rules-search.ts";

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
  const rules = inferRulesRules(options);
  const { bootstrap, promptClient, ...numbers } = rules;
  const besides = askedBesides(bootstrap);
  return Object.freeze({
    kind: "inferRules",
    version: 1,
    settings: { ...bootstrapSettings(bootstrap), ...numbers, promptClient: promptClient ?? null },
    metric: options.metric,
    programs: besides.programs,
    clients: [...besides.clients, ...(promptClient === undefined ? [] : [promptClient])],
    search: (search: Search) => inferRulesSearch(search, rules),
    plan: (task: SearchTask) => planOf(task, rules),
  });
}

function planOf(task: SearchTask, { bootstrap, numCandidates, numRules, promptClient }: InferRulesRules): SearchPlan {
  const { trainset, valset } = inferRulesSets(task);
  const compared = (numCandidates + task.warmStart.length) * valset.length;
  const bootstrapped = mostRuns(trainset.length, bootstrap);
  const inducer = rulesInducer(numRules);
  const proposals = Object.values(tunablePredictors(task.student)).map(({ signature }) => ({
    runs: numCandidates,
    program: inducer,
    client: promptClient,
    inputs: { examples_text: casesText(signature, trainset) },
  }));
  return { trials: compared + bootstrapped, ...taughtBy(bootstrapped, bootstrap.teacher), proposals };
}
