import type { PythonRandom } from "../../foundation/python-random.ts";
import { pythonRandom } from "../../foundation/python-random.ts";
import { heard } from "../../foundation/heard.ts";
import type { AnyExample } from "../../evaluate/example.ts";
import type { Program } from "../../programs/program.ts";
import { tunablePredictors } from "../../programs/replace-predictors.ts";
import { type EvaluatedCandidate, evaluateRivals } from "../candidate-score.ts";
import { checkTeacherFits } from "../few-shot/bootstrap.ts";
import { type DemoSets, demoSets } from "../few-shot/demo-sets.ts";
import { askBySearch } from "../proposer/ask-by-search.ts";
import { summarizeDataset } from "../proposer/dataset-summary.ts";
import { proposeInstructions, type ProposalOf } from "../proposer/propose-instruction.ts";
import { TIPS } from "../proposer/tips.ts";
import type { Search, TextOrigin } from "../teleprompter.ts";
import { chooseByTpe } from "./choose-by-tpe.ts";
import { choiceSpace } from "./choice-space.ts";
import type { MiproRules } from "./mipro-options.ts";
import { drawnOf, isZeroShot, miproSets, type MiproSizes, miproSizes } from "./mipro-sizes.ts";
import { type Choose, type Given, miproTrials } from "./mipro-trials.ts";

/** For whoever plays a search that somebody else made. */
export interface MiproHooks {
  /** In place of the sampler. */
  readonly choose?: Choose | undefined;
  /** Told of what there is to choose from; also of demo sets that only proposers have seen. */
  prepared?(parts: Prepared): void;
}

/** Demos that proposers see where candidates have none. */
const SHOWN_ONLY = 3;
const MOST_ROLLOUTS = 1e9;

/**
 * MIPROv2's search: demo sets, proposals, trials. The student's own score, the demo sets and what is said of the data are asked
 * for side by side.
 */
export async function miproSearch(search: Search, rules: MiproRules, hooks: MiproHooks = {}): Promise<Program<never>> {
  const { student, warmStart } = search;
  const { bootstrap, seed, adapters } = rules;
  const sets = miproSets(search);
  checkTeacherFits(student, bootstrap);
  const random = pythonRandom(seed);
  const drawn = drawnOf(sets.valset, rules);
  const valset = drawn === undefined ? sets.valset : random.sample(sets.valset, drawn);
  const sizes = miproSizes(rules, Object.keys(tunablePredictors(student)).length, valset.length);

  const given: readonly Given[] = [
    { name: "student", note: "as it was given", program: student },
    ...warmStart.map((program, place) => ({ name: `warm start ${place + 1}`, note: "given to begin with", program })),
  ].map((each) => ({ ...each, evaluated: heard(inFull(search, rules, each, valset)) }));
  const parts = await prepared(search, sets.trainset, rules, sizes, random);
  hooks.prepared?.(parts);
  const { instructions, demoSets: made } = parts;
  const zeroShot = isZeroShot(rules);
  const space = choiceSpace({ student, instructions, demoSets: zeroShot ? undefined : made, adapters });
  return miproTrials(
    {
      search,
      metric: bootstrap.metric,
      valset,
      sizes,
      fullEvalSteps: rules.minibatchFullEvalSteps,
      inFlight: rules.trialsInFlight,
      random,
      choose: hooks.choose ?? chooseByTpe(seed),
      origin: originOf(rules, sets.trainset),
    },
    space,
    given,
  );
}

async function inFull(
  search: Search,
  { bootstrap: { metric } }: MiproRules,
  { name, program }: { readonly name: string; readonly program: Program<never> },
  valset: readonly AnyExample[],
): Promise<EvaluatedCandidate> {
  const [only] = await evaluateRivals(search, [program], valset, { about: name, metric });
  return only as EvaluatedCandidate;
}

/** Whoever proposes may be told of any example: by what is said of the data, or by demos. */
function originOf({ promptClient, dataAware, fewshotAware }: MiproRules, trainset: readonly AnyExample[]): TextOrigin {
  const examples = dataAware || fewshotAware ? trainset.map(({ id }) => id) : [];
  return { by: "model", ...(promptClient !== undefined && { client: promptClient }), examples };
}

export interface Prepared {
  /** By predictor; the first one is its own. */
  readonly instructions: Readonly<Record<string, readonly string[]>>;
  readonly demoSets: DemoSets;
}

async function prepared(
  search: Search,
  trainset: readonly AnyExample[],
  rules: MiproRules,
  sizes: MiproSizes,
  random: PythonRandom,
): Promise<Prepared> {
  const { student } = search;
  const ask = askBySearch(search, rules.promptClient);
  const shown = isZeroShot(rules) ? { maxBootstrappedDemos: SHOWN_ONLY } : {};
  const demoRules = { ...rules.bootstrap, ...shown, sets: sizes.demoSets };
  // All that it draws it draws before anything is asked.
  const making = demoSets(search, student, trainset, demoRules, random);
  const proposals = Object.keys(tunablePredictors(student)).flatMap((predictor) =>
    Array.from({ length: Math.min(sizes.proposals, sizes.demoSets) }, (_, set) => ({
      predictor,
      set,
      tip: rules.tipAware ? random.choice(TIPS) : "",
      rolloutId: random.between(0, MOST_ROLLOUTS),
      temperature: rules.initTemperature,
    })),
  );
  const [sets, summary] = await Promise.all([
    making,
    rules.dataAware ? summarizeDataset(ask, trainset, { batchSize: rules.viewDataBatchSize }) : undefined,
  ]);
  const wanted = proposals.map((each): ProposalOf => ({
    ...each,
    demoSets: rules.fewshotAware ? (sets[each.predictor] ?? []) : [],
  }));
  const grounds = { program: student, summary, programAware: rules.programAware };
  const proposed = await proposeInstructions(ask, grounds, wanted);
  const instructions = Object.entries(tunablePredictors(student)).map(([path, { signature }]) => {
    // What was proposed with the first set gives way to the present instructions.
    const others = proposed.filter((_, place) => wanted[place]?.predictor === path && wanted[place].set > 0);
    return [path, [signature.instructions, ...others.filter((text) => text !== undefined)]] as const;
  });
  return { instructions: Object.fromEntries(instructions), demoSets: sets };
}
