import type { AnyExample } from "../../evaluate/example.ts";
import type { Program } from "../../programs/program.ts";
import { askedBesides } from "../few-shot/bootstrap-options.ts";
import { type SearchPlan, taughtBy } from "../search-plan.ts";
import type { Search, SearchTask, Teleprompter, TrialSeen } from "../teleprompter.ts";
import { adviceInputs, type Compared, OFFER_FEEDBACK } from "./advice-prompts.ts";
import { type SimbaOptions, type SimbaRules, simbaRules } from "./simba-options.ts";
import { simbaSearch } from "./simba-search.ts";

/**
 * Learns from runs of the same example that came out differently: DSPy's `SIMBA` (stochastic introspective mini-batch ascent), to the
 * draw. In each step programs run on a batch, several times each example; where runs differ most, new programs are made
 * of earlier ones: the best run becomes a demo, or a model compares the best with the worst and gives each predictor advice,
 * which is added to its instructions. The new ones are tried on the batch and join those that further ones are made from.
 *
 * At the end the best of steps, and the student, are compared on the valset, or on the trainset where none is given: the result is
 * the first of the best, so it is no worse there than the student. Runs, advice and new programs go side by side. The
 * programs of a warm start are compared first, and others are made from them too. Frozen predictors stay.
 *
 * Advice that cannot be read costs its call. What a budget cuts off before the end comes to the program as it was: programs of
 * steps were not compared with it. `search` rejects with UsageError for a trainset smaller than a batch, and for a teacher
 * that has not the student's predictors; with LmError for what befalls every call for advice (a wrong key, no such client).
 *
 * @throws UsageError for options that make no sense
 */
export function simba<Inputs extends object = object, Labels extends object = object, Outputs extends object = Labels>(
  options: SimbaOptions<Inputs, Labels, Outputs>,
): Teleprompter<Inputs, Labels, Outputs> {
  const rules = simbaRules(options);
  const { metric: _, teacher, promptClient, ...numbers } = rules;
  const besides = askedBesides({ teacher });
  return Object.freeze({
    kind: "simba",
    version: 1,
    settings: { ...numbers, promptClient: promptClient ?? null, teacher: { client: teacher?.client ?? null } },
    metric: options.metric,
    programs: besides.programs,
    clients: [...besides.clients, ...(promptClient === undefined ? [] : [promptClient])],
    search: (search: Search) => simbaSearch(search, rules),
    plan: (task: SearchTask) => planOf(task, rules),
  });
}

function planOf(
  { student, trainset, valset = trainset, warmStart }: SearchTask,
  { batchSize, numCandidates, maxSteps, teacher, promptClient }: SimbaRules,
): SearchPlan {
  const made = Math.min(numCandidates + 1, batchSize);
  const compared = Math.min(numCandidates, maxSteps) + 1 + warmStart.length;
  const steps = maxSteps * batchSize * (numCandidates + made);
  const runs = maxSteps * batchSize;
  const advice = trainset.slice(0, 1).map((example) => ({
    runs,
    program: OFFER_FEEDBACK,
    client: promptClient,
    inputs: adviceInputs(student, { example, ...twoRuns(student, example), alike: false }),
  }));
  return { trials: steps + compared * valset.length, ...taughtBy(runs, teacher), proposals: advice };
}

/** As if all predictors had been given the example's inputs, and given its labels. */
function twoRuns(student: Program<never>, { inputs, labels }: AnyExample): Pick<Compared, "better" | "worse"> {
  const trace = Object.keys(student.predictors()).map((path) => ({ kind: "predict", path, inputs, outputs: labels }));
  const run: TrialSeen = { score: 1, outputs: labels, trace };
  return { better: run, worse: { ...run } };
}
