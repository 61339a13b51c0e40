import { plannedReflection } from "./planned-reflection.ts";
import type { SearchPlan } from "../search-plan.ts";
import type { Search, SearchTask, Teleprompter } from "../teleprompter.ts";
import { type GepaOptions, gepaRules, gepaSettings } from "./gepa-options.ts";
import { gepaSearch, gepaTask } from "./gepa-search.ts";

/**
 * Improves a program's texts by reflection: a candidate runs on a few examples of the trainset, a model reads its runs with what
 * the metric has to say of them, and writes a better text; what does better on the same examples is evaluated on the valset. Who
 * is improved next is drawn from those that are best on some example: GEPA (Agrawal et al., 2025, arXiv 2507.19457), with the
 * draws and prompts of DSPy's.
 *
 * Texts are the instructions of all predictors that are not frozen, and the `parameters` that the program declares. The result is
 * the best on the valset (the trainset, where none is given), of equals the first: so it is no worse there than the student.
 *
 * `search` rejects with UsageError for an empty trainset or valset, for a program that has no text to change, and for a selector
 * that names what is none.
 *
 * @throws UsageError for options that make no sense
 */
export function gepa<Inputs extends object = object, Labels extends object = object, Outputs extends object = Labels>(
  options: GepaOptions<Inputs, Labels, Outputs>,
): Teleprompter<Inputs, Labels, Outputs> {
  const rules = gepaRules(options);
  const { promptClient, minibatch, budget } = rules;
  const plan = (task: SearchTask): SearchPlan => {
    const { examples, calls, places } = gepaTask(task, rules);
    const given = examples.length * (1 + task.warmStart.length);
    const trials = Math.max(calls, given);
    // As if no minibatch were perfect and no child accepted: both leave less to propose for.
    const runs = Math.ceil((trials - given) / (2 * minibatch));
    return { trials, proposals: [{ runs, client: promptClient, ...plannedReflection(task, places, rules) }] };
  };
  const isEndless = "maxMetricCalls" in budget && budget.maxMetricCalls === Infinity;
  return Object.freeze({
    kind: "gepa",
    version: 1,
    settings: gepaSettings(rules),
    metric: options.metric,
    clients: promptClient === undefined ? [] : [promptClient],
    search: (search: Search) => gepaSearch(search, rules),
    ...(!isEndless && { plan }),
  });
}
