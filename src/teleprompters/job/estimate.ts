import { estimateEvaluation } from "../../evaluate/dry-run.ts";
import type { EvaluationEstimate } from "../../evaluate/estimate.ts";
import type { Metrics } from "../../evaluate/metrics/metric.ts";
import type { Executor } from "../../programs/executor.ts";
import type { SearchPlan, SearchTask, Teleprompter } from "../teleprompter.ts";
import type { TrialOptions } from "./perform-ask.ts";

/**
 * What a whole search would take, guessed beforehand: the runs that its plan tells of, each taken for one of the student
 * as it is (demos make prompts longer, short answers make them cheaper), and proposals for calls like those of the student.
 * What a folder has on record already is not taken off.
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
  const whole = executor.begin({});
  // Judges are looked for in it: nobody calls it.
  const metric = (teleprompter.metric ?? {}) as Metrics;
  const each = { candidates: [student], examples, metric };
  const [looked] = await estimateEvaluation(executor, each, {}, () => ({ ...options, parent: whole }));
  return looked && scaled(looked, plan);
}

/** Undefined: it has no plan, or none for this task. */
export function planOf(teleprompter: Teleprompter<never, never, never>, task: SearchTask): SearchPlan | undefined {
  try {
    return teleprompter.plan?.(task);
  } catch {
    return undefined;
  }
}

function scaled(looked: EvaluationEstimate, { trials, proposals, trainings = 0 }: SearchPlan): JobEstimate {
  const calls = looked.lmCalls === 0 ? 0 : proposals / looked.lmCalls;
  const whole = (of: number): number => Math.round(of * (trials / looked.trials + calls));
  const { inputTokens, outputTokens, usd } = looked;
  return Object.freeze({
    trials,
    proposals,
    trainings,
    notes: Object.freeze(trainings > 0 ? [UNCOUNTED] : []),
    lmCalls: Math.round((looked.lmCalls * trials) / looked.trials) + proposals,
    inputTokens: whole(inputTokens),
    outputTokens: whole(outputTokens),
    usd: usd === undefined ? undefined : usd * (trials / looked.trials + calls),
  });
}

/** From all over a set, in its order. */
function evenly<Item>(items: readonly Item[], most: number): readonly Item[] {
  if (items.length <= most) return items;
  return Array.from({ length: most }, (_, at) => items[Math.floor((at * items.length) / most)] as Item);
}
