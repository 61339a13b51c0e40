import {
  checkNumber,
  checkOptions,
  type NumberRule,
  optionNames,
  WHOLE_ABOVE_0,
} from "../../foundation/check-options.ts";
import { describe, UsageError } from "../../foundation/errors.ts";
import type { Adapter } from "../../adapters/adapter.ts";
import type { MetricFor } from "../../evaluate/evaluate.ts";
import { checkClient } from "../check-client.ts";
import { BOOTSTRAP_OPTIONS, bootstrapRules, type BootstrapRules, type Teacher } from "../few-shot/bootstrap-options.ts";

/** How much is looked for: see {@link MiproOptions.auto}. */
export type MiproEffort = "light" | "medium" | "heavy";

export interface MiproOptions<
  Inputs extends object = object,
  Labels extends object = object,
  Outputs extends object = Labels,
> {
  /** What candidates are compared by, and by which runs become demos. */
  readonly metric: MetricFor<Inputs, Labels, Outputs>;
  /**
   * How many demo sets, proposals and trials, by the number of predictors, and at most 100, 300 or 1000 examples of the valset,
   * drawn. Default `"light"`, unless `numCandidates` and `numTrials` are given.
   */
  readonly auto?: MiproEffort | undefined;
  /** Demo sets, and instructions of each predictor, its own one included. Goes with `numTrials`. */
  readonly numCandidates?: number | undefined;
  /** Trials, besides the student's own and full evaluations. Goes with `numCandidates`. */
  readonly numTrials?: number | undefined;
  /** Demos out of runs, for each predictor; default 4. With `maxLabeledDemos` 0 too, candidates have no demos at all. */
  readonly maxBootstrappedDemos?: number | undefined;
  /** Demos in all, for each predictor: labeled ones fill up what those out of runs leave. Default 4. */
  readonly maxLabeledDemos?: number | undefined;
  /** The least score of a run that becomes demos. Default: every score but 0. */
  readonly metricThreshold?: number | undefined;
  /** So many failed runs end the bootstrapping of a demo set, which then has what there was until then. Default 10. */
  readonly maxErrors?: number | undefined;
  /** Of all draws. Default 9. */
  readonly seed?: number | undefined;
  /** Proposals' temperature. Default 1. */
  readonly initTemperature?: number | undefined;
  /** Whether a trial is on a few examples of the valset, drawn anew for each. Default true; with `auto` only above 50 examples. */
  readonly minibatch?: boolean | undefined;
  /** Default 35. A valset that has no more is taken as a whole. */
  readonly minibatchSize?: number | undefined;
  /** After so many trials on minibatches the best by mean is evaluated on the whole valset; default 5, and after the last one. */
  readonly minibatchFullEvalSteps?: number | undefined;
  /** Who proposes instructions. Default: whom the programs ask. */
  readonly promptClient?: string | undefined;
  /** Whose runs become demos. Default: the student's. */
  readonly teacher?: Teacher | undefined;
  /** Whether proposers are told of the program: two calls more for each proposal. Default true. */
  readonly programAwareProposer?: boolean | undefined;
  /** Whether they are told what the trainset is like: eleven calls more at most. Default true. */
  readonly dataAwareProposer?: boolean | undefined;
  /** Whether each is given a tip, drawn. Default true. */
  readonly tipAwareProposer?: boolean | undefined;
  /** Whether they are shown demos. Default true. */
  readonly fewshotAwareProposer?: boolean | undefined;
  /** Examples that are shown at once to whom describes the trainset. Default 10. */
  readonly viewDataBatchSize?: number | undefined;
  /**
   * Evaluations at once. With more than 1 a trial is chosen while earlier ones are under way. It decides what is tried, so the
   * same number gives the same result, whatever the timing. Default 4.
   */
  readonly trialsInFlight?: number | undefined;
  /** Layouts to choose from, too, one for all predictors. Default: those that the predictors have anyway. */
  readonly adapters?: readonly Adapter[] | undefined;
}

/** The same, with defaults. */
export interface MiproRules {
  readonly bootstrap: BootstrapRules;
  /** Undefined: `numbers` says it. */
  readonly auto: MiproEffort | undefined;
  readonly numbers: { readonly candidates: number; readonly trials: number } | undefined;
  readonly seed: number;
  readonly initTemperature: number;
  readonly minibatch: boolean;
  readonly minibatchSize: number;
  readonly minibatchFullEvalSteps: number;
  readonly promptClient: string | undefined;
  readonly programAware: boolean;
  readonly dataAware: boolean;
  readonly tipAware: boolean;
  readonly fewshotAware: boolean;
  readonly viewDataBatchSize: number;
  readonly trialsInFlight: number;
  readonly adapters: readonly Adapter[];
}

type Own = Omit<MiproOptions, "metric" | "metricThreshold" | "maxErrors" | "teacher" | `max${string}Demos`>;

const OWN = optionNames<Own>({
  auto: true,
  numCandidates: true,
  numTrials: true,
  seed: true,
  initTemperature: true,
  minibatch: true,
  minibatchSize: true,
  minibatchFullEvalSteps: true,
  promptClient: true,
  programAwareProposer: true,
  dataAwareProposer: true,
  tipAwareProposer: true,
  fewshotAwareProposer: true,
  viewDataBatchSize: true,
  trialsInFlight: true,
  adapters: true,
});

const KNOWN = [...BOOTSTRAP_OPTIONS.filter((name) => name !== "maxRounds"), ...OWN];

const EFFORTS: readonly MiproEffort[] = ["light", "medium", "heavy"];

const WHOLE: NumberRule = { expected: "a whole number", holds: Number.isSafeInteger };
const FROM_0: NumberRule = { expected: "a number from 0", holds: (value) => value >= 0 && value < Infinity };

/** @throws UsageError for options that make no sense */
export function miproRules<Inputs extends object, Labels extends object, Outputs extends object>(
  what: string,
  options: MiproOptions<Inputs, Labels, Outputs>,
): MiproRules {
  checkOptions(what, options, KNOWN);
  const { metric, metricThreshold, maxErrors, teacher, maxBootstrappedDemos, maxLabeledDemos = 4 } = options;
  if (metric === undefined) throw new UsageError(`${what}: metric is missing: candidates are compared by it`);
  const few = { metric, metricThreshold, maxErrors, teacher, maxBootstrappedDemos, maxLabeledDemos };
  const bootstrap = bootstrapRules(what, few);
  const { seed = 9, initTemperature = 1, minibatch = true, minibatchSize = 35, minibatchFullEvalSteps = 5 } = options;
  const { viewDataBatchSize = 10, trialsInFlight = 4, promptClient, adapters = [] } = options;
  checkNumber(what, "seed", seed, WHOLE);
  checkNumber(what, "initTemperature", initTemperature, FROM_0);
  const counts = { minibatchSize, minibatchFullEvalSteps, viewDataBatchSize, trialsInFlight };
  for (const [name, value] of Object.entries(counts)) checkNumber(what, name, value, WHOLE_ABOVE_0);
  checkClient(what, "promptClient", promptClient);
  if (!Array.isArray(adapters) || !adapters.every(isAdapter))
    throw new UsageError(`${what}: adapters must be a list of adapters, got ${describe(adapters)}`);
  const { programAwareProposer = true, dataAwareProposer = true } = options;
  const { tipAwareProposer = true, fewshotAwareProposer = true } = options;
  const flags = { minibatch, programAwareProposer, dataAwareProposer, tipAwareProposer, fewshotAwareProposer };
  for (const [name, value] of Object.entries(flags))
    if (typeof value !== "boolean")
      throw new UsageError(`${what}: ${name} must be true or false, got ${describe(value)}`);
  return Object.freeze({
    bootstrap,
    ...effortOf(what, options),
    seed,
    initTemperature,
    minibatch,
    ...counts,
    promptClient,
    programAware: programAwareProposer,
    dataAware: dataAwareProposer,
    tipAware: tipAwareProposer,
    fewshotAware: fewshotAwareProposer,
    adapters: Object.freeze([...adapters]),
  });
}

function effortOf(
  what: string,
  { auto, numCandidates, numTrials }: MiproOptions<never, never, never>,
): Pick<MiproRules, "auto" | "numbers"> {
  checkNumber(what, "numCandidates", numCandidates, WHOLE_ABOVE_0);
  checkNumber(what, "numTrials", numTrials, WHOLE_ABOVE_0);
  if (auto !== undefined && !EFFORTS.includes(auto))
    throw new UsageError(`${what}: auto must be one of ${EFFORTS.join(", ")}, got ${describe(auto)}`);
  if (numCandidates === undefined && numTrials === undefined) return { auto: auto ?? "light", numbers: undefined };
  if (auto !== undefined) throw new UsageError(`${what}: auto says how many candidates and trials, or the numbers do`);
  if (numCandidates === undefined || numTrials === undefined)
    throw new UsageError(`${what}: numCandidates and numTrials go together, or with auto neither`);
  return { auto: undefined, numbers: Object.freeze({ candidates: numCandidates, trials: numTrials }) };
}

function isAdapter(value: unknown): value is Adapter {
  return typeof value === "object" && value !== null && "prepare" in value && "fits" in value;
}
