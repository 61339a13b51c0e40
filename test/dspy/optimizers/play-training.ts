// Optimizers that train, and the one that takes others for its steps.
import { writeChatMessage } from "../../../src/lm/openai/chat-parts.ts";
import type { LmMessage } from "../../../src/lm/message.ts";
import type { Program } from "../../../src/programs/program.ts";
import { betterTogether } from "../../../src/teleprompters/better-together.ts";
import { withoutDemos } from "../../../src/teleprompters/few-shot/bootstrap.ts";
import { bootstrapFewShot } from "../../../src/teleprompters/few-shot/bootstrap-few-shot.ts";
import { labeledFewShot } from "../../../src/teleprompters/few-shot/labeled-few-shot.ts";
import { compile } from "../../../src/teleprompters/job/compile.ts";
import type { Search, Teleprompter } from "../../../src/teleprompters/teleprompter.ts";
import { bootstrapFinetune } from "../../../src/teleprompters/training/bootstrap-finetune.ts";
import type { Trainer } from "../../../src/teleprompters/training/trainer.ts";
import type { AnyExample } from "../../../src/evaluate/example.ts";
import type { OptimizerOptions } from "./optimizer-case.ts";
import type { OptimizerWorld } from "./optimizer-world.ts";
import { attemptsFacts, bootstrapOptions, randomSearchOf } from "./play-few-shot.ts";
import { type Spied, type SpiedAsk, spiedOn } from "./spied-search.ts";
import { placeIn, stateOf } from "./states.ts";
import { vectorMetric } from "./vector-metric.ts";

type Came = Record<string, unknown>;

export async function playBootstrapFinetune(world: OptimizerWorld, came: Came): Promise<void> {
  const { student, trainset, valset, grounds } = world;
  const jobs: unknown[] = [];
  const { teleprompter, spied } = spiedOn(finetuneOf(world, trainerOf(jobs)));
  const handle = compile(teleprompter, student, { ...grounds, trainset, valset });
  try {
    const program = await handle.result();
    came["program"] = stateOf(program);
    came["models"] = modelsOf(program);
    came["finetune_jobs"] = jobs;
  } finally {
    came["evaluations"] = spied.asks.flatMap((ask) => evaluationsIn(ask, world));
  }
}

export async function playBetterTogether(world: OptimizerWorld, came: Came): Promise<void> {
  const { student, trainset, valset, grounds, played } = world;
  const {
    metric,
    strategy,
    optimizers,
    seed,
    valset_ratio: valsetRatio,
    shuffle_trainset_between_steps: shuffleTrainset,
  } = played.optimizer as unknown as BetterTogetherCase;
  const jobs: unknown[] = [];
  const orders: unknown[] = [];
  const made: Program<never>[] = [student];
  const steps = Object.entries(optimizers).map(([name, optimizer]) => {
    const step = stepOf({ ...world, played: { ...played, optimizer } }, optimizer.name, trainerOf(jobs));
    const search = async (given: Search): Promise<Program<never>> => {
      orders.push([name, given.trainset.map((example) => placeIn(trainset, example))]);
      const program = await step.search(given);
      made.push(program);
      return program;
    };
    return [name, { ...step, search }] as const;
  });
  const wanted = betterTogether({
    metric: vectorMetric(metric),
    steps: Object.fromEntries(steps),
    strategy,
    seed,
    valsetRatio,
    shuffleTrainset,
  });
  const { teleprompter, spied } = spiedOn(wanted);
  const handle = compile(teleprompter, student, { ...grounds, trainset, valset });
  try {
    const program = await handle.result();
    came["program"] = stateOf(program);
  } finally {
    came["orders"] = orders;
    came["failed"] = handle.status().notes.some((note) => note.includes("failed, and is the last one"));
    const rows = candidatesOf(
      made,
      spied,
      orders.map((order) => (order as [string])[0]),
    );
    // Where nothing was evaluated the file has no states to name.
    const isNamed = (played.expect as { readonly programs?: unknown }).programs !== undefined;
    came["candidates"] = rows.map(({ program, ...row }) => (isNamed ? { ...row, program } : row));
    came["attempts"] = attemptsFacts(
      { ...world, played: { ...played, optimizer: attemptsBy(optimizers) } },
      bootstraps(spied),
    );
    came["evaluations"] = spied.asks.flatMap((ask) => evaluationsIn(ask, world));
    came["finetune_jobs"] = jobs;
  }
}

interface BetterTogetherCase {
  readonly metric: NonNullable<OptimizerOptions["metric"]>;
  readonly strategy?: string;
  readonly optimizers: Readonly<Record<string, OptimizerOptions>>;
  readonly seed?: number;
  readonly valset_ratio?: number;
  readonly shuffle_trainset_between_steps?: boolean;
}

/** A step as it would be played by itself. */
function stepOf(world: OptimizerWorld, name: string, trainer: Trainer): Teleprompter {
  switch (name) {
    case "labeled_few_shot": {
      const { k, sample } = world.played.optimizer as { readonly k?: number; readonly sample?: boolean };
      return labeledFewShot({ k, sample });
    }
    case "bootstrap_few_shot":
      return bootstrapFewShot(bootstrapOptions(world));
    case "random_search":
      return withoutStudent(randomSearchOf(world));
    case "bootstrap_finetune":
      return finetuneOf(world, trainer);
    default:
      throw new Error(`a step of the kind "${name}" is not built yet`);
  }
}

/** DSPy's does not try the program that it is given with its demos. */
function withoutStudent(step: Teleprompter): Teleprompter {
  return { ...step, search: (search) => step.search({ ...search, student: withoutDemos(search.student) }) };
}

function finetuneOf(world: OptimizerWorld, trainer: Trainer): Teleprompter {
  const { optimizer, teacher, teacher_lm: teacherLm } = world.played;
  const {
    metric,
    multitask,
    exclude_demos: excludeDemos,
  } = optimizer as {
    readonly metric?: NonNullable<OptimizerOptions["metric"]>;
    readonly multitask?: boolean;
    readonly exclude_demos?: boolean;
  };
  return bootstrapFinetune({
    trainer,
    ...(metric && { metric: vectorMetric(metric) }),
    multitask,
    excludeDemos,
    teacher: { ...(teacher && { program: world.program(teacher) }), ...(teacherLm && { client: "teacher" }) },
  });
}

/** The k-th training gives the model `task+k`, by which the case's rules know it. */
function trainerOf(jobs: unknown[]): Trainer {
  return {
    kind: "vectors",
    version: 1,
    settings: {},
    train({ rows }) {
      const model = `task+${jobs.length + 1}`;
      jobs.push({
        model,
        format: "chat",
        rows: rows.map(({ messages }) => ({ messages: messages.map((each: LmMessage) => writeChatMessage(each)) })),
      });
      return Promise.resolve({ model });
    },
  };
}

function modelsOf(program: Program<never>): unknown {
  return Object.values(program.predictors()).map(({ config, client }) => config.model ?? client);
}

/** Runs that were scored, but for those of bootstrapping. */
function evaluationsIn({ about, trials, seen }: SpiedAsk, { trainset, valset }: OptimizerWorld): readonly unknown[] {
  if (seen === undefined || isBootstrap(about) || trials.length === 0) return [];
  const set = trials[0]!.example.id.startsWith("val") ? "val" : "train";
  const examples: readonly AnyExample[] = set === "val" ? (valset ?? []) : trainset;
  return [
    {
      program: stateOf(trials[0]!.program),
      set,
      ids: trials.map(({ example }) => placeIn(examples, example)),
      scores: seen.map(({ score = 0 }) => score),
    },
  ];
}

function isBootstrap(about: string): boolean {
  return about.endsWith("bootstrap");
}

function bootstraps(spied: Spied): Spied {
  return { ...spied, asks: spied.asks.filter(({ about }) => isBootstrap(about)) };
}

/** Whose metric says what a right attempt was. */
function attemptsBy(optimizers: BetterTogetherCase["optimizers"]): OptimizerOptions {
  const found = Object.values(optimizers).find(({ name }) => name === "bootstrap_few_shot" || name === "random_search");
  return found ?? { name: "none" };
}

function candidatesOf(made: readonly Program<never>[], { steps }: Spied, order: readonly string[]) {
  const rows = made.map((program, at) => {
    const taken = order.slice(0, at).join(" -> ");
    const scored = steps.find(({ name }) => name === (at === 0 ? "student" : taken));
    return { strategy: taken, score: scored?.score ?? null, program: stateOf(program), models: modelsOf(program) };
  });
  return rows.toSorted((one, other) => (other.score ?? 0) - (one.score ?? 0));
}
