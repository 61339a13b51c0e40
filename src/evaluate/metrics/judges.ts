import { formatValue } from "../../adapters/values/format-value.ts";
import { checkNumber, checkOptions, optionNames } from "../../foundation/check-options.ts";
import { describe, UsageError } from "../../foundation/errors.ts";
import { at } from "../../programs/call-context.ts";
import type { CallContext } from "../../programs/call-context.ts";
import { digestOf } from "../../programs/identity/digest-of.ts";
import type { Program } from "../../programs/program.ts";
import { isProgram } from "../../programs/program-tree.ts";
import { completenessJudge, semanticJudge } from "./judge-programs.ts";
import type { CompletenessVerdict, JudgedAnswer, RetrievedAnswer, SemanticVerdict } from "./judge-programs.ts";
import { MetricError } from "./metric-error.ts";
import type { MetricCall, ScoredAnswer } from "./metric.ts";
import { labelOf, outputOf, readyMade } from "./ready-made.ts";
import type { ReadyMade } from "./ready-made.ts";
import { checkField } from "./text-metrics.ts";

export interface JudgeOptions<Question extends string = string, Response extends string = string> {
  /** The input that holds the question. Default `"question"`. */
  readonly question?: Question;
  /** The output that is judged, and its label. Default `"response"`. */
  readonly response?: Response;
  /** From which score on an example counts as solved, where teleprompters ask. Default 0.66. */
  readonly threshold?: number;
  /** The name of the judge's client. Default: the only LM client there is. */
  readonly client?: string;
}

export interface SemanticF1Options<
  Question extends string = string,
  Response extends string = string,
> extends JudgeOptions<Question, Response> {
  /** Whether the judge lists key ideas of both sides first. Default false. */
  readonly decompositional?: boolean;
  /** Another judge, as `semanticF1().judge` edited, optimized or loaded; it knows its own client. Default: DSPy's prompts. */
  readonly judge?: Program<JudgedAnswer, SemanticVerdict>;
}

export interface CompleteAndGroundedOptions<
  Question extends string = string,
  Response extends string = string,
  Context extends string = string,
> extends JudgeOptions<Question, Response> {
  /** The output that holds what was found: a text, or a list of passages. Default `"context"`. */
  readonly context?: Context;
  /** Another judge, as `completeAndGrounded().judge` edited, optimized or loaded. Default: DSPy's prompts. */
  readonly judge?: Program<RetrievedAnswer, CompletenessVerdict>;
}

/** What judges look at of an example. */
export interface JudgedExample<Question extends string, Response extends string> {
  readonly inputs: { readonly [Name in Question]: unknown };
  readonly labels: { readonly [Name in Response]?: unknown };
}

/** How a judge is asked: it needs the trial's context. */
export type JudgeCall<Question extends string, Outputs extends string, Response extends string> = (
  example: JudgedExample<Question, Response>,
  prediction: { readonly [Name in Outputs]: unknown },
  call: MetricCall,
) => Promise<boolean | ScoredAnswer>;

/** A metric that asks a model. */
export type JudgeMetric<Question extends string, Outputs extends string, Response extends string, Judge> = ReadyMade<
  JudgeCall<Question, Outputs, Response> & {
    /** A program like any other. */
    readonly judge: Judge;
  }
>;

const SEMANTIC = optionNames<SemanticF1Options>({
  question: true,
  response: true,
  threshold: true,
  client: true,
  decompositional: true,
  judge: true,
});

/**
 * A model's word on how much of the right answer a response covers, and how much of the response is in it: the F1 of both,
 * from 0 to 1, with the judge's reasoning as feedback (DSPy's `SemanticF1`). Where a trace is given it answers whether that
 * is at least `threshold`, as a boolean: DSPy's own answers an object there, which counts as true in any case.
 *
 * @throws UsageError for options that do not exist
 */
export function semanticF1<const Question extends string = "question", const Response extends string = "response">(
  options: SemanticF1Options<Question, Response> = {},
): JudgeMetric<NoInfer<Question>, NoInfer<Response>, NoInfer<Response>, Program<JudgedAnswer, SemanticVerdict>> {
  checkOptions("semanticF1", options, SEMANTIC);
  const fields = fieldsOf("semanticF1", options);
  const { decompositional = false, judge = semanticJudge(decompositional, options.client) } = options;
  const { threshold } = fields;
  checkJudge("semanticF1", judge, options.client);
  const settings = { ...fields, judge: digestOf(judge) };
  const ask: JudgeCall<Question, Response, Response> = async (example, prediction, call) => {
    const answer = judged("semanticF1", fields, example, prediction);
    const verdict = await judge.forward(answer, contextOf("semanticF1", call));
    const { precision, recall } = verdict;
    const score = f1Of(precision, recall);
    return call.trace === undefined ? { score, ...feedbackIn(verdict), precision, recall } : score >= threshold;
  };
  return readyMade("semanticF1", 1, settings, Object.assign(ask, { judge }));
}

const GROUNDED = optionNames<CompleteAndGroundedOptions>({
  question: true,
  response: true,
  context: true,
  threshold: true,
  client: true,
  judge: true,
});

/**
 * A model's word on how much of the right answer a response covers, and how much of it the passages that were found bear
 * out: the F1 of both (DSPy's `CompleteAndGrounded`). The prediction must give its passages along, as `context`.
 *
 * @throws UsageError for options that do not exist
 */
export function completeAndGrounded<
  const Question extends string = "question",
  const Response extends string = "response",
  const Context extends string = "context",
>(
  options: CompleteAndGroundedOptions<Question, Response, Context> = {},
): JudgeMetric<
  NoInfer<Question>,
  NoInfer<Response | Context>,
  NoInfer<Response>,
  Program<RetrievedAnswer, CompletenessVerdict>
> {
  const what = "completeAndGrounded";
  checkOptions(what, options, GROUNDED);
  const fields = fieldsOf(what, options);
  const { context: found = "context", judge = completenessJudge(options.client) } = options;
  checkField(what, found);
  checkJudge(what, judge, options.client);
  const settings = { ...fields, context: found, judge: digestOf(judge) };
  const ask: JudgeCall<Question, Response | Context, Response> = async (example, prediction, call) => {
    const retrieved_context = formatValue({ kind: "str" }, outputOf(what, prediction, found));
    const answer = { ...judged(what, fields, example, prediction), retrieved_context };
    const { completeness, groundedness, discussion } = await judge.forward(answer, contextOf(what, call));
    const score = f1Of(groundedness, completeness);
    return call.trace === undefined
      ? { score, feedback: discussion, completeness, groundedness }
      : score >= fields.threshold;
  };
  return readyMade(what, 1, settings, Object.assign(ask, { judge }));
}

interface Fields {
  readonly question: string;
  readonly response: string;
  readonly threshold: number;
}

function fieldsOf(
  what: string,
  { question = "question", response = "response", threshold = 0.66 }: JudgeOptions,
): Fields {
  checkField(what, question);
  checkField(what, response);
  checkNumber(what, "threshold", threshold, { expected: "a number from 0 to 1", holds: (x) => x >= 0 && x <= 1 });
  return { question, response, threshold };
}

function checkJudge(what: string, judge: unknown, client: string | undefined): void {
  if (!isProgram(judge)) throw new UsageError(`${what}: judge must be a program, got ${describe(judge)}`);
  if (client !== undefined && typeof client !== "string")
    throw new UsageError(`${what}: client must be a client's name, got ${describe(client)}`);
}

function judged(
  what: string,
  { question, response }: Fields,
  example: JudgedExample<string, string>,
  prediction: Readonly<Record<string, unknown>>,
): JudgedAnswer {
  return {
    question: textFor(what, question, Object.hasOwn(example.inputs, question) ? example.inputs[question] : undefined),
    ground_truth: textFor(what, response, labelOf(what, example, response)),
    system_response: textFor(what, response, outputOf(what, prediction, response)),
  };
}

/** Prompts are text; what is none is shown as adapters show it. */
function textFor(metric: string, field: string, value: unknown): string {
  if (value === undefined)
    throw new MetricError("missing_label", `the example has no input "${field}"`, { metric, field });
  return formatValue({ kind: "str" }, value);
}

/** At a path of its own: what the judge asks is not taken for what the program asks. */
function contextOf(what: string, { context }: MetricCall): CallContext {
  if (context !== undefined) return at(context, what);
  throw new UsageError(
    `${what} asks a model, and needs the context of a call: metric(example, prediction, { context })`,
  );
}

/** Of shares that a model may have put outside 0 to 1. */
function f1Of(a: number, b: number): number {
  const [p, r] = [Math.max(0, Math.min(1, a)), Math.max(0, Math.min(1, b))];
  return p + r === 0 ? 0 : (2 * (p * r)) / (p + r);
}

function feedbackIn({ discussion, reasoning }: SemanticVerdict): { readonly feedback?: string } {
  const feedback = discussion ?? reasoning;
  return feedback === undefined ? {} : { feedback };
}
