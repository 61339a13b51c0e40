import type { Metric } from "../../../src/evaluate/metrics/metric.ts";
import { autoBudget, type GepaEffort } from "../../../src/teleprompters/gepa/gepa-budget.ts";
import { gepa } from "../../../src/teleprompters/gepa/gepa.ts";
import { type GepaOptions, gepaRules } from "../../../src/teleprompters/gepa/gepa-options.ts";
import { gepaSearch, gepaTask, type IterationFacts } from "../../../src/teleprompters/gepa/gepa-search.ts";
import type { CandidateSelection } from "../../../src/teleprompters/gepa/pareto.ts";
import { compile } from "../../../src/teleprompters/job/compile.ts";
import type { Search, Teleprompter } from "../../../src/teleprompters/teleprompter.ts";
import type { FeedbackTexts } from "./optimizer-case.ts";
import type { OptimizerWorld } from "./optimizer-world.ts";
import { stateOf } from "./states.ts";
import { vectorMetric } from "./vector-metric.ts";

type Came = Record<string, unknown>;

export async function playGepa(world: OptimizerWorld, came: Came): Promise<void> {
  const { student, trainset, valset, grounds, models } = world;
  const options = gepaOptions(world);
  const rules = gepaRules(options);
  const iterations: unknown[] = [];
  came["iterations"] = iterations;
  const teleprompter: Teleprompter = {
    ...gepa(options),
    search(search: Search) {
      came["budget"] = gepaTask(search, rules).calls;
      return gepaSearch(search, rules, {
        iteration: (facts) => void iterations.push(iterationRow(facts)),
        ended(pool, discoveredAt, metricCalls) {
          const averages = pool.averages();
          came["candidates"] = pool.members.map(({ texts, parents, scores }, number) => ({
            instructions: texts,
            parents: parents.length === 0 ? [null] : parents,
            score: averages[number],
            val_scores: pool.valuesOf(scores),
            discovered_at: discoveredAt[number],
          }));
          came["best"] = pool.best().number;
          came["front"] = pool.fronts();
          came["metric_calls"] = metricCalls;
          came["full_val_evals"] = pool.members.length;
        },
      });
    },
  };
  const handle = compile(teleprompter, student, { ...grounds, trainset, valset });
  try {
    const program = await handle.result();
    came["program"] = stateOf(program);
  } finally {
    came["prompts"] = (models["prompt"]?.asked ?? []).map(({ messages, options: sent }) => ({
      messages,
      options: sent,
    }));
  }
}

/** What there is to be told of an iteration, in the words of the files; that of the valset is the last candidate's. */
function iterationRow(facts: IterationFacts): unknown {
  const { iteration, merge, parent, minibatch, parentScores, skipped, chosen, proposed, childScores } = facts;
  const { accepted = null, acceptedScores, fronts, metricCalls } = facts;
  return {
    iteration,
    ...(merge && { merge: { parents: merge.parents, ancestor: merge.ancestor, ids: merge.places } }),
    ...(merge && { merge_scores: merge.scores }),
    ...(merge === null && { merge }),
    ...(parent !== undefined && { parent, minibatch, parent_scores: parentScores }),
    ...(skipped !== undefined && { skipped }),
    ...(chosen !== undefined && { components: chosen }),
    ...(proposed !== undefined && { proposed }),
    ...(childScores !== undefined && { child_scores: childScores }),
    accepted,
    ...(accepted !== null && { val_scores: acceptedScores, front: fronts }),
    metric_calls: metricCalls,
  };
}

/** The number alone. */
export function playGepaBudget({ played }: OptimizerWorld, came: Came): Promise<void> {
  const { auto, predictors, valset } = played.optimizer as unknown as {
    readonly auto: GepaEffort;
    readonly predictors: number;
    readonly valset: number;
  };
  came["budget"] = autoBudget(auto, predictors, valset);
  return Promise.resolve();
}

function gepaOptions({ played, student }: OptimizerWorld): GepaOptions {
  const { optimizer, prompt_lm: promptLm } = played;
  const numbers = optimizer as Omit<typeof optimizer, string> & Readonly<Record<string, number>>;
  const flags = optimizer as Omit<typeof optimizer, string> & Readonly<Record<string, boolean>>;
  const { proposer = {}, component_selector: selector = "round_robin" } = optimizer as unknown as {
    readonly proposer?: Readonly<Record<string, unknown>>;
    readonly component_selector?: "round_robin" | "all" | { readonly cycle: readonly (readonly string[])[] };
  };
  return {
    metric: metricWithFeedback(optimizer.metric!, Object.keys(student.predictors())),
    auto: optimizer["auto"] as GepaEffort | undefined,
    maxFullEvals: numbers["max_full_evals"],
    maxMetricCalls: numbers["max_metric_calls"],
    reflectionMinibatchSize: numbers["reflection_minibatch_size"],
    candidateSelection: optimizer["candidate_selection_strategy"] as CandidateSelection | undefined,
    componentSelector:
      typeof selector === "string" ? selector : ({ turn }) => selector.cycle[turn % selector.cycle.length] ?? [],
    skipPerfectScore: flags["skip_perfect_score"],
    perfectScore: numbers["perfect_score"],
    failureScore: numbers["failure_score"],
    useMerge: flags["use_merge"],
    maxMergeInvocations: numbers["max_merge_invocations"],
    acceptEqual: acceptanceOf(optimizer) === "improvement_or_equal",
    addFormatFailureAsFeedback: flags["add_format_failure_as_feedback"],
    promptClient: promptLm === undefined ? undefined : "prompt",
    proposer: {
      baseInstructions: proposer["base_instructions"] as string | undefined,
      additionalInstructions: proposer["additional_instructions"] as string | undefined,
      maxChars: proposer["max_chars"] as number | undefined,
    },
    proposalsInFlight: 1,
    seed: numbers["seed"],
  };
}

/** It is one of the options that DSPy hands on. */
function acceptanceOf(optimizer: Readonly<Record<string, unknown>>): unknown {
  const kwargs = optimizer["gepa_kwargs"] as Readonly<Record<string, unknown>> | undefined;
  return optimizer["acceptance_criterion"] ?? kwargs?.["acceptance_criterion"];
}

type VectorMetric = Parameters<typeof vectorMetric>[0];

/** What it says, it says to each predictor. */
function metricWithFeedback(data: VectorMetric, paths: readonly string[]): Metric {
  const judge = vectorMetric(data);
  const { field, feedback, right_from: rightFrom = 1 } = data;
  if (feedback === undefined) return judge;
  const { by_predictor: byPredictor = {}, ...whole } = feedback;
  const metric: Metric = async (example, prediction, call) => {
    const score = Number(await judge(example, prediction, call));
    const filled = (path: string): string | null => {
      const texts: FeedbackTexts = byPredictor[path] ?? whole;
      const text = score >= rightFrom ? texts.right : texts.wrong;
      const values = { gold: valueAt(example.labels, field), pred: valueAt(prediction, field), predictor: path };
      return (
        text && Object.entries(values).reduce((made, [name, value]) => made.replaceAll(`{${name}}`, () => value), text)
      );
    };
    const said = paths.flatMap((path) => {
      const text = filled(path);
      return text === null ? [] : [[path, text] as const];
    });
    return { score, feedbackFor: Object.fromEntries(said) };
  };
  return Object.assign(metric, { version: 1, settings: data });
}

function valueAt(values: object, field: string): string {
  return String((values as Readonly<Record<string, unknown>>)[field]);
}
