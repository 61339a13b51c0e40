import { UsageError } from "../foundation/errors.ts";
import type { PythonRandom } from "../foundation/python-random.ts";

/**
 * The tree-structured Parzen estimator (Bergstra et al., 2011, "Algorithms for Hyper-Parameter Optimization"), as Optuna 5's
 * multivariate `TPESampler` does it for categorical parameters: what was tried is parted into a few good trials and the rest,
 * each side becomes a density over all parameters together, and the next choice is the one of some drawn from the good
 * side's density that is most likelier there than on the other. Values are maximised. Trials that are running stand among
 * the rest, so that several can be in flight without choosing the same (a constant liar).
 *
 * Pure: the same history, choices and stream give the same choice. History comes in the order in which trials were begun.
 */

/** How many choices each parameter has; a choice is a number from 0. */
export type Choices = Readonly<Record<string, number>>;

/** What was chosen, by parameter. */
export type Picks = Readonly<Record<string, number>>;

export type SearchTrial =
  | { readonly state: "complete"; readonly params: Picks; readonly value: number }
  /** No value yet. */
  | { readonly state: "running"; readonly params: Picks }
  /** Counts nowhere. */
  | { readonly state: "fail"; readonly params: Picks };

/** A density over all parameters of the search space together: a weighted sum of components, the last of which is the prior. */
export interface Mixture {
  /** One for each component; they add up to 1. */
  readonly weights: readonly number[];
  /** By parameter, for each component: how likely each choice is. A component is the product over the parameters. */
  readonly kernels: Readonly<Record<string, readonly (readonly number[])[]>>;
}

export interface TpeModel {
  /** Positions of trials in the history: the best ones, in order of time. */
  readonly below: readonly number[];
  /** The others, running ones included. */
  readonly above: readonly number[];
  /** The density of the good ones. */
  readonly l: Mixture;
  /** The density of the others. */
  readonly g: Mixture;
}

/** So many complete trials are needed before there is a model. */
const STARTUP_TRIALS = 10;
/** So many are drawn from the good side, of which the best is taken. */
const DRAWS = 24;
/** The good side is a tenth of the complete trials, and never more than this. */
const MOST_BELOW = 25;
/** So many trials of a side, the newest, weigh alike; older ones weigh less. */
const FULL_WEIGHT = 25;

/** Whether there are too few complete trials for a model: choices are drawn at random then. */
export function isStartup(history: readonly SearchTrial[]): boolean {
  return history.filter(({ state }) => state === "complete").length < STARTUP_TRIALS;
}

/** What the model is about: the parameters with more than one choice that every complete trial has, by name. */
export function searchSpace(history: readonly SearchTrial[], choices: Choices): readonly string[] {
  const complete = history.filter(({ state }) => state === "complete");
  return Object.keys(choices)
    .filter((name) => (choices[name] ?? 0) > 1 && complete.every(({ params }) => Object.hasOwn(params, name)))
    .toSorted();
}

/** The two densities. There is one for any history with a complete trial; {@link suggest} waits for more of them. */
export function tpeModel(history: readonly SearchTrial[], choices: Choices): TpeModel {
  const space = searchSpace(history, choices);
  const complete = history.flatMap((trial, place) =>
    trial.state === "complete" ? [{ place, value: trial.value }] : [],
  );
  const count = Math.min(Math.ceil(complete.length / 10), MOST_BELOW);
  // The sort is stable: of equal values the earlier trial is better.
  const best = complete.toSorted((a, b) => (a.value === b.value ? 0 : b.value - a.value)).slice(0, count);
  const good = new Set(best.map(({ place }) => place));
  const below = [...good].toSorted((a, b) => a - b);
  const above = history.flatMap(({ state }, place) => (state === "fail" || good.has(place) ? [] : [place]));
  const mixture = (places: readonly number[]): Mixture =>
    mixtureOf(
      // A running trial may lack what all complete ones have: nothing can be learnt from it.
      places
        .map((place) => history[place]?.params ?? {})
        .filter((params) => space.every((name) => Object.hasOwn(params, name))),
      space,
      choices,
    );
  return { below, above, l: mixture(below), g: mixture(above) };
}

/** The log of how likely these choices are; parameters that the mixture does not have do not count. */
export function logDensity({ weights, kernels }: Mixture, params: Picks): number {
  const named = Object.entries(kernels);
  const logs = weights.map((weight, component) =>
    named.reduce(
      (sum, [name, rows]) => sum + Math.log(rows[component]?.[params[name] ?? Number.NaN] ?? Number.NaN),
      Math.log(weight),
    ),
  );
  const greatest = Math.max(...logs);
  return greatest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - greatest), 0));
}

/**
 * The choices to try next: with fewer than ten complete trials uniform ones, else the best of 24 drawn from the good
 * density, of equals the first. A parameter that the model is not about is drawn uniformly.
 *
 * How much is drawn from the stream depends on the history and the choices alone. A stream for each trial makes choices
 * independent of how much was drawn before.
 *
 * @throws UsageError for a parameter without choices, and for a history with a choice that there is not or a value that is
 *   no number
 */
export function suggest(history: readonly SearchTrial[], choices: Choices, random: PythonRandom): Picks {
  checkChoices(history, choices);
  const space = isStartup(history) ? [] : searchSpace(history, choices);
  const modelled = space.length === 0 ? {} : fromModel(tpeModel(history, choices), space, random);
  const picks = Object.entries(choices).map(([name, count]): [string, number] => [
    name,
    modelled[name] ?? (count === 1 ? 0 : random.below(count)),
  ]);
  return Object.freeze(Object.fromEntries(picks));
}

function fromModel({ l, g }: TpeModel, space: readonly string[], random: PythonRandom): Picks {
  let best: Picks = {};
  let highest = -Infinity;
  for (let draw = 0; draw < DRAWS; draw += 1) {
    const drawn = drawFrom(l, space, random);
    const gain = logDensity(l, drawn) - logDensity(g, drawn);
    if (gain > highest) [best, highest] = [drawn, gain];
  }
  return best;
}

function drawFrom({ weights, kernels }: Mixture, space: readonly string[], random: PythonRandom): Picks {
  const component = random.weighted(places(weights.length), weights);
  const drawn = space.map((name): [string, number] => {
    // Each parameter of the space has a row for each component.
    const row = kernels[name]?.[component] ?? [];
    return [name, random.weighted(places(row.length), row)];
  });
  return Object.fromEntries(drawn);
}

function places(count: number): number[] {
  return Array.from({ length: count }, (_, place) => place);
}

function mixtureOf(observed: readonly Picks[], space: readonly string[], choices: Choices): Mixture {
  const components = observed.length + 1;
  const kernels = space.map((name): [string, number[][]] => {
    const count = choices[name] ?? 0;
    // Each component gives every choice a little, and most to the one that was made; the prior made none.
    const rows = [...observed, undefined].map((params) =>
      normalised(places(count).map((choice) => 1 / components + (params?.[name] === choice ? 1 : 0))),
    );
    return [name, rows];
  });
  return { weights: normalised([...weightsOf(observed.length), 1]), kernels: Object.fromEntries(kernels) };
}

/** Of trials in order of time, before they are divided by their sum: 1 for the newest, a line up to 1 for those before. */
function weightsOf(count: number): number[] {
  const older = Math.max(0, count - FULL_WEIGHT);
  const lowest = 1 / count;
  const step = older > 1 ? (1 - lowest) / (older - 1) : 0;
  return places(count).map((place) => (place < older ? lowest + place * step : 1));
}

function normalised(values: readonly number[]): number[] {
  const sum = values.reduce((total, value) => total + value, 0);
  return values.map((value) => value / sum);
}

function checkChoices(history: readonly SearchTrial[], choices: Choices): void {
  const unranked = history.findIndex((trial) => trial.state === "complete" && Number.isNaN(trial.value));
  if (unranked >= 0) throw new UsageError(`suggest: the value of trial ${unranked} is no number`);
  for (const [name, count] of Object.entries(choices)) {
    if (!Number.isInteger(count) || count < 1)
      throw new UsageError(`suggest: "${name}" must have a whole number of choices above 0, got ${count}`);
    for (const [place, { params }] of history.entries()) {
      const pick = params[name];
      if (pick === undefined || (Number.isInteger(pick) && pick >= 0 && pick < count)) continue;
      throw new UsageError(`suggest: trial ${place} chose ${pick} for "${name}", which has ${count} choices`);
    }
  }
}
