import { digest } from "../../foundation/digest.ts";
import { asError, describe, DspexError, UsageError } from "../../foundation/errors.ts";
import type { CallContext } from "../../programs/call-context.ts";
import { digestOf } from "../../programs/identity/digest-of.ts";
import type { Prediction, TraceStep } from "../../programs/prediction.ts";
import type { Example } from "../example.ts";
import { MetricError } from "./metric-error.ts";

/** What a metric is told besides the example and the prediction. */
export interface MetricCall {
  /**
   * The program's calls, where the run was traced. Teleprompters ask so whether an example was solved: a metric may answer
   * with a boolean then.
   */
  readonly trace?: readonly TraceStep[];
  /** The trial's: a judge runs in it (`judge.forward(inputs, context)`), with its clients, deadline and ledger. */
  readonly context?: CallContext;
}

/** A score with what is to be said about it. Further members are kept beside the score, as they are. */
export interface ScoredAnswer {
  readonly score: number | boolean;
  /** For people, and for teleprompters that learn from words. */
  readonly feedback?: string;
  /**
   * What is to be said to single predictors (and about texts that a program declares), by their paths in the program:
   * `{ rewrite: "Name the city." }`. What is not here is told `feedback`.
   */
  readonly feedbackFor?: Readonly<Record<string, PartFeedback>>;
  readonly [detail: string]: unknown;
}

/**
 * To one predictor: a text, or a score of its own with one. Such a score is told to whoever writes a better text; candidates are
 * compared by the score of the whole.
 */
export type PartFeedback = string | { readonly score?: number | boolean; readonly feedback?: string };

export type MetricAnswer = number | boolean | ScoredAnswer;

/**
 * How good a prediction is: a function, by convention from 0 to 1; `true` is 1, `false` is 0.
 *
 * It is known by its source text, or by its name and `version` where it has one (`Object.assign(metric, { version: 2 })`):
 * what was scored by one version is scored anew by another.
 */
export interface Metric<
  Inputs extends object = object,
  Labels extends object = object,
  Outputs extends object = Labels,
> {
  (
    example: Example<Inputs, Labels>,
    prediction: Prediction<Outputs>,
    call: MetricCall,
  ): MetricAnswer | Promise<MetricAnswer>;
  readonly version?: string | number;
  /** What it was made with, as data: it counts besides name and version. */
  readonly settings?: object;
}

/** One metric, or several by name: the first one's score is the score, the others stand beside it. */
export type Metrics<Inputs extends object = object, Labels extends object = object, Outputs extends object = Labels> =
  | Metric<Inputs, Labels, Outputs>
  | Readonly<Record<string, Metric<Inputs, Labels, Outputs>>>;

/** What a metric said to single predictors, by path. */
export type FeedbackFor = Readonly<Record<string, { readonly score?: number; readonly feedback?: string }>>;

/** What a metric said, read. */
export interface Score {
  /** A finite number. */
  readonly score: number;
  readonly feedback?: string;
  /** By path: what is said to single predictors. */
  readonly feedbackFor?: FeedbackFor;
  /** By name, where there are several metrics. */
  readonly scores?: Readonly<Record<string, number>>;
  /** What else a metric gave. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Metrics by their names, in order. @throws UsageError for what is neither a function nor an object of functions */
export function namedMetrics(metrics: Metrics): readonly (readonly [string, Metric])[] {
  return named<Metric>(metrics);
}

/** The names of metrics, in order. @throws UsageError for what is neither a function nor an object of functions */
export function metricNames(metrics: unknown): readonly string[] {
  return named(metrics).map(([name]) => name);
}

/**
 * A name for what metrics decide: by name, version and settings, or by source text (see `digestOf`).
 * @throws UsageError as {@link metricNames} does
 */
export function digestOfMetrics(metrics: unknown): string {
  return digest(named(metrics).map(([name, metric]) => [typeof metrics === "function" ? "" : name, digestOf(metric)]));
}

/**
 * Asks the metrics, side by side, and reads what they say.
 * @throws MetricError for one that throws or gives no score (rejects)
 * @throws UsageError as {@link metricNames} does (rejects)
 */
export function scoreOf<Inputs extends object, Labels extends object, Outputs extends object>(
  metrics: Metrics<Inputs, Labels, Outputs>,
  example: Example<Inputs, Labels>,
  prediction: Prediction<Outputs>,
  call: MetricCall,
): Promise<Score> {
  // One promise less, as there is a score for each trial.
  if (typeof metrics === "function") return askOne(nameOf(metrics), metrics, example, prediction, call);
  return askAll(metrics, example, prediction, call);
}

async function askAll<Inputs extends object, Labels extends object, Outputs extends object>(
  metrics: Metrics<Inputs, Labels, Outputs>,
  example: Example<Inputs, Labels>,
  prediction: Prediction<Outputs>,
  call: MetricCall,
): Promise<Score> {
  const asked = named<Metric<Inputs, Labels, Outputs>>(metrics);
  const read = await Promise.all(
    asked.map(async ([name, metric]) => [name, await askOne(name, metric, example, prediction, call)] as const),
  );
  const feedback = read.flatMap(([name, each]) => (each.feedback === undefined ? [] : [`${name}: ${each.feedback}`]));
  const feedbackFor = joinedFeedback(read.map(([name, each]) => [name, each.feedbackFor ?? {}]));
  const details = read.flatMap(([name, each]) => (each.details === undefined ? [] : [[name, each.details] as const]));
  return Object.freeze({
    score: read[0]?.[1].score ?? 0,
    scores: Object.freeze(Object.fromEntries(read.map(([name, { score }]) => [name, score]))),
    ...(feedback.length > 0 && { feedback: feedback.join("\n") }),
    ...(Object.keys(feedbackFor).length > 0 && { feedbackFor }),
    ...(details.length > 0 && { details: Object.freeze(Object.fromEntries(details)) }),
  });
}

async function askOne<Inputs extends object, Labels extends object, Outputs extends object>(
  name: string,
  metric: Metric<Inputs, Labels, Outputs>,
  example: Example<Inputs, Labels>,
  prediction: Prediction<Outputs>,
  call: MetricCall,
): Promise<Score> {
  let answer: unknown;
  try {
    answer = await metric(example, prediction, call);
  } catch (thrown) {
    if (thrown instanceof MetricError) throw thrown;
    const { name: kind, message } = asError(thrown);
    const retryable = thrown instanceof DspexError && thrown.retryable;
    throw new MetricError("metric_failed", `it threw ${kind}: ${message}`, { metric: name, retryable, cause: thrown });
  }
  return readAnswer(name, answer);
}

function readAnswer(metric: string, answer: unknown): Score {
  const whole = numberOf(answer);
  if (whole !== undefined) return Object.freeze({ score: whole });
  if (typeof answer !== "object" || answer === null || !("score" in answer))
    throw new MetricError("bad_score", `expected a finite number, a boolean or { score }, got ${describe(answer)}`, {
      metric,
    });
  const {
    score: given,
    feedback,
    feedbackFor,
    ...details
  }: { score: unknown; feedback?: unknown; feedbackFor?: unknown } = answer;
  const score = numberOf(given);
  if (score === undefined)
    throw new MetricError("bad_score", `expected a finite number or a boolean as score, got ${describe(given)}`, {
      metric,
    });
  if (feedback !== undefined && feedback !== null && typeof feedback !== "string")
    throw new MetricError("bad_score", `expected a text as feedback, got ${describe(feedback)}`, { metric });
  return Object.freeze({
    score,
    ...(typeof feedback === "string" && { feedback }),
    ...(feedbackFor !== undefined && feedbackFor !== null && { feedbackFor: readFeedbackFor(metric, feedbackFor) }),
    ...(Object.keys(details).length > 0 && { details: Object.freeze(details) }),
  });
}

function readFeedbackFor(metric: string, given: unknown): FeedbackFor {
  const wrong = (got: unknown): MetricError => {
    const wanted = "expected in feedbackFor a text or { score, feedback } for each predictor";
    return new MetricError("bad_score", `${wanted}, got ${describe(got)}`, { metric });
  };
  if (typeof given !== "object" || given === null || Array.isArray(given)) throw wrong(given);
  const read = Object.entries(given).map(([path, each]: [string, unknown]) => {
    if (typeof each === "string") return [path, Object.freeze({ feedback: each })] as const;
    if (typeof each !== "object" || each === null) throw wrong(each);
    const { score, feedback } = each as { readonly score?: unknown; readonly feedback?: unknown };
    const number = numberOf(score);
    if (score !== undefined && number === undefined) throw wrong(score);
    if (feedback !== undefined && typeof feedback !== "string") throw wrong(feedback);
    const own = { ...(number !== undefined && { score: number }), ...(feedback !== undefined && { feedback }) };
    return [path, Object.freeze(own)] as const;
  });
  return Object.freeze(Object.fromEntries(read));
}

/** Of several metrics: the first one's score, and what each has to say. */
function joinedFeedback(all: readonly (readonly [string, FeedbackFor])[]): FeedbackFor {
  const paths = [...new Set(all.flatMap(([, each]) => Object.keys(each)))];
  const joined = paths.map((path) => {
    const said = all.flatMap(([name, { [path]: each }]) => (each === undefined ? [] : [[name, each] as const]));
    const texts = said.flatMap(([name, { feedback }]) => (feedback === undefined ? [] : [`${name}: ${feedback}`]));
    const { score } = all[0]?.[1][path] ?? {};
    const own = { ...(score !== undefined && { score }), ...(texts.length > 0 && { feedback: texts.join("\n") }) };
    return [path, Object.freeze(own)] as const;
  });
  return Object.freeze(Object.fromEntries(joined));
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function named<Each = unknown>(metrics: unknown): readonly (readonly [string, Each])[] {
  // What is no function throws below; what functions take is for the caller's types to say.
  if (typeof metrics === "function") return [[nameOf(metrics), metrics as Each]];
  const entries = typeof metrics === "object" && metrics !== null ? Object.entries(metrics) : [];
  if (entries.length === 0)
    throw new UsageError(`expected a metric (a function), or several by name, got ${describe(metrics)}`);
  for (const [name, metric] of entries)
    if (typeof metric !== "function")
      throw new UsageError(`the metric "${name}" must be a function, got ${describe(metric)}`);
  return entries as [string, Each][];
}

function nameOf({ name }: { readonly name: string }): string {
  return name === "" ? "metric" : name;
}
