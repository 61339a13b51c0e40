import { tunablePredictors } from "../../programs/replace-predictors.ts";
import { attemptsText, originalOf, PROPOSE_BETTER, PROPOSE_FIRST } from "../proposer/copro-prompts.ts";
import type { SearchPlan } from "../search-plan.ts";
import type { Search, SearchTask, Teleprompter } from "../teleprompter.ts";
import { type CoproOptions, type CoproRules, coproRules } from "./copro-options.ts";
import { coproSearch } from "./copro-search.ts";

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

function planOf(
  { student, trainset, valset, warmStart }: SearchTask,
  { breadth, depth, promptClient: client }: Omit<CoproRules, "metric">,
): SearchPlan {
  const tunable = Object.values(tunablePredictors(student));
  const predictors = tunable.length;
  // Where others change too, all earlier instructions are tried again.
  const tried = predictors > 1 ? (breadth * depth * (depth + 1)) / 2 : breadth * depth;
  // Those of a warm start are further instructions to begin with.
  const again = warmStart.length * (predictors > 1 ? depth : 1);
  const evaluations = predictors * (tried + again) + warmStart.length;
  const proposals = tunable.flatMap(({ signature }) => {
    const { instructions } = signature;
    const attempts = Array.from({ length: breadth }, () => ({ ...originalOf(signature), score: 0 }));
    const first = { program: PROPOSE_FIRST, inputs: { basic_instruction: instructions } };
    // As if attempts were as long as what they are in place of.
    const better = { program: PROPOSE_BETTER, inputs: { attempted_instructions: attemptsText(attempts, breadth) } };
    return [
      { runs: breadth - 1, client, ...first },
      { runs: breadth * (depth - 1), client, ...better },
    ].filter(({ runs }) => runs > 0);
  });
  return { trials: evaluations * (valset ?? trainset).length, proposals };
}
