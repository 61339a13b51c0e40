import { UsageError } from "../../foundation/errors.ts";
import { pythonRandom } from "../../foundation/python-random.ts";
import type { AnyExample } from "../../evaluate/example.ts";
import type { Program } from "../../programs/program.ts";
import { tunablePredictors } from "../../programs/replace-predictors.ts";
import { evaluateRivals, type EvaluatedCandidate, isBetter } from "../candidate-score.ts";
import type { SearchPlan } from "../search-plan.ts";
import type { ScoredCandidate, Search, SearchTask, Teleprompter } from "../teleprompter.ts";
import { type GrpoOptions, type GrpoRules, grpoRules } from "./grpo-options.ts";
import { type RolloutGroup, rolloutGroups } from "./rollout-groups.ts";

/**
 * Group relative policy optimization (Shao et al., 2024; DSPy's `GRPO`): each step runs the program several times on some examples,
 * compares the runs of an example by their rewards, and has its policy learn from what set the better ones apart. The policy is
 * a library of lessons in the prompts (the default: training-free GRPO, arXiv 2510.08191), or a model that is trained elsewhere.
 *
 * What a step has learnt is taken if it is better on the valset, or on the trainset where none is given. The result is the first of
 * the best; so it is no worse there than the student. Frozen predictors stay as they are.
 *
 * `search` rejects with UsageError for an empty trainset or valset, and for a program without a predictor that may be tuned.
 *
 * @throws UsageError for options that make no sense
 */
export function grpo<Inputs extends object = object, Labels extends object = object, Outputs extends object = Labels>(
  options: GrpoOptions<Inputs, Labels, Outputs>,
): Teleprompter<Inputs, Labels, Outputs> {
  const rules = grpoRules("grpo", options);
  const { metric: _metric, policy, ...numbers } = rules;
  return Object.freeze({
    kind: "grpo",
    version: 1,
    settings: { ...numbers, policy: { kind: policy.kind, version: policy.version, ...policy.settings } },
    metric: options.metric,
    clients: policy.clients,
    search: (search: Search) => searched(search, rules),
    plan: (task: SearchTask) => planOf(task, rules),
  });
}

function planOf({ student, trainset, valset = trainset, warmStart }: SearchTask, rules: GrpoRules): SearchPlan {
  const { numSteps: steps, groupSize, policy } = rules;
  const examples = trainset.slice(0, rules.examplesPerStep);
  const trainings = policy.trainingsOf?.(steps);
  return {
    trials: valset.length * (1 + warmStart.length) + steps * (examples.length * groupSize + valset.length),
    proposals: policy.callsOf({ student, steps, examples, groupSize }),
    ...(trainings !== undefined && { trainings }),
  };
}

async function searched(search: Search, rules: GrpoRules): Promise<Program<never>> {
  const { student, trainset, valset = trainset } = search;
  const { metric, policy, numSteps } = rules;
  const predictors = Object.keys(tunablePredictors(student));
  if (trainset.length === 0) throw new UsageError("grpo: the trainset is empty: there is nothing to learn from");
  if (valset.length === 0) throw new UsageError("grpo: the valset is empty: there is nothing to compare on");
  if (predictors.length === 0) throw new UsageError("grpo: the program has no predictor that may be tuned");

  const compare = async (
    program: Program<never>,
    name: string,
    more: Partial<ScoredCandidate>,
  ): Promise<EvaluatedCandidate> => {
    const [came] = await evaluateRivals(search, [program], valset, { about: `compare ${name}`, metric });
    // One was compared.
    const one = came as EvaluatedCandidate;
    search.scored({ name, program, score: one.score, scores: one.scores, ...more });
    return one;
  };
  const session = await policy.begin(search);
  let best = { name: "student", program: session.program, score: await compare(session.program, "student", {}) };
  let given = best;
  for (const [at, program] of search.warmStart.entries()) {
    const name = `warm start ${at + 1}`;
    const score = await compare(program, name, { note: "given to begin with" });
    if (isBetter(score, given.score)) given = { name, program, score };
  }
  const next = batches(trainset, rules);
  for (let step = 1; step <= numSteps; step += 1) {
    const groups = await sample(search, session.program, next(), step, predictors, rules);
    const learnt = groups.length === 0 ? undefined : await session.learn(step, groups);
    if (learnt === undefined) continue;
    const { program, note, origins = {}, lessons } = learnt;
    const name = `step ${step}`;
    const changed = Object.keys(origins);
    const told = { parents: [best.name], note, changed, origins, ...(lessons && { lessons }) };
    const score = await compare(program, name, told);
    const taken = isBetter(score, best.score);
    if (taken) best = { name, program, score };
    session.settle(taken);
  }
  return isBetter(given.score, best.score) ? given.program : best.program;
}

/** Some examples after others, each once before any comes again, in orders that the seed decides on. */
function batches(trainset: readonly AnyExample[], { examplesPerStep, seed }: GrpoRules): () => readonly AnyExample[] {
  const random = pythonRandom(seed);
  const size = Math.min(examplesPerStep, trainset.length);
  let left: readonly AnyExample[] = [];
  return () => {
    const short = left.length < size;
    const first = left.slice(0, size);
    if (!short) {
      left = left.slice(size);
      return first;
    }
    // None is twice in one step.
    const again = random.shuffled(trainset);
    const more = again.filter((each) => !first.includes(each)).slice(0, size - first.length);
    left = again.filter((each) => !more.includes(each));
    return [...first, ...more];
  };
}

async function sample(
  search: Search,
  program: Program<never>,
  examples: readonly AnyExample[],
  step: number,
  predictors: readonly string[],
  rules: GrpoRules,
): Promise<readonly RolloutGroup[]> {
  const { metric, groupSize, temperature, formatFailureScore, failureScore } = rules;
  const runs = Array.from({ length: groupSize }, (_, at) => (step - 1) * groupSize + at + 1);
  const trials = examples.flatMap((example) =>
    runs.map((rolloutId) => ({ program, example, config: { temperature, rolloutId } })),
  );
  const seen = await search.run(trials, { about: `rollouts of step ${step}`, metric, wants: "sampled" });
  const byExample = examples.map((_, at) => seen.slice(at * groupSize, (at + 1) * groupSize));
  return rolloutGroups(examples, byExample, predictors, { formatFailure: formatFailureScore, failure: failureScore });
}
