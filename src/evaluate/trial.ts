import { asError, DspexError } from "../foundation/errors.ts";
import { NO_USAGE } from "../lm/language-model.ts";
import { apartFromOverlay } from "../programs/call-context.ts";
import type { CallContext } from "../programs/call-context.ts";
import type { Executor } from "../programs/executor.ts";
import { prediction, withTrace } from "../programs/prediction.ts";
import type { Prediction, TraceStep } from "../programs/prediction.ts";
import { programValue } from "../programs/program-value.ts";
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

/**
 * Runs a trial: the program, then the metric, in one run and one context, so that a judge has the trial's clients, deadline
 * and ledger. Rejects for nothing. A prediction that is on record is scored again without a run of the program.
 *
 * @param begun told when the run has begun
 */
export async function runTrial(
  executor: Executor,
  { candidate, example }: Trial,
  metric: Metrics,
  options: RunOptions,
  record?: TrialRecord,
  begun?: () => void,
): Promise<TrialResult> {
  const startedAt = executor.clock.now();
  const prediction = record?.prediction;
  const course: Course = {
    example,
    metric,
    record,
    begun,
    prediction,
    context: undefined,
    score: undefined,
    error: undefined,
  };
  const outcome = await executor.run(trialProgram(candidate), course, options);
  // What its code comes to after its run has ended is nobody's.
  const error = outcome.ok ? course.error : outcome.error;
  const spent = course.context?.terms.ledger.spent();
  return {
    prediction: course.prediction,
    score: outcome.ok ? course.score : undefined,
    error,
    failed: error && (course.prediction === undefined ? "program" : "metric"),
    steps: course.context?.steps && Object.freeze([...course.context.steps]),
    ms: executor.clock.now() - startedAt,
    lmCalls: spent?.lmCalls ?? 0,
    tokens: spent?.tokens ?? 0,
    usd: spent?.usd ?? 0,
    recorded: prediction === undefined ? "nothing" : "prediction",
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

/** A trial under way: what it is to do, and how far it came, also where its run ended in the midst of it. */
interface Course {
  readonly example: AnyExample;
  readonly metric: Metrics;
  readonly record: TrialRecord | undefined;
  readonly begun: (() => void) | undefined;
  prediction: Prediction<object> | undefined;
  context: CallContext | undefined;
  score: Score | undefined;
  /** The metric's. */
  error: DspexError | undefined;
}

/** No state: each is made of its key alone, goes with it, and could be made again. */
const programs = new WeakMap<Program<never>, Program<Course>>();

/** "Program, then metric" as a program, one for all trials of a candidate: there may be a hundred thousand at once. */
function trialProgram(candidate: Program<never>): Program<Course> {
  const known = programs.get(candidate);
  if (known !== undefined) return known;
  // The set's inputs are the candidate's: who evaluates it has typed them alike.
  const ask: Program["forward"] = candidate.forward;
  const made = programValue<Program<Course>>(
    {
      kind: "trial",
      name: candidate.name,
      parts: {},
      settings: {},
      async run(course, context) {
        course.context = context;
        course.begun?.();
        const { example, record } = course;
        let made = course.prediction;
        if (made === undefined) {
          made = await ask(example.inputs, context);
          if (context.steps !== undefined) made = withTrace(made, context.steps);
          if (record !== undefined) await record.keepPrediction(made);
          course.prediction = made;
        }
        await score(course, made, context);
        return DONE;
      },
    },
    {},
  );
  programs.set(candidate, made);
  return made;
}

/** What comes of a trial is told by its course. */
const DONE: Prediction<object> = prediction(
  {},
  {
    usage: NO_USAGE,
    messages: [],
    attempts: 0,
    repairs: 0,
    mended: [],
    client: "",
    model: "",
    adapter: "",
    run: "",
    path: "",
    ms: 0,
  },
);

async function score(course: Course, made: Prediction<object>, context: CallContext): Promise<void> {
  const { example, metric, record } = course;
  const { trace } = made.$meta;
  try {
    const told = apartFromOverlay(context, "metric");
    const call = context.terms.trace && trace !== undefined ? { context: told, trace } : { context: told };
    const given = await scoreOf(metric, example, made, call);
    if (record !== undefined) await record.keepScore(given);
    course.score = given;
  } catch (thrown) {
    if (!(thrown instanceof DspexError)) throw asError(thrown);
    course.error = thrown;
  }
}
