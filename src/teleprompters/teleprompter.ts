import type { Adapter, FieldValues } from "../adapters/adapter.ts";
import type { MetricFor } from "../evaluate/evaluate.ts";
import type { AnyExample } from "../evaluate/example.ts";
import type { FeedbackFor, Metrics } from "../evaluate/metrics/metric.ts";
import type { LmMessage } from "../lm/message.ts";
import type { TrainingCall } from "../programs/predict/training-call.ts";
import type { Program } from "../programs/program.ts";
import type { RunOptions } from "../programs/run-terms.ts";
import type { SearchPlan } from "./search-plan.ts";
import type { TrainingStep } from "./training/training-step.ts";

/**
 * An optimizer (DSPy's word): a value that says how a better program is looked for. `compile` runs it, bare or as a process.
 *
 * Who writes one writes {@link Teleprompter.search}: plain code that asks for effects (runs of programs) and awaits their
 * results, and otherwise depends on nothing but its inputs: no clock, no randomness but `pythonRandom(seed)`, no file, no
 * promise of anything else. Then the same code runs bare, in a system, and again from a journal after a crash.
 */
export interface Teleprompter<
  Inputs extends object = object,
  Labels extends object = object,
  Outputs extends object = Labels,
> {
  /** What it is called: `mipro`. */
  readonly kind: string;
  /** Raised when the same search would go otherwise: a job of an older version is not gone on with. */
  readonly version: number;
  /** What it was made with, as data; functions count by `version` or source text. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** What its trials are scored by; undefined: it scores none. */
  readonly metric: MetricFor<Inputs, Labels, Outputs> | undefined;
  /** Programs of its own whose clients it asks besides those of the student: a teacher. Default none. */
  readonly programs?: readonly Program<never>[] | undefined;
  /** Names of further clients that it asks: a teacher's, or one that proposes. Default none. */
  readonly clients?: readonly string[] | undefined;
  /** The better program: of the student's inputs and outputs. */
  search(search: Search): Promise<Program<never>>;
  /**
   * What a search would run, guessed beforehand: trials by their number, and calls of its own. Default: nobody knows.
   */
  plan?(task: SearchTask): SearchPlan;
}

/** One whose result is another program around the student, with the student's inputs and outputs. */
export interface WrappingTeleprompter<
  Inputs extends object = object,
  Labels extends object = object,
  Outputs extends object = Labels,
> extends Teleprompter<Inputs, Labels, Outputs> {
  readonly wraps: true;
}

export interface SearchTask {
  readonly student: Program<never>;
  readonly trainset: readonly AnyExample[];
  /** Undefined: none was given. */
  readonly valset: readonly AnyExample[] | undefined;
  /** Earlier candidates to begin with, besides the student. */
  readonly warmStart: readonly Program<never>[];
}

/** What a search is given: its task, and the one way to ask for effects. */
export interface Search extends SearchTask {
  /**
   * Runs programs on examples side by side. Resolves with what came of each, in the order given; results of several asks in
   * flight come in the order of asking, whatever the timing. A failed trial is a result. Rejects only when the search is over:
   * cancelled, out of budget, its journal gone.
   */
  run(trials: readonly SearchTrial[], options: AskOptions): Promise<readonly TrialSeen[]>;
  /**
   * Has somebody else train a model, and waits for it. Resolves with what that came to, in the order of asking among all that was
   * asked for; a later life is given the same, and goes on with a step that was under way. Rejects as `run` does.
   */
  train(step: TrainingStep): Promise<unknown>;
  /**
   * Tells of a candidate that was scored: a step of the job. One that was scored in full may become the best so far (of
   * equals the first), which `best()` gives and a cut-off search returns.
   */
  scored(candidate: ScoredCandidate): void;
  /** Tells the job's reader of something, once: it stands among the notes of its status and its report. */
  note(text: string): void;
}

/** One run of a program. */
export interface SearchTrial {
  readonly program: Program<never>;
  readonly example: AnyExample;
  /** Sampling options over those of its predictors. */
  readonly config?: RunOptions["config"];
  /** Whom all its predictors ask instead. */
  readonly client?: string | undefined;
  /** In which layout, instead of what the job or its predictors say. */
  readonly adapter?: Adapter | undefined;
}

export interface AskOptions {
  /** What it is for, in a word or two: journals and progress tell it. */
  readonly about: string;
  /** Default: the trials are not scored, and `score` is undefined. */
  readonly metric?: Metrics<never, never, never> | undefined;
  /**
   * `"score"` (default): no outputs and no trace. `"outputs"`: the prediction's fields. `"trace"`: these and every step.
   * `"training"`: of each step also what a model could be taught by it. `"sampled"`: of each step also its last answer, as sampled.
   */
  readonly wants?: "score" | "outputs" | "trace" | "training" | "sampled" | undefined;
}

/** What a search sees of a trial: plain data, the same the first time and after a crash. */
export interface TrialSeen {
  /** Undefined: not asked for, or it failed. */
  readonly score?: number;
  /** What the metric said besides. */
  readonly feedback?: string;
  /** By path: what it said to single predictors. */
  readonly feedbackFor?: FeedbackFor;
  /** By name, where there are several metrics. */
  readonly scores?: Readonly<Record<string, number>>;
  /** The prediction's fields. */
  readonly outputs?: FieldValues;
  readonly trace?: readonly SeenStep[];
  readonly error?: SeenError;
  /** Whose failure it is. */
  readonly failed?: "program" | "metric";
}

/** A step of a traced run: what a predictor was given, and what it gave. */
export interface SeenStep {
  readonly kind: string;
  /** Of its predictor, as in `program.predictors()`. */
  readonly path: string;
  readonly inputs: FieldValues;
  /** Undefined: it failed, or one of its values, inputs included, is no data. */
  readonly outputs?: FieldValues;
  readonly error?: SeenError;
  /** Of a predictor that gave something, where it was asked for. */
  readonly training?: TrainingCall;
  /** Of a predictor whose model answered, whether that could be read or not, where it was asked for. */
  readonly sampled?: Sampled;
}

/** The last question of a predictor's call, and the model's answer to it, not written anew by any layout. */
export interface Sampled {
  readonly messages: readonly LmMessage[];
  readonly text: string;
}

export interface SeenError {
  readonly code: string;
  readonly message: string;
  /** The model's text, where it could not be read. */
  readonly raw?: string;
}

export interface ScoredCandidate {
  /** Unlike any other's of the job: `seed -1`. */
  readonly name: string;
  readonly program: Program<never>;
  /** As reports have it: 100 · sum / n. */
  readonly score: number;
  /** By example, in the set's order; undefined where a trial failed, which ranks below every score. */
  readonly scores: readonly (number | undefined)[];
  /** Whether it was scored on all that candidates are compared on. Default true. */
  readonly full?: boolean;
  /** Names of those that it was made from. */
  readonly parents?: readonly string[];
  /** In a few words: how it came about. */
  readonly note?: string;
  /** Which texts it has of its own, beside its parents': paths of predictors (their instructions) and of parameters. */
  readonly changed?: readonly string[];
  /** By path, of those that are changed: where the text came from. */
  readonly origins?: Readonly<Record<string, TextOrigin>>;
  /** Which lessons it has that its parent has not, or has no more. */
  readonly lessons?: readonly LessonChange[];
  /** The outputs by example, of those that are worth keeping: undefined for all others. */
  readonly outputs?: readonly (FieldValues | undefined)[];
}

/** Where a text of a candidate came from. What users or tools wrote may stand in it where a model has been shown that. */
export interface TextOrigin {
  /** A model wrote it; a function of the user's own did; it was taken over from another candidate. */
  readonly by: "model" | "function" | "candidate";
  /** The client that was asked. Undefined: whom the programs ask. */
  readonly client?: string;
  /** Ids of the examples whose inputs, answers and feedback its writer was shown, or may have been. Undefined: nobody has told. */
  readonly examples?: readonly string[];
  /** The candidate that it was taken from. */
  readonly candidate?: string;
}

/** What was done with a lesson that stands in a predictor's instructions. */
export interface LessonChange {
  /** The predictor's path. */
  readonly predictor: string;
  /** The lesson's number in that predictor's library, from 1. */
  readonly id: number;
  readonly is: "added" | "changed" | "deleted";
  /** Of one that was deleted, what it said. */
  readonly text: string;
  /** What one that was changed said before. */
  readonly before?: string;
}
