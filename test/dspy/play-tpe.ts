import { isStartup, logDensity, searchSpace, tpeModel } from "../../src/teleprompters/tpe-sampler.ts";
import type { Choices, Mixture, Picks, SearchTrial } from "../../src/teleprompters/tpe-sampler.ts";
import type { Outcome, VectorCase } from "./vector-case.ts";

export interface TpeCase extends VectorCase {
  readonly choices: Choices;
  readonly trials: readonly SearchTrial[];
  /** Whether the mixtures' kernels are told. */
  readonly kernels?: boolean;
  readonly expect: { readonly candidates?: readonly { readonly params: Picks }[] };
}

export function playTpe({ choices, trials, kernels = false, expect }: TpeCase): Outcome {
  const startup = isStartup(trials);
  const model = {
    finished: trials.filter(({ state }) => state === "complete").length,
    startup,
    search_space: searchSpace(trials, choices),
  };
  if (startup) return model;
  const { below, above, l, g } = tpeModel(trials, choices);
  const told = (mixture: Mixture): object => (kernels ? mixture : { weights: mixture.weights });
  // Which choices are asked about, the case says where it says what is expected.
  const candidates = (expect.candidates ?? []).map(({ params }) => ({
    params,
    log_l: logDensity(l, params),
    log_g: logDensity(g, params),
  }));
  return { ...model, n_below: below.length, below, above, l: told(l), g: told(g), candidates };
}
