import { checkOptions } from "../../foundation/check-options.ts";
import { taughtBy } from "../search-plan.ts";
import type { Search, SearchTask, Teleprompter } from "../teleprompter.ts";
import { noteUnusedWarmStart } from "../unused-warm-start.ts";
import { bootstrap, mostRuns, type RunTraced, tooManyErrors } from "./bootstrap.ts";
import {
  askedBesides,
  BOOTSTRAP_OPTIONS,
  type BootstrapOptions,
  bootstrapRules,
  type BootstrapRules,
  bootstrapSettings,
} from "./bootstrap-options.ts";

/**
 * Gives each predictor demos out of runs that were right, and labeled ones besides: DSPy's `BootstrapFewShot`, to the draw. So
 * predictors in the midst of a program get demos too, for which no trainset has labels.
 *
 * It compares nothing: the result may be worse than the student. An empty trainset makes a program without demos; fewer right
 * runs than wanted, fewer demos.
 *
 * `search` rejects with JobError `too_many_errors` at the `maxErrors`-th run or metric that failed, and with UsageError for a
 * teacher that has not the student's predictors.
 *
 * @throws UsageError for options that make no sense
 */
export function bootstrapFewShot<
  Inputs extends object = object,
  Labels extends object = object,
  Outputs extends object = Labels,
>(options: BootstrapOptions<Inputs, Labels, Outputs> = {}): Teleprompter<Inputs, Labels, Outputs> {
  const what = "bootstrapFewShot";
  checkOptions(what, options, BOOTSTRAP_OPTIONS);
  const rules = bootstrapRules(what, options);
  return Object.freeze({
    kind: what,
    version: 1,
    settings: bootstrapSettings(rules),
    metric: options.metric,
    ...askedBesides(rules),
    async search(search: Search) {
      noteUnusedWarmStart(search, what);
      const { program, failure } = await bootstrap(
        tracedBy(search, "bootstrap", rules),
        search.student,
        search.trainset,
        rules,
      );
      if (failure !== undefined) throw tooManyErrors(what, rules, failure);
      return program;
    },
    plan({ trainset }: SearchTask) {
      const trials = mostRuns(trainset.length, rules);
      return { trials, ...taughtBy(trials, rules.teacher), proposals: [] };
    },
  });
}

/** The runs of a teacher as trials of a search. */
export function tracedBy(search: Search, about: string, { metric }: BootstrapRules): RunTraced {
  return (trials) => search.run(trials, { about, metric, wants: "trace" });
}
