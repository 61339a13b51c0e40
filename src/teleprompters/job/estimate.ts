import { estimateEvaluation } from "../../evaluate/dry-run.ts";
import { estimateTrial, type EvaluationEstimate, type TrialEstimate } from "../../evaluate/estimate.ts";
import type { AnyExample } from "../../evaluate/example.ts";
import type { Metrics } from "../../evaluate/metrics/metric.ts";
import type { Executor } from "../../programs/executor.ts";
import type { Program } from "../../programs/program.ts";
import type { RunOptions } from "../../programs/run-terms.ts";
import { askedAsBy } from "../proposer/ask-by-search.ts";
import { type PlannedRuns, runsOf, type SearchPlan } from "../search-plan.ts";
import type { SearchTask, Teleprompter } from "../teleprompter.ts";
import type { TrialOptions } from "./perform-ask.ts";

/**
 * What a whole search would take, guessed beforehand: the runs that its plan tells of, each taken for one of the student
 * as it is, or of the teacher (demos make prompts longer, short answers make them cheaper), and its proposals by their own
 * prompts, as far as these are known. Each is priced as whoever it asks. What a folder has on record already is not taken off.
 */
export interface JobEstimate extends EvaluationEstimate {
  /** Calls of the teleprompter's own; `lmCalls` counts them. */
  readonly proposals: number;
  /** Trainings by somebody else: what they cost is in none of these figures, and no budget counts them. */
  readonly trainings: number;
  /** What a reader of the figures should know. */
  readonly notes: readonly string[];
}

/** What a job says that has somebody else train a model. */
export const UNCOUNTED =
  "it trains a model: a training, which no budget counts, at a price that only its provider knows";

/** Examples whose prompts are built. */
const LOOKED_AT = 20;

interface Ground {
  readonly executor: Executor;
  readonly student: Program<never>;
  readonly examples: readonly AnyExample[];
  /** Judges are looked for in it: nobody calls it. */
  readonly metric: Metrics;
  readonly options: RunOptions;
}

/** So many runs, and what some of them would take. */
interface Share {
  readonly times: number;
  readonly cost: TrialEstimate;
}

/** Undefined: the teleprompter does not know beforehand, or there is no example to look at. */
export async function estimateJob(
  executor: Executor,
  teleprompter: Teleprompter<never, never, never>,
  task: SearchTask,
  options: TrialOptions,
): Promise<JobEstimate | undefined> {
  const plan = teleprompter.plan?.(task);
  const { student, trainset, valset } = task;
  const examples = evenly(valset === undefined || valset.length === 0 ? trainset : valset, LOOKED_AT);
  if (plan === undefined || examples.length === 0) return undefined;
  const metric = (teleprompter.metric ?? {}) as Metrics;
  const ground = { executor, student, examples, metric, options: { ...options, parent: executor.begin({}) } };
  const { trials, taught = [], proposals, trainings = 0 } = plan;
  const own = { runs: trials - runsOf(taught) };
  const shares = [
    ...(await Promise.all([own, ...taught].map((runs) => ofTrials(ground, runs)))),
    ...(await Promise.all(proposals.map((runs) => ofProposals(ground, runs)))),
  ];
  const sum = (of: (cost: TrialEstimate) => number): number =>
    shares.reduce((total, { times, cost }) => total + times * of(cost), 0);
  const isPriced = shares.every(({ times, cost }) => times === 0 || cost.usd !== undefined);
  return Object.freeze({
    trials,
    proposals: runsOf(proposals),
    trainings,
    notes: Object.freeze(trainings > 0 ? [UNCOUNTED] : []),
    lmCalls: Math.round(sum(({ lmCalls }) => lmCalls)),
    inputTokens: Math.round(sum(({ inputTokens }) => inputTokens)),
    outputTokens: Math.round(sum(({ outputTokens }) => outputTokens)),
    usd: isPriced ? sum(({ usd = 0 }) => usd) : undefined,
  });
}

/** Undefined: it has no plan, or none for this task. */
export function planOf(teleprompter: Teleprompter<never, never, never>, task: SearchTask): SearchPlan | undefined {
  try {
    return teleprompter.plan?.(task);
  } catch {
    return undefined;
  }
}

async function ofTrials(
  { executor, student, examples, metric, options }: Ground,
  { runs, program = student, client = options.client, adapter = options.adapter }: PlannedRuns,
): Promise<Share> {
  const each = { candidates: [program], examples, metric };
  const [cost] = await estimateEvaluation(executor, each, {}, () => ({ ...options, client, adapter }));
  // One candidate was looked at, on some examples.
  const looked = cost as EvaluationEstimate;
  return { times: runs / looked.trials, cost: looked };
}

async function ofProposals(
  ground: Ground,
  { runs, program, client = ground.options.client, adapter = ground.options.adapter, inputs = {} }: PlannedRuns,
): Promise<Share> {
  if (program === undefined) return ofStudentsCalls({ ...ground, metric: {} }, { runs, client, adapter });
  const { executor, student, options } = ground;
  const asked = askedAsBy(student, program);
  const example = { id: "proposal", inputs, labels: {}, tags: {} } as AnyExample;
  return { times: runs, cost: await estimateTrial(executor, asked, [], example, { ...options, client, adapter }) };
}

/** Nobody has said what is asked: as a call of the student's on the average. */
async function ofStudentsCalls(ground: Ground, planned: PlannedRuns): Promise<Share> {
  const { cost } = await ofTrials(ground, planned);
  const { runs } = planned;
  if (cost.lmCalls > 0) return { times: runs / cost.lmCalls, cost };
  return { times: runs, cost: { lmCalls: 1, inputTokens: 0, outputTokens: 0, usd: undefined } };
}

/** From all over a set, in its order. */
function evenly<Item>(items: readonly Item[], most: number): readonly Item[] {
  if (items.length <= most) return items;
  return Array.from({ length: most }, (_, at) => items[Math.floor((at * items.length) / most)] as Item);
}
