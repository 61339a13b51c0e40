import {
  checkNumber,
  checkOptions,
  type NumberRule,
  optionNames,
  WHOLE_ABOVE_0,
  WHOLE_FROM_0,
} from "../../foundation/check-options.ts";
import { describe, UsageError } from "../../foundation/errors.ts";
import type { MetricFor } from "../../evaluate/evaluate.ts";
import { metricNames } from "../../evaluate/metrics/metric.ts";
import type { GepaEffort } from "./gepa-budget.ts";
import type { CandidateSelection } from "./pareto.ts";
import type { ProposerOptions, TextProposer } from "./propose-texts.ts";

/** What a function that chooses texts to change is told. */
export interface TextChoice {
  /** Of all texts that may be changed: predictors' instructions, parameters, then descriptions of fields. */
  readonly paths: readonly string[];
  /** The candidate's, by path. */
  readonly texts: Readonly<Record<string, string>>;
  /** The candidate's number: 0 is the student. */
  readonly candidate: number;
  /** How it did on this minibatch; undefined where it failed. */
  readonly scores: readonly (number | undefined)[];
  /** How often this function was asked before. */
  readonly turn: number;
}

/** Which texts are changed together: paths. */
export type TextSelector = (choice: TextChoice) => readonly string[];

export interface GepaOptions<
  Inputs extends object = object,
  Labels extends object = object,
  Outputs extends object = Labels,
> {
  /**
   * What candidates are compared by, and whose words they are improved by: `{ score, feedback }`, and `feedbackFor` single
   * predictors and parameters.
   */
  readonly metric: MetricFor<Inputs, Labels, Outputs>;
  /** How many metric calls, by the number of texts and the size of the valset. This or one of the two below has to be said. */
  readonly auto?: GepaEffort | undefined;
  /** As many metric calls as so many evaluations of trainset and valset take. */
  readonly maxFullEvals?: number | undefined;
  /**
   * Metric calls. They are counted before each round alone, which is begun (but for the first) where a child and its evaluation on
   * the valset can be paid; with one proposal in flight, where any is left. `Infinity`: the job's own budget ends it, or somebody.
   */
  readonly maxMetricCalls?: number | undefined;
  /** Examples that a proposal is made and tried by. Default 3. */
  readonly reflectionMinibatchSize?: number | undefined;
  /** Whether descriptions of fields may be changed, too, of those that have one. Default false. */
  readonly descriptions?: boolean | undefined;
  /** How parents are chosen. Default `"pareto"`. */
  readonly candidateSelection?: CandidateSelection | undefined;
  /** Which texts a proposal changes: one after another, all at once, or what a function says. Default `"round_robin"`. */
  readonly componentSelector?: "round_robin" | "all" | TextSelector | undefined;
  /** Whether a minibatch on which the parent is perfect is left at that. Default true. */
  readonly skipPerfectScore?: boolean | undefined;
  /** What is perfect. Default 1; once a score above 1 is seen, none is taken for perfect, unless this says which. */
  readonly perfectScore?: number | undefined;
  /** What a failed trial counts. Default: 0, or, once a score below 0 is seen, 1 below the lowest one. */
  readonly failureScore?: number | undefined;
  /** Whether candidates are joined that have changed different texts of a common ancestor. Default true. */
  readonly useMerge?: boolean | undefined;
  /** At most so many merges are kept. Default 5. */
  readonly maxMergeInvocations?: number | undefined;
  /** Whether a child is kept that does as well as its parent on its minibatch, and not better. Default false. */
  readonly acceptEqual?: boolean | undefined;
  /** Whether answers that could not be read are shown to who proposes. Default false. */
  readonly addFormatFailureAsFeedback?: boolean | undefined;
  /** Who proposes: a client. Default: whom the programs ask. */
  readonly promptClient?: string | undefined;
  /** How it is asked, or a function that proposes. */
  readonly proposer?: ProposerOptions | TextProposer | undefined;
  /**
   * Proposals at once, in rounds, of one parent: what a round has mended in different texts goes together. It decides what is
   * tried, so the same number gives the same result, whatever the timing. Default 4; 1 is DSPy's sequence.
   */
  readonly proposalsInFlight?: number | undefined;
  /** Whether the job keeps, for each val example, the best answer that any candidate has found. Default false. */
  readonly trackBestOutputs?: boolean | undefined;
  /** Of all draws. Default 0. */
  readonly seed?: number | undefined;
}

/** The same, with defaults. */
export interface GepaRules {
  readonly metric: MetricFor<never, never, never>;
  readonly budget:
    | { readonly auto: GepaEffort }
    | { readonly maxFullEvals: number }
    | { readonly maxMetricCalls: number };
  readonly minibatch: number;
  readonly selection: CandidateSelection;
  readonly selector: "round_robin" | "all" | TextSelector;
  readonly skipPerfect: boolean;
  /** Undefined: 1, as long as no score is above it. */
  readonly perfectScore: number | undefined;
  /** Undefined: by what was seen. */
  readonly failureScore: number | undefined;
  /** 0: none. */
  readonly merges: number;
  readonly merging: boolean;
  readonly descriptions: boolean;
  readonly acceptEqual: boolean;
  readonly showFailures: boolean;
  readonly promptClient: string | undefined;
  readonly proposer: ProposerOptions | TextProposer;
  readonly inFlight: number;
  readonly trackBestOutputs: boolean;
  readonly seed: number;
}

const KNOWN = optionNames<GepaOptions>({
  metric: true,
  auto: true,
  maxFullEvals: true,
  maxMetricCalls: true,
  reflectionMinibatchSize: true,
  descriptions: true,
  candidateSelection: true,
  componentSelector: true,
  skipPerfectScore: true,
  perfectScore: true,
  failureScore: true,
  useMerge: true,
  maxMergeInvocations: true,
  acceptEqual: true,
  addFormatFailureAsFeedback: true,
  promptClient: true,
  proposer: true,
  proposalsInFlight: true,
  trackBestOutputs: true,
  seed: true,
});

const PROPOSER = optionNames<ProposerOptions>({
  baseInstructions: true,
  additionalInstructions: true,
  maxChars: true,
  adapter: true,
});

const EFFORTS: readonly GepaEffort[] = ["light", "medium", "heavy"];
const SELECTIONS: readonly CandidateSelection[] = ["pareto", "current_best", "epsilon_greedy", "top_k_pareto"];

const WHOLE: NumberRule = { expected: "a whole number", holds: Number.isSafeInteger };
const FINITE: NumberRule = { expected: "a finite number", holds: Number.isFinite };
const CALLS: NumberRule = {
  expected: "a whole number above 0, or Infinity",
  holds: (value) => value === Infinity || (Number.isInteger(value) && value > 0),
};

/** @throws UsageError for options that make no sense */
export function gepaRules<Inputs extends object, Labels extends object, Outputs extends object>(
  options: GepaOptions<Inputs, Labels, Outputs>,
): GepaRules {
  checkOptions("gepa", options, KNOWN);
  const { metric, perfectScore, failureScore, promptClient, proposer = {} } = options;
  if (metric === undefined) throw new UsageError("gepa: metric is missing: candidates are compared by it");
  metricNames(metric);
  const { reflectionMinibatchSize = 3, maxMergeInvocations = 5, proposalsInFlight = 4, seed = 0 } = options;
  for (const [name, value] of Object.entries({ reflectionMinibatchSize, proposalsInFlight }))
    checkNumber("gepa", name, value, WHOLE_ABOVE_0);
  checkNumber("gepa", "maxMergeInvocations", maxMergeInvocations, WHOLE_FROM_0);
  checkNumber("gepa", "seed", seed, WHOLE);
  for (const [name, value] of Object.entries({ perfectScore, failureScore })) checkNumber("gepa", name, value, FINITE);
  if (promptClient !== undefined && (typeof promptClient !== "string" || promptClient === ""))
    throw new UsageError(`gepa: promptClient must be the name of a client, got ${describe(promptClient)}`);
  const { candidateSelection = "pareto", componentSelector = "round_robin" } = options;
  checkOneOf("candidateSelection", candidateSelection, SELECTIONS);
  if (typeof componentSelector !== "function")
    checkOneOf("componentSelector", componentSelector, ["round_robin", "all"], " or a function");
  checkProposer(proposer);
  const { skipPerfectScore = true, useMerge = true, acceptEqual = false } = options;
  const { addFormatFailureAsFeedback = false, trackBestOutputs = false, descriptions = false } = options;
  const own = { skipPerfectScore, useMerge, acceptEqual };
  const flags = { ...own, addFormatFailureAsFeedback, trackBestOutputs, descriptions };
  for (const [name, value] of Object.entries<unknown>(flags))
    if (typeof value !== "boolean") throw new UsageError(`gepa: ${name} must be true or false, got ${describe(value)}`);
  return Object.freeze({
    metric,
    budget: budgetOf(options),
    minibatch: reflectionMinibatchSize,
    selection: candidateSelection,
    selector: componentSelector,
    skipPerfect: skipPerfectScore,
    perfectScore,
    failureScore,
    merging: useMerge,
    descriptions,
    merges: maxMergeInvocations,
    acceptEqual,
    showFailures: addFormatFailureAsFeedback,
    promptClient,
    proposer,
    inFlight: proposalsInFlight,
    trackBestOutputs,
    seed,
  });
}

/** What of them a job is known by: the metric is told apart. */
export function gepaSettings({ metric: _metric, ...rules }: GepaRules): Readonly<Record<string, unknown>> {
  return rules;
}

function budgetOf({ auto, maxFullEvals, maxMetricCalls }: GepaOptions<never, never, never>): GepaRules["budget"] {
  checkNumber("gepa", "maxFullEvals", maxFullEvals, WHOLE_ABOVE_0);
  checkNumber("gepa", "maxMetricCalls", maxMetricCalls, CALLS);
  if (auto !== undefined) checkOneOf("auto", auto, EFFORTS);
  const given = Object.entries({ auto, maxFullEvals, maxMetricCalls }).filter(([, value]) => value !== undefined);
  if (given.length === 1) {
    if (auto !== undefined) return { auto };
    return maxFullEvals === undefined ? { maxMetricCalls: maxMetricCalls ?? Infinity } : { maxFullEvals };
  }
  const got = given.map(([name]) => name).join(" and ") || "none";
  throw new UsageError(`gepa: one of auto, maxFullEvals and maxMetricCalls has to say how much; given: ${got}`);
}

function checkProposer(proposer: unknown): void {
  if (typeof proposer === "function") return;
  checkOptions("gepa: proposer", proposer, PROPOSER);
  const { baseInstructions, additionalInstructions, maxChars, adapter } = proposer as ProposerOptions;
  for (const [name, value] of Object.entries({ baseInstructions, additionalInstructions }))
    if (value !== undefined && typeof value !== "string")
      throw new UsageError(`gepa: proposer.${name} must be a text, got ${describe(value)}`);
  checkNumber("gepa", "proposer.maxChars", maxChars, WHOLE_ABOVE_0);
  if (adapter !== undefined && !(typeof adapter === "object" && "prepare" in adapter))
    throw new UsageError(`gepa: proposer.adapter must be an adapter, got ${describe(adapter)}`);
}

function checkOneOf(name: string, value: unknown, known: readonly string[], more = ""): void {
  if (typeof value === "string" && known.includes(value)) return;
  throw new UsageError(`gepa: ${name} must be one of ${known.join(", ")}${more}, got ${describe(value)}`);
}
