import { checkNumber, checkOptions, optionNames } from "../../foundation/check-options.ts";
import { describe, UsageError } from "../../foundation/errors.ts";
import { pythonRandom } from "../../foundation/python-random.ts";
import type { MetricFor } from "../../evaluate/evaluate.ts";
import { metricNames } from "../../evaluate/metrics/metric.ts";
import type { TrainingCall } from "../../programs/predict/training-call.ts";
import type { Program } from "../../programs/program.ts";
import { tunablePredictors } from "../../programs/replace-predictors.ts";
import { checkClient } from "../check-client.ts";
import { checkTeacher, isRight, type Teacher } from "../few-shot/bootstrap-options.ts";
import { JobError } from "../job/job-error.ts";
import { taughtBy } from "../search-plan.ts";
import type { Search, SearchTask, SeenStep, Teleprompter, TrialSeen } from "../teleprompter.ts";
import { noteUnusedWarmStart } from "../unused-warm-start.ts";
import type { Trained, Trainer, TrainingJob, TrainingRow } from "./trainer.ts";
import { ALL } from "./training-file.ts";

export interface BootstrapFinetuneOptions<
  Inputs extends object = object,
  Labels extends object = object,
  Outputs extends object = Labels,
> {
  /** Who trains, or takes the rows. */
  readonly trainer: Trainer;
  /** Whether a run is one to learn from. Default: every run that ends is. */
  readonly metric?: MetricFor<Inputs, Labels, Outputs> | undefined;
  /** The least score that is. Default: every score but 0. */
  readonly metricThreshold?: number | undefined;
  /** One model for all predictors, by the rows of all; `false`: one for each, by its own. Default true. */
  readonly multitask?: boolean | undefined;
  /** Rows without the demos that prompts had; the predictors lose theirs too. Default false. */
  readonly excludeDemos?: boolean | undefined;
  /** Whose runs they are. Default: the student as it is. */
  readonly teacher?: Omit<Teacher, "keepsDemos"> | undefined;
  /** The name of the client by which the new model is asked: one of the server that trained it. Default: each predictor's own. */
  readonly client?: string | undefined;
}

const OPTIONS = optionNames<BootstrapFinetuneOptions>({
  trainer: true,
  metric: true,
  metricThreshold: true,
  multitask: true,
  excludeDemos: true,
  teacher: true,
  client: true,
});

/**
 * Trains the model itself on runs that were right: DSPy's `BootstrapFinetune`. A teacher runs once on each example of the trainset;
 * each predictor's call of a right run is a row: what was asked, as it was asked, and the answer as its layout writes it. Rows are
 * shuffled as DSPy shuffles them, and go to the trainer; the student's predictors ask the model that it gives back
 * (`config.model`), which is saved with the program.
 *
 * A run that failed gives no row, and ends nothing; frozen predictors give none and stay as they are. It compares nothing.
 *
 * `search` rejects with JobError `no_rows` where no run was right, and `training_failed` where the trainer has none to give.
 *
 * @throws UsageError for options that make no sense
 */
export function bootstrapFinetune<
  Inputs extends object = object,
  Labels extends object = object,
  Outputs extends object = Labels,
>(options: BootstrapFinetuneOptions<Inputs, Labels, Outputs>): Teleprompter<Inputs, Labels, Outputs> {
  const what = "bootstrapFinetune";
  checkOptions(what, options, OPTIONS);
  const rules = rulesOf(what, options);
  const { trainer, metricThreshold = null, multitask, excludeDemos, teacher, client = null } = rules;
  const { program, client: teaching } = teacher ?? {};
  const named = [rules.client, teaching].filter((each) => each !== undefined);
  return Object.freeze({
    kind: what,
    version: 2,
    settings: {
      metricThreshold,
      multitask,
      excludeDemos,
      client,
      teacher: teaching ?? null,
      trainer: { kind: trainer.kind, version: trainer.version, ...trainer.settings },
    },
    metric: options.metric,
    programs: program === undefined ? [] : [program],
    clients: named,
    search: (search: Search) => searched(search, rules),
    plan: ({ student, trainset }: SearchTask) => ({
      trials: trainset.length,
      ...taughtBy(trainset.length, teacher),
      proposals: [],
      ...(trainer.trains !== false && { trainings: multitask ? 1 : Object.keys(tunablePredictors(student)).length }),
    }),
  });
}

interface Rules {
  readonly trainer: Trainer;
  readonly metric: MetricFor<never, never, never> | undefined;
  readonly metricThreshold: number | undefined;
  readonly multitask: boolean;
  readonly excludeDemos: boolean;
  readonly teacher: Omit<Teacher, "keepsDemos"> | undefined;
  readonly client: string | undefined;
}

function rulesOf<Inputs extends object, Labels extends object, Outputs extends object>(
  what: string,
  options: BootstrapFinetuneOptions<Inputs, Labels, Outputs>,
): Rules {
  const { trainer, metric, metricThreshold, multitask = true, excludeDemos = false, teacher, client } = options;
  if (!isTrainer(trainer))
    throw new UsageError(`${what}: trainer must be a trainer (openaiTrainer, trainingFile), got ${describe(trainer)}`);
  if (metric !== undefined) metricNames(metric);
  checkNumber(what, "metricThreshold", metricThreshold, { expected: "a finite number", holds: Number.isFinite });
  for (const [name, value] of Object.entries({ multitask, excludeDemos }))
    if (typeof value !== "boolean")
      throw new UsageError(`${what}: ${name} must be true or false, got ${describe(value)}`);
  if (teacher !== undefined) checkTeacher(what, teacher, ["program", "client"]);
  checkClient(what, "client", client);
  // What it is called with comes of sets and programs whose fields are its own: `compile` has typed them alike.
  const untyped = metric as MetricFor<never, never, never> | undefined;
  return Object.freeze({ trainer, metric: untyped, metricThreshold, multitask, excludeDemos, teacher, client });
}

function isTrainer(value: unknown): value is Trainer {
  return typeof value === "object" && value !== null && "train" in value && typeof value.train === "function";
}

async function searched(search: Search, rules: Rules): Promise<Program<never>> {
  const { student, trainset } = search;
  const { metric, teacher, multitask, excludeDemos, trainer } = rules;
  trainer.check?.();
  const paths = Object.keys(tunablePredictors(student));
  if (paths.length === 0)
    throw new UsageError(
      `bootstrapFinetune: "${student.name}" has no predictor that may be tuned: all are frozen, or it has none`,
    );
  noteUnusedWarmStart(search, "bootstrapFinetune");
  const { program = student, client } = teacher ?? {};
  const trials = trainset.map((example) => ({ program, example, ...(client !== undefined && { client }) }));
  const seen = await search.run(trials, { about: "runs to learn from", metric, wants: "training" });
  const steps = seen.filter((each) => isRight(each, rules)).flatMap(callsIn);
  const rowsOf = (wanted: readonly string[]): readonly TrainingRow[] =>
    steps.flatMap(({ path, training }) => (training && wanted.includes(path) ? [rowOf(training, excludeDemos)] : []));
  const jobs = multitask
    ? [{ name: ALL, paths, rows: rowsOf(paths) }]
    : paths.map((path) => ({ name: path, paths: [path], rows: rowsOf([path]) }));
  const wanted = jobs.filter(({ rows }) => rows.length > 0);
  if (wanted.length === 0) throw noRows(trainset.length, seen);
  const models = await Promise.all(wanted.map((job) => modelFor(search, job, rules)));
  const tuned = wanted.flatMap(({ paths: each }, at) => each.map((path) => [path, models[at]] as const));
  return asking(student, Object.fromEntries(tuned), rules);
}

function callsIn({ trace = [] }: TrialSeen): readonly SeenStep[] {
  return trace.filter(({ training }) => training !== undefined);
}

function rowOf({ messages, bare, tools, answer }: TrainingCall, excludeDemos: boolean): TrainingRow {
  const asked = excludeDemos ? (bare ?? messages) : messages;
  return Object.freeze({ messages: Object.freeze([...asked, answer]), ...(tools && { tools }) });
}

/** Undefined: the trainer gives none. */
async function modelFor(
  search: Search,
  { name, rows }: Omit<TrainingJob, "paths">,
  { trainer }: Rules,
): Promise<string | undefined> {
  const shuffled = pythonRandom(0).shuffled(rows);
  const about = name === ALL ? "training" : `training for ${name}`;
  const facts = { trainer: trainer.kind, name, rows: shuffled };
  // Its own trainer's word, by way of JSON.
  const came = (await search.train({
    about,
    facts,
    isFree: trainer.trains === false,
    perform: (life) => trainer.train({ name, rows: shuffled }, life),
  })) as Trained;
  if (!("failed" in came)) return came.model;
  const message = `bootstrapFinetune: ${about} came to no model: ${came.failed}`;
  throw new JobError(message, { code: "training_failed", retryable: false, details: { name } });
}

function asking(
  program: Program<never>,
  models: Readonly<Record<string, string | undefined>>,
  { client, excludeDemos }: Rules,
): Program<never> {
  const edits = Object.entries(tunablePredictors(program)).flatMap(([path, predictor]) => {
    const model = models[path];
    if (model === undefined) return [];
    return [[path, predictor.with({ config: { model }, client, ...(excludeDemos && { demos: [] }) })] as const];
  });
  return program.withPredictors(Object.fromEntries(edits));
}

function noRows(examples: number, seen: readonly TrialSeen[]): JobError {
  const last = seen.findLast(({ error }) => error !== undefined)?.error;
  const why = last === undefined ? "" : `; the last one that failed: ${last.message}`;
  return new JobError(`bootstrapFinetune: of ${examples} runs none was right: there is nothing to train on${why}`, {
    code: "no_rows",
    retryable: false,
    ...(last && { details: { error: last } }),
  });
}
