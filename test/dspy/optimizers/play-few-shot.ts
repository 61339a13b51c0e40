import { pythonRandom } from "../../../src/foundation/python-random.ts";
import type { Program } from "../../../src/programs/program.ts";
import { bootstrapFewShot } from "../../../src/teleprompters/few-shot/bootstrap-few-shot.ts";
import { type BootstrapOptions, bootstrapRules } from "../../../src/teleprompters/few-shot/bootstrap-options.ts";
import { demoSets } from "../../../src/teleprompters/few-shot/demo-sets.ts";
import { labeledFewShot } from "../../../src/teleprompters/few-shot/labeled-few-shot.ts";
import { randomSearch } from "../../../src/teleprompters/few-shot/random-search.ts";
import { compile } from "../../../src/teleprompters/job/compile.ts";
import type { Teleprompter, TrialSeen } from "../../../src/teleprompters/teleprompter.ts";
import type { OptimizerWorld } from "./optimizer-world.ts";
import { attemptsOf, evaluationsOf, type Spied, spiedOn } from "./spied-search.ts";
import { demoRow, placeIn, stateOf } from "./states.ts";
import { vectorMetric } from "./vector-metric.ts";

type Came = Record<string, unknown>;

export async function playLabeledFewShot(world: OptimizerWorld, came: Came): Promise<void> {
  const { k, sample } = world.played.optimizer as { readonly k?: number; readonly sample?: boolean };
  await compiled(world, labeledFewShot({ k, sample }), came);
}

export async function playBootstrapFewShot(world: OptimizerWorld, came: Came): Promise<void> {
  await compiled(world, bootstrapFewShot(bootstrapOptions(world)), came);
}

export async function playRandomSearch(world: OptimizerWorld, came: Came): Promise<void> {
  const spied = await compiled(world, randomSearchOf(world), came);
  const rows = spied.steps.map(({ name, program, score, scores }) => ({
    seed: Number(name.replace("seed ", "")),
    score,
    scores: scores.map((each) => each ?? 0),
    program: stateOf(program),
  }));
  came["candidates"] = rows.toSorted((one, other) => other.score - one.score || one.seed - other.seed);
}

export function randomSearchOf(world: OptimizerWorld): Teleprompter {
  const { optimizer } = world.played;
  const {
    num_candidate_programs: numCandidatePrograms,
    stop_at_score: stopAtScore,
    restrict,
    labeled_sample: labeledSample,
  } = optimizer as {
    readonly num_candidate_programs?: number;
    readonly stop_at_score?: number;
    readonly restrict?: readonly number[];
    readonly labeled_sample?: boolean;
  };
  const bootstrap = bootstrapOptions(world);
  const metric = vectorMetric(optimizer.metric!);
  return randomSearch({
    ...bootstrap,
    metric,
    numCandidatePrograms,
    stopAtScore,
    restrict,
    labeledSample,
  });
}

/** The function by itself, as MIPROv2 calls it. */
export async function playDemoSets(world: OptimizerWorld, came: Came): Promise<void> {
  const { optimizer } = world.played;
  const {
    num_candidate_sets: sets,
    seed = 0,
    rng,
    min_num_samples: minNumSamples,
    include_non_bootstrapped: includeNonBootstrapped,
    labeled_sample: labeledSample,
  } = optimizer as unknown as {
    readonly num_candidate_sets: number;
    readonly seed?: number;
    readonly rng?: { readonly seed: number; readonly valset_of: number; readonly val_size: number };
    readonly min_num_samples?: number;
    readonly include_non_bootstrapped?: boolean;
    readonly labeled_sample?: boolean;
  };
  const random = pythonRandom(rng?.seed ?? seed);
  if (rng !== undefined) {
    const places = Array.from({ length: rng.valset_of }, (_, place) => place);
    came["valset"] = random.sample(places, Math.min(rng.val_size, rng.valset_of));
  }
  const rules = {
    ...bootstrapRules("demoSets", bootstrapOptions(world)),
    sets,
    minNumSamples,
    includeNonBootstrapped,
    labeledSample,
  };
  const teleprompter: Teleprompter = {
    kind: "demo sets",
    version: 1,
    settings: {},
    metric: undefined,
    async search(search) {
      const made = await demoSets(search, search.student, search.trainset, rules, random);
      came["demo_sets"] = Object.values(made).map((each) => each.map((demos) => demos.map(demoRow)));
      return search.student;
    },
  };
  await compiled(world, teleprompter, came);
}

export function bootstrapOptions({ played, program }: OptimizerWorld): BootstrapOptions {
  const { optimizer, teacher, teacher_lm: teacherLm } = played;
  const {
    metric,
    metric_threshold: metricThreshold,
    max_bootstrapped_demos: maxBootstrappedDemos,
    max_labeled_demos: maxLabeledDemos,
    max_rounds: maxRounds,
    max_errors: maxErrors,
  } = optimizer as Omit<typeof optimizer, string> & Readonly<Record<string, number>> & Pick<typeof optimizer, "metric">;
  return {
    ...(metric && { metric: vectorMetric(metric) }),
    metricThreshold,
    maxBootstrappedDemos,
    maxLabeledDemos,
    maxRounds,
    maxErrors,
    teacher: {
      ...(teacher && { program: program(teacher), keepsDemos: teacher.compiled ?? false }),
      ...(teacherLm && { client: "teacher" }),
    },
  };
}

/** Compiles, and puts down the result, the runs of teachers and the evaluations. */
async function compiled(world: OptimizerWorld, teleprompter: Teleprompter, came: Came): Promise<Spied> {
  const { student, trainset, valset, grounds } = world;
  const watched = spiedOn(teleprompter);
  const handle = compile(watched.teleprompter, student, { ...grounds, trainset, valset });
  let program: Program | undefined;
  try {
    program = await handle.result();
  } finally {
    came["attempts"] = attemptsFacts(world, watched.spied);
    came["evaluations"] = evaluationsOf(watched.spied).map((each) => ({
      program: stateOf(each.program),
      set: valset === undefined ? "train" : "val",
      ids: each.trials.map(({ example }) => placeIn(valset ?? trainset, example)),
      scores: each.seen.map(({ score = 0 }) => score),
    }));
  }
  came["program"] = stateOf(program);
  came["lms"] = Object.values(program.predictors()).map(({ client = null }) => client);
  return watched.spied;
}

export function attemptsFacts({ trainset, played }: OptimizerWorld, spied: Spied): unknown {
  const { metric, metric_threshold: threshold } = played.optimizer as {
    readonly metric?: unknown;
    readonly metric_threshold?: number;
  };
  const cameOf = ({ error, score }: TrialSeen): boolean => {
    if (error !== undefined) return false;
    if (metric === undefined) return true;
    return threshold === undefined ? score !== 0 : (score ?? 0) >= threshold;
  };
  return attemptsOf(spied).map(({ trial, seen }) => [
    placeIn(trainset, trial.example),
    Number(trial.config?.rolloutId ?? 0),
    cameOf(seen),
  ]);
}
