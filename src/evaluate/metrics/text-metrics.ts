import { checkNumber, checkOptions, optionNames } from "../../foundation/check-options.ts";
import { describe, UsageError } from "../../foundation/errors.ts";
import { MetricError } from "./metric-error.ts";
import type { MetricCall } from "./metric.ts";
import { answersOf, isTexts, labelOf, outputOf, readyMade } from "./ready-made.ts";
import type { FieldCall, FieldMetric, Labelled, ReadyMade } from "./ready-made.ts";
import { sameValue } from "./same-value.ts";
import { f1Score, hotpotF1Score, isInPassages, normalizeText, precisionScore, sameText } from "./text-scores.ts";

export interface ExactMatchOptions {
  /** Below 1: what share of the tokens must be right (F1, the best of the answers). Default 1: equal once normalised. */
  readonly frac?: number;
}

const EXACT_MATCH = optionNames<ExactMatchOptions>({ frac: true });

/**
 * Whether the answer is the label, or one of several (a list), as DSPy's `answer_exact_match` says it: case, ASCII
 * punctuation, English articles and white space aside. Outputs that are not text (numbers, lists, objects) must be equal.
 *
 * @throws UsageError for a field that is no name, and for options that do not exist
 */
export function exactMatch<const Field extends string>(
  field: Field,
  options: ExactMatchOptions = {},
): FieldMetric<Field, boolean> {
  checkField("exactMatch", field);
  checkOptions("exactMatch", options, EXACT_MATCH);
  const { frac = 1 } = options;
  checkNumber("exactMatch", "frac", frac, { expected: "a number from 0 to 1", holds: (x) => x >= 0 && x <= 1 });
  return readyMade<FieldCall<Field, boolean>>("exactMatch", 1, { field, frac }, (example, prediction) => {
    const label = labelOf("exactMatch", example, field);
    const output = outputOf("exactMatch", prediction, field);
    if (typeof output !== "string") return sameValue(label, output) || isOneOf(label, output);
    if (label === null) return false;
    const answers = answersOf("exactMatch", label, field);
    return frac >= 1
      ? answers.some((answer) => sameText(output, answer))
      : best(answers, (answer) => f1Score(output, answer)) >= frac;
  });
}

/** A list of right values, for an output that is none itself. */
function isOneOf(label: unknown, output: unknown): boolean {
  return Array.isArray(label) && !Array.isArray(output) && label.some((each) => sameValue(each, output));
}

/** F1 over the words of answer and label (DSPy's `F1`), the best of several labels; from 0 to 1. */
export function f1<const Field extends string>(field: Field): FieldMetric<Field, number> {
  return scored("f1", field, f1Score);
}

/** The same as HotpotQA counts it (DSPy's `HotPotF1`): yes, no and noanswer match only themselves. */
export function hotpotF1<const Field extends string>(field: Field): FieldMetric<Field, number> {
  return scored("hotpotF1", field, hotpotF1Score);
}

/** The share of the answer's words that the label has (DSPy's `precision_score`), the best of several labels. */
export function precision<const Field extends string>(field: Field): FieldMetric<Field, number> {
  return scored("precision", field, precisionScore);
}

function scored<const Field extends string>(
  name: string,
  field: Field,
  score: (prediction: string, answer: string) => number,
): FieldMetric<Field, number> {
  checkField(name, field);
  return readyMade<FieldCall<Field, number>>(name, 1, { field }, (example, prediction) => {
    const output = textOutput(name, prediction, field);
    const answers = answersOf(name, labelOf(name, example, field), field);
    return output === undefined ? 0 : best(answers, (answer) => score(output, answer));
  });
}

export interface ContainsOptions {
  /** `false`: it may begin or end within a word, as it must in scripts without spaces. Default true. */
  readonly words?: boolean;
}

const CONTAINS = optionNames<ContainsOptions>({ words: true });

/** Whether the label, or one of several, stands somewhere in the answer; both normalised as by {@link exactMatch}. */
export function contains<const Field extends string>(
  field: Field,
  options: ContainsOptions = {},
): FieldMetric<Field, boolean> {
  checkField("contains", field);
  checkOptions("contains", options, CONTAINS);
  const { words = true } = options;
  const padded = (text: string): string => (words ? ` ${normalizeText(text)} ` : normalizeText(text));
  return readyMade<FieldCall<Field, boolean>>("contains", 1, { field, words }, (example, prediction) => {
    const output = textOutput("contains", prediction, field);
    const answers = answersOf("contains", labelOf("contains", example, field), field);
    return output !== undefined && answers.some((answer) => padded(output).includes(padded(answer)));
  });
}

export interface PassageMatchOptions<Context extends string = string> {
  /** The output that holds the passages, as a list of texts. Default `"context"`. */
  readonly context?: Context;
}

const PASSAGE_MATCH = optionNames<PassageMatchOptions>({ context: true });

/** How {@link passageMatch} is called: it reads passages of the prediction, and the answer of the example. */
export type PassageCall<Field extends string, Context extends string> = (
  example: Labelled<Field>,
  prediction: { readonly [Name in Context]: unknown },
  call?: MetricCall,
) => boolean;

/**
 * Whether a passage that the program found holds the label, or one of several, word for word (DSPy's
 * `answer_passage_match`): the prediction must give its passages along, as `context` or under the name that is said.
 */
export function passageMatch<const Field extends string, const Context extends string = "context">(
  field: Field,
  options: PassageMatchOptions<Context> = {},
): ReadyMade<PassageCall<Field, NoInfer<Context>>> {
  checkField("passageMatch", field);
  checkOptions("passageMatch", options, PASSAGE_MATCH);
  const { context = "context" } = options;
  return readyMade<PassageCall<Field, Context>>("passageMatch", 1, { field, context }, (example, prediction) => {
    const found = outputOf("passageMatch", prediction, context);
    const label = labelOf("passageMatch", example, field);
    const passages: readonly unknown[] = Array.isArray(found) ? found : [found];
    if (!isTexts(passages))
      throw new MetricError("bad_output", `"${context}" must be a list of texts, got ${describe(found)}`, {
        metric: "passageMatch",
        field: context,
      });
    // An empty list of answers is in no passage.
    const answers = Array.isArray(label) && label.length === 0 ? [] : answersOf("passageMatch", label, field);
    return isInPassages(passages, answers);
  });
}

/** Undefined for null: an optional output that was not given. */
function textOutput(metric: string, prediction: Readonly<Record<string, unknown>>, field: string): string | undefined {
  const output = outputOf(metric, prediction, field);
  if (output === null) return undefined;
  if (typeof output === "string") return output;
  throw new MetricError("bad_output", `the output "${field}" must be a text, got ${describe(output)}`, {
    metric,
    field,
  });
}

function best(answers: readonly string[], score: (answer: string) => number): number {
  return Math.max(...answers.map(score));
}

/** @throws UsageError */
export function checkField(metric: string, field: unknown): void {
  if (typeof field === "string" && field !== "") return;
  throw new UsageError(`${metric}: expected a field's name, got ${describe(field)}`);
}
