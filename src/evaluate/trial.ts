import { asError, DspexError } from "../foundation/errors.ts";
import { apartFromOverlay } from "../programs/call-context.ts";
import type { CallContext } from "../programs/call-context.ts";
import { program } from "../programs/composed-program.ts";
import type { Executor } from "../programs/executor.ts";
import { withTrace } from "../programs/prediction.ts";
import type { Prediction, TraceStep } from "../programs/prediction.ts";
import type { Program } from "../programs/program.ts";
import type { RunOptions } from "../programs/run-terms.ts";
import type { AnyExample } from "./example.ts";
import { scoreOf } from "./metrics/metric.ts";
import type { Metrics, Score } from "./metrics/metric.ts";

/** One candidate program on one example, sample k: what evaluation and teleprompters are made of. */
export interface Trial {
  readonly candidate: Program<never>;
  readonly example: AnyExample;
  /** From 0. */
  readonly sample: number;
}

/** What came of a trial. */
export interface TrialResult {
  /** Undefined: the program gave none. */
  readonly prediction: Prediction<object> | undefined;
  /** Undefined: there is none, because the program or the metric failed. */
  readonly score: Score | undefined;
  /** Why there is no score. */
  readonly error: DspexError | undefined;
  /** Whose failure it is. */
  readonly failed: "program" | "metric" | undefined;
  /** Every effect of a run that was traced, also of one that failed. */
  readonly steps?: readonly TraceStep[] | undefined;
  /** Of the whole trial, the metric included. */
  readonly ms: number;
  readonly lmCalls: number;
  readonly tokens: number;
  /** US dollars, as far as prices are known. */
  readonly usd: number;
  /** Whether the prediction was recorded before, and whether the score was. */
  readonly recorded: "nothing" | "prediction" | "all";
}

/** What is known of a trial from an earlier time, and where what is new goes. */
export interface TrialRecord {
  readonly prediction?: Prediction<object> | undefined;
  /** Where it is known, nothing is left to be done, and the prediction may be left out. */
  readonly score?: Score | undefined;
  /** Resolves when it will be found after a crash: the metric is asked only then. With its trace, where there is one. */
  keepPrediction(made: Prediction<object>): Promise<void>;
  keepScore(score: Score): Promise<void>;
}

/** A trial that nobody records. */
const UNRECORDED: TrialRecord = Object.freeze({
  keepPrediction: () => Promise.resolve(),
  keepScore: () => Promise.resolve(),
});

/**
 * Runs a trial: the program, then the metric, in one run and one context, so that a judge has the trial's clients, deadline
 * and ledger. Rejects for nothing. A prediction that is on record is scored again without a run of the program.
 */
export async function runTrial(
  executor: Executor,
  trial: Trial,
  metric: Metrics,
  options: RunOptions,
  record: TrialRecord = UNRECORDED,
): Promise<TrialResult> {
  const startedAt = executor.clock.now();
  const progress: Progress = { prediction: record.prediction, context: undefined };
  const outcome = await executor.run(trialProgram(trial, metric, record, progress), trial.example.inputs, options);
  const { prediction, context } = progress;
  const spent = context?.terms.ledger.report();
  const result = outcome.ok ? outcome.value : { score: undefined, error: outcome.error, failed: undefined };
  return {
    prediction,
    score: result.score,
    error: result.error,
    failed: result.error && (result.failed ?? (prediction === undefined ? "program" : "metric")),
    ...(context?.steps && { steps: Object.freeze([...context.steps]) }),
    ms: executor.clock.now() - startedAt,
    lmCalls: spent?.requests ?? 0,
    tokens: spent?.tokens.totalTokens ?? 0,
    usd: spent?.usd ?? 0,
    recorded: record.prediction === undefined ? "nothing" : "prediction",
  };
}

/** What is on record of a trial for which nothing is left to be done; undefined where something is. */
export function recordedTrial({
  prediction,
  score,
}: Pick<TrialRecord, "prediction" | "score">): TrialResult | undefined {
  if (score === undefined) return undefined;
  const nothing = { error: undefined, failed: undefined, ms: 0, lmCalls: 0, tokens: 0, usd: 0 };
  return { prediction, score, ...nothing, recorded: "all" };
}

/** How far a trial came, also where its run ended in the midst of it. */
interface Progress {
  prediction: Prediction<object> | undefined;
  context: CallContext | undefined;
}

interface Scored {
  readonly score: Score | undefined;
  readonly error: DspexError | undefined;
  readonly failed: "metric" | undefined;
}

/** "Program, then metric" as a program. */
function trialProgram(
  { candidate, example }: Trial,
  metric: Metrics,
  record: TrialRecord,
  progress: Progress,
): Program<object, Scored> {
  return program({
    name: candidate.name,
    parts: {},
    version: 1,
    async forward(_parts, inputs: object, context: CallContext): Promise<Scored> {
      progress.context = context;
      // The set's inputs are the candidate's: who evaluates it has typed them alike.
      const run: Program["forward"] = candidate.forward;
      let made = progress.prediction;
      if (made === undefined) {
        made = await run(inputs, context);
        if (context.steps !== undefined) made = withTrace(made, context.steps);
        await record.keepPrediction(made);
        progress.prediction = made;
      }
      const { trace } = made.$meta;
      try {
        const call = { context: apartFromOverlay(context, "metric"), ...(context.terms.trace && trace && { trace }) };
        const score = await scoreOf(metric, example, made, call);
        await record.keepScore(score);
        return { score, error: undefined, failed: undefined };
      } catch (thrown) {
        if (!(thrown instanceof DspexError)) throw asError(thrown);
        return { score: undefined, error: thrown, failed: "metric" };
      }
    },
  });
}
