import type { TrialResult } from "../../evaluate/trial.ts";
import { UsageError } from "../../foundation/errors.ts";
import { trainingCallOf } from "../../programs/predict/training-call.ts";
import type { TraceStep } from "../../programs/prediction.ts";
import { fromSavedJson, toSavedJson } from "../../programs/saved/saved-json.ts";
import type { AskOptions, Sampled, SeenError, SeenStep, TrialSeen } from "../teleprompter.ts";
import type { Spent } from "./allowance.ts";

/** What came of a trial, as the journal has it: JSON, a mere number where the score is all that there is. */
export type SeenJson = number | { readonly [Key in keyof TrialSeen]?: unknown };

export interface TrialData {
  readonly seen: SeenJson;
  readonly spent: Spent;
  /** Wall time in ms. */
  readonly ms: number;
}

/** @param scored whether the score means anything */
export function trialData(result: TrialResult, scored: boolean, wants: AskOptions["wants"]): TrialData {
  const { lmCalls, tokens, usd, ms } = result;
  return { seen: written(result, scored, wants), spent: { lmCalls, tokens, usd }, ms };
}

function written(result: TrialResult, scored: boolean, wants: AskOptions["wants"]): SeenJson {
  const { score, error, failed, prediction, steps } = result;
  const seen: { -readonly [Key in keyof TrialSeen]: unknown } = {};
  if (scored && score !== undefined) seen.score = score.score;
  if (score?.feedback !== undefined) seen.feedback = score.feedback;
  if (score?.feedbackFor !== undefined) seen.feedbackFor = score.feedbackFor;
  if (score?.scores !== undefined) seen.scores = score.scores;
  // What is no data stays out: a search that wants it gets none.
  const outputs = prediction && savedOrNot(prediction);
  if (outputs !== undefined) seen.outputs = outputs;
  if (isTraced(wants) && steps !== undefined) seen.trace = steps.map((step) => stepJson(step, wants));
  if (error !== undefined) seen.error = seenError(error);
  if (failed !== undefined) seen.failed = failed;
  return seen;
}

/** Whether every step is wanted. */
export function isTraced(wants: AskOptions["wants"]): boolean {
  return wants === "trace" || wants === "training" || wants === "sampled";
}

function stepJson(step: TraceStep, wants: AskOptions["wants"]): object {
  const { kind, path, inputs, prediction, error } = step;
  const training = wants === "training" ? trainingCallOf(step) : undefined;
  const given = savedOrNot(inputs);
  // What it gave to what nobody can tell any more is no example of anything.
  const outputs = given === undefined ? undefined : prediction && savedOrNot(prediction);
  return {
    kind,
    path,
    inputs: given ?? {},
    ...(outputs !== undefined && { outputs }),
    ...(error && { error: seenError(error) }),
    ...(training && { training }),
    ...(wants === "sampled" && sampledIn(step)),
  };
}

function sampledIn({ exchanges }: TraceStep): { readonly sampled?: Sampled } {
  const last = exchanges.findLast(({ response }) => response !== undefined);
  const text = last?.response?.completions[0]?.text;
  return last === undefined || text === undefined ? {} : { sampled: { messages: last.request.messages, text } };
}

function savedOrNot(values: object): unknown {
  try {
    return toSavedJson(values, "a prediction");
  } catch (thrown) {
    if (thrown instanceof UsageError) return undefined;
    throw thrown;
  }
}

export function seenError(error: Error): SeenError {
  const { code = error.name, details = {} } = error as { readonly code?: string; readonly details?: object };
  const raw: unknown = "raw" in details ? details.raw : undefined;
  return { code, message: error.message, ...(typeof raw === "string" && { raw }) };
}

/** What of it a search asked for, as short as it can be: what a checkpoint has. */
export function shortened(seen: SeenJson, wants: AskOptions["wants"]): SeenJson {
  if (typeof seen === "number") return seen;
  const { outputs: _outputs, trace: _trace, ...rest } = seen;
  const short: SeenJson = isTraced(wants) || wants === "outputs" ? seen : rest;
  const { score, ...others } = short;
  return typeof score === "number" && Object.keys(others).length === 0 ? score : short;
}

/** Of the trials that failed. */
export function errorsIn(all: readonly SeenJson[]): readonly SeenError[] {
  // Written by this file.
  return all.flatMap((json) => (typeof json === "number" ? [] : ((json.error ?? []) as SeenError)));
}

/** What a search sees: always by way of JSON, so that it is the same the first time and after a crash. */
export function seenOf(json: SeenJson): TrialSeen {
  if (typeof json === "number") return Object.freeze({ score: json });
  const { outputs, trace, ...rest } = json;
  // Written by this file, and sealed where it came from a disk.
  const seen = {
    ...rest,
    ...(outputs !== undefined && { outputs: fromSavedJson(outputs) }),
    ...(Array.isArray(trace) && { trace: Object.freeze(trace.map(stepOf)) }),
  } as TrialSeen;
  return Object.freeze(seen);
}

function stepOf(
  json: Omit<SeenStep, "inputs" | "outputs"> & { readonly inputs: unknown; readonly outputs?: unknown },
): SeenStep {
  const { inputs, outputs, ...rest } = json;
  const values = (given: unknown): SeenStep["inputs"] => Object.freeze(fromSavedJson(given) as SeenStep["inputs"]);
  return Object.freeze({ ...rest, inputs: values(inputs), ...(outputs !== undefined && { outputs: values(outputs) }) });
}
