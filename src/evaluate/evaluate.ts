import { optionNames } from "../foundation/check-options.ts";
import type { BareGrounds } from "../programs/bare/forward-options.ts";
import { bareExecutor } from "../programs/bare/executor.ts";
import { checkForwardOptions } from "../programs/bare/forward.ts";
import type { Program } from "../programs/program.ts";
import { candidatesOf } from "./evaluate-with.ts";
import { checkEvaluateOptions, EVALUATE_OPTIONS } from "./evaluation-options.ts";
import type { EvaluateOptions } from "./evaluation-options.ts";
import type { Example } from "./example.ts";
import type { Metric } from "./metrics/metric.ts";
import { evaluateShown } from "./progress/evaluate-shown.ts";
import type { EvaluationReport } from "./report.ts";

/** A set to evaluate on: one that was loaded, a list, or a stream of examples. */
export type Examples<Inputs extends object = object, Labels extends object = object> =
  | Iterable<Example<Inputs, Labels>>
  | AsyncIterable<Example<Inputs, Labels>>;

/** One metric, or several by name. */
export type MetricFor<Inputs extends object, Labels extends object, Outputs extends object> =
  | Metric<Inputs, Labels, Outputs>
  | Readonly<Record<string, Metric<Inputs, Labels, Outputs>>>;

export interface BareEvaluateOptions extends EvaluateOptions, BareGrounds {}

/**
 * Evaluates a program bare, for tests and scripts: no system, no processes. What a trial does is the same under
 * `system.evaluate`, which keeps trials apart better: there, each is a process.
 *
 * @throws UsageError (rejects) for an empty set, what is no program, no metric, and options that make no sense
 */
export function evaluate<Inputs extends object, Labels extends object, Outputs extends object>(
  program: Program<Inputs, Outputs>,
  examples: Examples<NoInfer<Inputs>, Labels>,
  metric: MetricFor<NoInfer<Inputs>, NoInfer<Labels>, NoInfer<Outputs>>,
  options: BareEvaluateOptions,
): Promise<EvaluationReport>;
/** Several candidates side by side: a report for each, in their order. */
export function evaluate<Inputs extends object, Labels extends object, Outputs extends object>(
  programs: readonly Program<Inputs, Outputs>[],
  examples: Examples<NoInfer<Inputs>, Labels>,
  metric: MetricFor<NoInfer<Inputs>, NoInfer<Labels>, NoInfer<Outputs>>,
  options: BareEvaluateOptions,
): Promise<readonly EvaluationReport[]>;
export async function evaluate(
  given: unknown,
  examples: Examples,
  metric: unknown,
  options: BareEvaluateOptions,
): Promise<EvaluationReport | readonly EvaluationReport[]> {
  const candidates = candidatesOf("evaluate", given);
  checkEvaluateOptions("evaluate", options, KNOWN);
  const { clients, clock, random, log, prices, ...rest } = options;
  const grounds = { clients, clock, random, log, prices };
  checkForwardOptions("evaluate", grounds);
  const executor = bareExecutor(grounds);
  try {
    // What metrics and sets are is looked at where they are used; their types meet the programs' above.
    const reports = await evaluateShown(executor, { candidates, examples, metric } as never, rest);
    return Array.isArray(given) ? reports : (reports[0] as EvaluationReport);
  } finally {
    await executor.close();
  }
}

const KNOWN: readonly string[] = [
  ...EVALUATE_OPTIONS,
  ...optionNames<BareGrounds>({ clients: true, clock: true, random: true, log: true, prices: true }),
];
