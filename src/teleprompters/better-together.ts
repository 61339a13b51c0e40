import { checkNumber, checkOptions, optionNames } from "../foundation/check-options.ts";
import { describe, UsageError } from "../foundation/errors.ts";
import { pythonRandom } from "../foundation/python-random.ts";
import type { MetricFor } from "../evaluate/evaluate.ts";
import type { AnyExample } from "../evaluate/example.ts";
import { metricNames } from "../evaluate/metrics/metric.ts";
import type { Program } from "../programs/program.ts";
import { type CandidateScore, evaluateRivals, isBetter } from "./candidate-score.ts";
import { JobError } from "./job/job-error.ts";
import { isTeleprompter } from "./job/compile-options.ts";
import { searchWithin } from "./search-within.ts";
import type { SearchPlan } from "./search-plan.ts";
import type { Search, SearchTask, Teleprompter } from "./teleprompter.ts";
import { noteUnusedWarmStart } from "./unused-warm-start.ts";

export interface BetterTogetherOptions<
  Inputs extends object = object,
  Labels extends object = object,
  Outputs extends object = Labels,
> {
  /** What the programs after each step are compared by. */
  readonly metric: MetricFor<Inputs, Labels, Outputs>;
  /** The steps, by the names that the strategy has for them. */
  readonly steps: Readonly<Record<string, Teleprompter<NoInfer<Inputs>, NoInfer<Labels>, NoInfer<Outputs>>>>;
  /** Names of steps, with arrows between them; a step may be taken again. Default `"p -> w -> p"`. */
  readonly strategy?: string | undefined;
  /** Without a valset, the share of the trainset's first examples that are it; 0: none are, and nothing is compared. Default 0.1. */
  readonly valsetRatio?: number | undefined;
  /** Whether the trainset is shuffled before each step. Default true. */
  readonly shuffleTrainset?: boolean | undefined;
  /** Of the shuffling. Default 0. */
  readonly seed?: number | undefined;
}

const OPTIONS = optionNames<BetterTogetherOptions>({
  metric: true,
  steps: true,
  strategy: true,
  valsetRatio: true,
  shuffleTrainset: true,
  seed: true,
});

/**
 * One teleprompter after another, each on what the one before has made: DSPy's `BetterTogether`, by which prompts and weights are
 * optimized in turns. After each step its program is evaluated; the result is the first of the best, the student among them, and
 * without a valset the last one. A step after one that trained runs on the trained model.
 *
 * A step's search runs within this one: what it asks for and its candidates bear its name, `p -> w: seed -1`. A step that fails ends
 * it: the result is the best so far, and the job's notes say why.
 *
 * `search` rejects with UsageError for an empty trainset or valset, and with that of a step which cannot do with what it was given.
 *
 * @throws UsageError for options that make no sense, and a strategy with a name that no step has
 */
export function betterTogether<
  Inputs extends object = object,
  Labels extends object = object,
  Outputs extends object = Labels,
>(options: BetterTogetherOptions<Inputs, Labels, Outputs>): Teleprompter<Inputs, Labels, Outputs> {
  const what = "betterTogether";
  checkOptions(what, options, OPTIONS);
  const rules = rulesOf(what, options);
  const { valsetRatio, shuffleTrainset, seed, order } = rules;
  const used = [...new Set(order.map(({ step }) => step))];
  return Object.freeze({
    kind: what,
    version: 1,
    settings: {
      valsetRatio,
      shuffleTrainset,
      seed,
      strategy: order.map(({ name }) => name),
      steps: Object.fromEntries(
        order.map(({ name, step: { kind, version, settings, metric } }) => [
          name,
          { kind, version, settings, metric: metric ?? null },
        ]),
      ),
    },
    metric: options.metric,
    programs: used.flatMap(({ programs = [] }) => programs),
    clients: [...new Set(used.flatMap(({ clients = [] }) => clients))],
    search: (search: Search) => searched(search, rules),
    // As long as all of its steps know theirs.
    ...(used.every(({ plan }) => plan !== undefined) && { plan: (task: SearchTask) => planned(task, rules) }),
  });
}

interface Step {
  readonly name: string;
  readonly step: Teleprompter<never, never, never>;
}

interface Rules {
  readonly metric: MetricFor<never, never, never>;
  readonly order: readonly Step[];
  readonly valsetRatio: number;
  readonly shuffleTrainset: boolean;
  readonly seed: number;
}

function rulesOf<Inputs extends object, Labels extends object, Outputs extends object>(
  what: string,
  options: BetterTogetherOptions<Inputs, Labels, Outputs>,
): Rules {
  const { metric, steps, strategy = "p -> w -> p", valsetRatio = 0.1, shuffleTrainset = true, seed = 0 } = options;
  if (metric === undefined) throw new UsageError(`${what}: metric is missing: programs are compared by it`);
  metricNames(metric);
  const isShare = { expected: "a number from 0, below 1", holds: (share: number) => share >= 0 && share < 1 };
  checkNumber(what, "valsetRatio", valsetRatio, isShare);
  checkNumber(what, "seed", seed, { expected: "a whole number", holds: Number.isInteger });
  if (typeof shuffleTrainset !== "boolean")
    throw new UsageError(`${what}: shuffleTrainset must be true or false, got ${describe(shuffleTrainset)}`);
  if (typeof steps !== "object" || steps === null)
    throw new UsageError(`${what}: steps must be teleprompters by name, got ${describe(steps)}`);
  for (const [name, step] of Object.entries(steps)) {
    if (!isTeleprompter(step))
      throw new UsageError(`${what}: step "${name}" must be a teleprompter, got ${describe(step)}`);
    // A program around another has other predictors: what comes after it would find none of its own.
    if ("wraps" in step)
      throw new UsageError(`${what}: step "${name}", ${step.kind}, makes another program around the student`);
  }
  if (typeof strategy !== "string")
    throw new UsageError(
      `${what}: strategy must be names of steps with arrows between them, got ${describe(strategy)}`,
    );
  const order = strategy.split("->").map((each): Step => {
    const name = each.trim();
    const step = Object.hasOwn(steps, name) ? steps[name] : undefined;
    if (step !== undefined) return { name, step };
    throw new UsageError(
      `${what}: the strategy "${strategy}" names a step "${name}", and there are ${Object.keys(steps).join(", ") || "none"}`,
    );
  });
  return Object.freeze({ metric, order, valsetRatio, shuffleTrainset, seed });
}

/** Undefined: nothing is compared. */
function setsOf(
  { trainset, valset }: Pick<SearchTask, "trainset" | "valset">,
  { valsetRatio }: Rules,
): { readonly trainset: readonly AnyExample[]; readonly valset: readonly AnyExample[] | undefined } {
  if (valset !== undefined) return { trainset, valset };
  const size = Math.floor(valsetRatio * trainset.length);
  return { trainset: trainset.slice(size), valset: size === 0 ? undefined : trainset.slice(0, size) };
}

/** What a step has come to; without a score where nothing is compared. */
interface Made extends Partial<CandidateScore> {
  readonly program: Program<never>;
}

async function searched(search: Search, rules: Rules): Promise<Program<never>> {
  const { metric, order, shuffleTrainset, seed } = rules;
  const { student } = search;
  const { valset, ...sets } = setsOf(search, rules);
  if (search.trainset.length === 0)
    throw new UsageError("betterTogether: the trainset is empty: there is nothing to learn from");
  if (valset?.length === 0) throw new UsageError("betterTogether: the valset is empty: there is nothing to compare on");
  const random = pythonRandom(seed);
  let { trainset } = sets;
  let best: Made | undefined;
  let last: Made = { program: student };
  const evaluate = async (name: string, program: Program<never>, parents: readonly string[]): Promise<void> => {
    last = { program };
    if (valset === undefined) return;
    const [came] = await evaluateRivals(search, [program], valset, { about: name, metric });
    // There is one for each.
    const { score, scores } = came as CandidateScore;
    search.scored({ name, program, score, scores, parents });
    last = { program, score, scores };
    if (best === undefined || isBetter(scoredOf(last), scoredOf(best))) best = last;
  };
  await evaluate(STUDENT, student, []);
  const first = last;
  if (valset === undefined) noteUnusedWarmStart(search, "betterTogether without a valset");
  else for (const [at, program] of search.warmStart.entries()) await evaluate(`warm start ${at + 1}`, program, []);
  // The steps go on from the student.
  last = first;
  const taken: string[] = [];
  for (const { name, step } of order) {
    const before = taken.length === 0 ? STUDENT : taken.join(" -> ");
    taken.push(name);
    const whole = taken.join(" -> ");
    if (shuffleTrainset) trainset = random.shuffled(trainset);
    const task = { student: last.program, trainset, valset, warmStart: [] };
    let program: Program<never>;
    try {
      program = await step.search(searchWithin(search, whole, task, step.metric === metric));
    } catch (thrown) {
      // Misuse is told as such.
      if (!(thrown instanceof JobError)) throw thrown;
      search.note(`the step "${whole}" failed, and is the last one: ${thrown.message}`);
      break;
    }
    await evaluate(whole, program, [before]);
  }
  return (best ?? last).program;
}

/** What the student is called among the candidates. */
const STUDENT = "student";

function scoredOf({ score = 0, scores = [] }: Made): CandidateScore {
  return { score, scores };
}

function planned(task: SearchTask, rules: Rules): SearchPlan {
  const { trainset, valset } = setsOf(task, rules);
  const plans = rules.order.map(({ step }) => step.plan?.({ ...task, trainset, valset }) ?? NO_PLAN);
  const trainings = plans.reduce((sum, plan) => sum + (plan.trainings ?? 0), 0);
  const compared = (valset?.length ?? 0) * (plans.length + 1 + task.warmStart.length);
  const taught = plans.flatMap((plan) => plan.taught ?? []);
  return {
    trials: plans.reduce((sum, { trials }) => sum + trials, compared),
    ...(taught.length > 0 && { taught }),
    proposals: plans.flatMap(({ proposals }) => proposals),
    ...(trainings > 0 && { trainings }),
  };
}

const NO_PLAN: SearchPlan = Object.freeze({ trials: 0, proposals: [] });
