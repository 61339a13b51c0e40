import { checkNumber, checkOptions, optionNames, WHOLE_ABOVE_0 } from "../../foundation/check-options.ts";
import { UsageError } from "../../foundation/errors.ts";
import type { MetricFor } from "../../evaluate/evaluate.ts";
import { checkClient } from "../check-client.ts";
import {
  BOOTSTRAP_OPTIONS,
  type BootstrapOptions,
  bootstrapRules,
  type BootstrapRules,
} from "../few-shot/bootstrap-options.ts";

export interface InferRulesOptions<
  Inputs extends object = object,
  Labels extends object = object,
  Outputs extends object = Labels,
> extends BootstrapOptions<Inputs, Labels, Outputs> {
  /** What candidates are compared by, and by which runs become demos. */
  readonly metric: MetricFor<Inputs, Labels, Outputs>;
  /** How many sets of rules are tried. Default 10. */
  readonly numCandidates?: number | undefined;
  /** How many rules are asked for in each set. Default 10. */
  readonly numRules?: number | undefined;
  /** Who draws rules out of examples. Default: whom the programs ask. */
  readonly promptClient?: string | undefined;
}

/** The same, with defaults. */
export interface InferRulesRules {
  readonly bootstrap: BootstrapRules;
  readonly numCandidates: number;
  readonly numRules: number;
  readonly promptClient: string | undefined;
}

const OWN = optionNames<Omit<InferRulesOptions, keyof BootstrapOptions>>({
  numCandidates: true,
  numRules: true,
  promptClient: true,
});

/** @throws UsageError for options that make no sense */
export function inferRulesRules<Inputs extends object, Labels extends object, Outputs extends object>(
  options: InferRulesOptions<Inputs, Labels, Outputs>,
): InferRulesRules {
  const what = "inferRules";
  checkOptions(what, options, [...BOOTSTRAP_OPTIONS, ...OWN]);
  const { metric, numCandidates = 10, numRules = 10, promptClient } = options;
  if (metric === undefined) throw new UsageError(`${what}: metric is missing: candidates are compared by it`);
  const bootstrap = bootstrapRules(what, options);
  for (const [name, value] of Object.entries({ numCandidates, numRules }))
    checkNumber(what, name, value, WHOLE_ABOVE_0);
  checkClient(what, "promptClient", promptClient);
  return Object.freeze({ bootstrap, numCandidates, numRules, promptClient });
}
