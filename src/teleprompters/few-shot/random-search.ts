import { checkNumber, checkOptions, optionNames, WHOLE_FROM_0, WHOLE_ABOVE_0 } from "../../foundation/check-options.ts";
import { describe, UsageError } from "../../foundation/errors.ts";
import { heard } from "../../foundation/heard.ts";
import { pythonRandom } from "../../foundation/python-random.ts";
import type { Adapter } from "../../adapters/adapter.ts";
import type { MetricFor } from "../../evaluate/evaluate.ts";
import type { Program } from "../../programs/program.ts";
import { tunablePredictors } from "../../programs/replace-predictors.ts";
import { type CandidateScore, evaluateRivals, isBetter } from "../candidate-score.ts";
import { halvingRounds, lastOfHalving } from "../halving.ts";
import { taughtBy } from "../search-plan.ts";
import type { ScoredCandidate, Search, SearchTask, SeenError, Teleprompter } from "../teleprompter.ts";
import { bootstrap, checkTeacherFits, mostRuns, tooManyErrors, withoutDemos } from "./bootstrap.ts";
import { tracedBy } from "./bootstrap-few-shot.ts";
import {
  askedBesides,
  BOOTSTRAP_OPTIONS,
  type BootstrapOptions,
  bootstrapRules,
  type BootstrapRules,
  bootstrapSettings,
} from "./bootstrap-options.ts";
import { withLabeledDemos } from "./labeled-few-shot.ts";

export interface RandomSearchOptions<
  Inputs extends object = object,
  Labels extends object = object,
  Outputs extends object = Labels,
> extends BootstrapOptions<Inputs, Labels, Outputs> {
  /** What candidates are compared by, and by which their demos are chosen. */
  readonly metric: MetricFor<Inputs, Labels, Outputs>;
  /** Bootstrapped candidates, besides one without demos, one with labeled ones, and one of the trainset in its order. Default 16. */
  readonly numCandidatePrograms?: number | undefined;
  /** The first candidate that reaches it ends the search; candidates are tried one after another then. Default: none does. */
  readonly stopAtScore?: number | undefined;
  /**
   * Candidates are compared on so many examples of the valset first, the same for all and drawn by seed 0; the better half goes on
   * to twice as many, and so on, until those that are left have seen all of it: successive halving (Jamieson and Talwalkar, 2016).
   * Default: all see all of it.
   */
  readonly minibatchSize?: number | undefined;
  /** Only these seeds: -3 without demos, -2 labeled, -1 in order, from 0 shuffled. Default: all. */
  readonly restrict?: readonly number[] | undefined;
  /** Whether the labeled candidate's demos are drawn; `false` takes the first ones. Default true. */
  readonly labeledSample?: boolean | undefined;
  /** Each candidate is tried in each of these layouts, too. Default: the one that its predictors have anyway. */
  readonly adapters?: readonly Adapter[] | undefined;
}

const OWN = optionNames<Omit<RandomSearchOptions, keyof BootstrapOptions>>({
  numCandidatePrograms: true,
  stopAtScore: true,
  minibatchSize: true,
  restrict: true,
  labeledSample: true,
  adapters: true,
});

/**
 * Tries sets of demos and keeps the best: DSPy's `BootstrapFewShotWithRandomSearch`, to the draw. Candidates are the student
 * without demos, with labeled ones, and with bootstrapped ones of the trainset in different orders and numbers; the programs of
 * a warm start come first, and so does the student itself where it has demos.
 *
 * They are compared on the valset, or on the trainset where none is given, all side by side; the result is the first of the
 * best. So it is no worse there than the student; with `minibatchSize` only where the student stayed until the end. A candidate
 * whose bootstrapping came to `maxErrors` failed runs is left out.
 *
 * `search` rejects with UsageError for an empty trainset or valset, and where `restrict` leaves no seed; with JobError
 * `too_many_errors` where no candidate is left.
 *
 * @throws UsageError for options that make no sense
 */
export function randomSearch<
  Inputs extends object = object,
  Labels extends object = object,
  Outputs extends object = Labels,
>(options: RandomSearchOptions<Inputs, Labels, Outputs>): Teleprompter<Inputs, Labels, Outputs> {
  const what = "randomSearch";
  checkOptions(what, options, [...BOOTSTRAP_OPTIONS, ...OWN]);
  const rules = bootstrapRules(what, options);
  const own = ownRules(what, options);
  return Object.freeze({
    kind: what,
    version: 1,
    settings: { ...bootstrapSettings(rules), ...own },
    metric: options.metric,
    ...askedBesides(rules),
    search: (search: Search) => searched(search, rules, own),
    plan(task: SearchTask) {
      const candidates = candidatesOf(task, rules, own);
      const sets = candidates.filter(({ bootstraps }) => bootstraps).length;
      const examples = (task.valset ?? task.trainset).length;
      const rivals = candidates.length * Math.max(1, own.adapters.length);
      const compared = halvingRounds(rivals, examples, own.minibatchSize ?? examples).reduce(
        (sum, { from, to, rivals: each }) => sum + each * (to - from),
        0,
      );
      const bootstrapped = sets * mostRuns(task.trainset.length, rules);
      return { trials: compared + bootstrapped, ...taughtBy(bootstrapped, rules.teacher), proposals: [] };
    },
  });
}

interface OwnRules {
  readonly numCandidatePrograms: number;
  readonly stopAtScore: number | undefined;
  readonly minibatchSize: number | undefined;
  readonly restrict: readonly number[] | undefined;
  readonly labeledSample: boolean;
  readonly adapters: readonly Adapter[];
}

function ownRules(what: string, options: RandomSearchOptions<never, never, never>): OwnRules {
  const { metric, numCandidatePrograms = 16, stopAtScore, minibatchSize, restrict } = options;
  const { labeledSample = true, adapters = [] } = options;
  if (metric === undefined) throw new UsageError(`${what}: metric is missing: candidates are compared by it`);
  checkNumber(what, "numCandidatePrograms", numCandidatePrograms, WHOLE_FROM_0);
  checkNumber(what, "stopAtScore", stopAtScore, { expected: "a number", holds: () => true });
  checkNumber(what, "minibatchSize", minibatchSize, WHOLE_ABOVE_0);
  if (stopAtScore !== undefined && minibatchSize !== undefined)
    throw new UsageError(
      `${what}: stopAtScore goes through candidates one after another, and minibatchSize through all of them together: say one of the two`,
    );
  if (restrict !== undefined && !(Array.isArray(restrict) && restrict.every(Number.isInteger)))
    throw new UsageError(`${what}: restrict must be a list of seeds, got ${describe(restrict)}`);
  if (typeof labeledSample !== "boolean")
    throw new UsageError(`${what}: labeledSample must be true or false, got ${describe(labeledSample)}`);
  if (!Array.isArray(adapters) || !adapters.every(isAdapter))
    throw new UsageError(`${what}: adapters must be a list of adapters, got ${describe(adapters)}`);
  return Object.freeze({ numCandidatePrograms, stopAtScore, minibatchSize, restrict, labeledSample, adapters });
}

function isAdapter(value: unknown): value is Adapter {
  return typeof value === "object" && value !== null && "prepare" in value && "fits" in value;
}

/** A candidate before it is made. */
interface Planned {
  readonly name: string;
  /** Whether making it takes runs. */
  readonly bootstraps: boolean;
  make(search: Search): Promise<Made>;
}

/** Or why there is none. */
type Made = { readonly program: Program<never> } | { readonly failure: SeenError };

/** One that was compared, in each of the layouts. */
type Tried = readonly ScoredCandidate[] | { readonly failure: SeenError };

async function searched(search: Search, rules: BootstrapRules, own: OwnRules): Promise<Program<never>> {
  const { student, trainset, valset = trainset } = search;
  if (trainset.length === 0)
    throw new UsageError("randomSearch: the trainset is empty: there is nothing to learn from");
  if (valset.length === 0) throw new UsageError("randomSearch: the valset is empty: there is nothing to compare on");
  checkTeacherFits(student, rules);
  const planned = candidatesOf(search, rules, own);
  if (planned.length === 0) throw new UsageError("randomSearch: restrict leaves no seed");
  if (own.minibatchSize !== undefined) return halved(search, planned, rules, { ...own, first: own.minibatchSize });
  const tryOne = (each: Planned): Promise<Tried> => heard(tried(search, each, rules, own));
  // Until one is good enough nobody knows whether the next one is wanted.
  const all = own.stopAtScore === undefined ? planned.map((each) => tryOne(each)) : undefined;
  let best: ScoredCandidate | undefined;
  let failure: SeenError | undefined;
  for (const [at, each] of planned.entries()) {
    const came = await (all?.[at] ?? tryOne(each));
    if ("failure" in came) {
      ({ failure } = came);
      continue;
    }
    for (const candidate of came) {
      search.scored(candidate);
      if (best === undefined || isBetter(candidate, best)) best = candidate;
    }
    if (best !== undefined && own.stopAtScore !== undefined && best.score >= own.stopAtScore) break;
  }
  if (best !== undefined) return best.program;
  throw tooManyErrors("randomSearch", rules, failure as SeenError);
}

/** All of them made first: they are compared with each other from the beginning. */
async function halved(
  search: Search,
  planned: readonly Planned[],
  rules: BootstrapRules,
  { first, adapters }: OwnRules & { readonly first: number },
): Promise<Program<never>> {
  const made = await Promise.all(planned.map((each) => each.make(search)));
  let failure: SeenError | undefined;
  const rivals = made.flatMap((each, at) => {
    // There is one for each.
    if ("program" in each) return inLayouts((planned[at] as Planned).name, each.program, adapters);
    ({ failure } = each);
    return [];
  });
  if (rivals.length === 0) throw tooManyErrors("randomSearch", rules, failure as SeenError);
  const { metric } = rules;
  const last = await lastOfHalving(search, rivals, search.valset ?? search.trainset, { first, metric });
  for (const each of last) search.scored(each);
  return last.reduce((best, each) => (isBetter(each, best) ? each : best)).program;
}

async function tried(search: Search, planned: Planned, { metric }: BootstrapRules, own: OwnRules): Promise<Tried> {
  const made = await planned.make(search);
  if ("failure" in made) return made;
  const rivals = inLayouts(planned.name, made.program, own.adapters);
  const programs = rivals.map(({ program }) => program);
  const examples = search.valset ?? search.trainset;
  const scores = await evaluateRivals(search, programs, examples, { about: planned.name, metric });
  return rivals.map((rival, at) => {
    // There is one for each.
    const { score, scores: each } = scores[at] as CandidateScore;
    return { ...rival, score, scores: each };
  });
}

function inLayouts(
  name: string,
  program: Program<never>,
  adapters: readonly Adapter[],
): readonly { readonly name: string; readonly program: Program<never> }[] {
  if (adapters.length === 0) return [{ name, program }];
  return adapters.map((adapter, at) => {
    const like = adapters.slice(0, at).filter((each) => each.name === adapter.name).length;
    const edits = Object.entries(tunablePredictors(program)).map(
      ([path, each]) => [path, each.with({ adapter })] as const,
    );
    const layout = like === 0 ? adapter.name : `${adapter.name} ${like + 1}`;
    return { name: `${name}, ${layout}`, program: program.withPredictors(Object.fromEntries(edits)) };
  });
}

/** In the order in which they count: of equals the first is the best. */
function candidatesOf(task: SearchTask, rules: BootstrapRules, own: OwnRules): readonly Planned[] {
  const { restrict, numCandidatePrograms } = own;
  const seeds = Array.from({ length: numCandidatePrograms + 3 }, (_, at) => at - 3);
  const ready = (name: string, program: Program<never>): Planned => ({
    name,
    bootstraps: false,
    make: () => Promise.resolve({ program }),
  });
  const { student, warmStart } = task;
  const hasDemos = Object.values(tunablePredictors(student)).some(({ demos }) => demos.length > 0);
  return [
    ...(hasDemos ? [ready("student", student)] : []),
    ...warmStart.map((program, at) => ready(`warm start ${at + 1}`, program)),
    ...seeds.filter((seed) => restrict?.includes(seed) ?? true).map((seed) => ofSeed(seed, task, rules, own)),
  ];
}

function ofSeed(seed: number, { student, trainset }: SearchTask, rules: BootstrapRules, own: OwnRules): Planned {
  const name = `seed ${seed}`;
  const { maxLabeledDemos: k, maxBootstrappedDemos: most } = rules;
  if (seed === -3) return { name, bootstraps: false, make: () => Promise.resolve({ program: withoutDemos(student) }) };
  if (seed === -2) {
    const make = (): Made => ({ program: withLabeledDemos(student, trainset, { k, sample: own.labeledSample }) });
    return { name, bootstraps: false, make: () => Promise.resolve(make()) };
  }
  return {
    name,
    bootstraps: true,
    async make(search) {
      const examples = seed === -1 ? trainset : pythonRandom(seed).shuffled(trainset);
      const size = seed === -1 || most === 0 ? most : pythonRandom(seed).between(1, most);
      const sized = { ...rules, maxBootstrappedDemos: size };
      const { program, failure } = await bootstrap(
        tracedBy(search, `${name}: bootstrap`, rules),
        student,
        examples,
        sized,
      );
      return failure === undefined ? { program } : { failure };
    },
  };
}
