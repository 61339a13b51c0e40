import type { PythonRandom } from "../../foundation/python-random.ts";
import type { AnyExample } from "../../evaluate/example.ts";
import type { Program } from "../../programs/program.ts";
import { tunablePredictors } from "../../programs/replace-predictors.ts";
import type { Demo } from "../../signatures/example.ts";
import type { Search } from "../teleprompter.ts";
import { bootstrap, withoutDemos } from "./bootstrap.ts";
import { tracedBy } from "./bootstrap-few-shot.ts";
import type { BootstrapRules } from "./bootstrap-options.ts";
import { withLabeledDemos } from "./labeled-few-shot.ts";

export interface DemoSetRules extends BootstrapRules {
  /** How many sets. */
  readonly sets: number;
  /** Least demos out of runs of a shuffled set; default 1. */
  readonly minNumSamples?: number | undefined;
  /** Whether the first two are one without demos and one with labeled ones; default true. */
  readonly includeNonBootstrapped?: boolean | undefined;
  /** Whether the demos of the labeled one are drawn; default true. */
  readonly labeledSample?: boolean | undefined;
}

/** By predictor, its demos in each set. */
export type DemoSets = Readonly<Record<string, readonly (readonly Demo[])[]>>;

/**
 * Sets of demos to choose from: DSPy's `create_n_fewshot_demo_sets`, to the draw. No demos, labeled ones, bootstrapped ones of
 * the trainset in its order, then of shuffled ones, all shuffled by one stream. The sets are made side by side. One whose
 * bootstrapping came to `maxErrors` failed runs holds what there was until then.
 *
 * @param random whose draws it goes on with
 */
export async function demoSets(
  search: Search,
  student: Program<never>,
  trainset: readonly AnyExample[],
  rules: DemoSetRules,
  random: PythonRandom,
): Promise<DemoSets> {
  const { sets, maxLabeledDemos: k, maxBootstrappedDemos: most, labeledSample = true } = rules;
  const { includeNonBootstrapped = true, minNumSamples = 1 } = rules;
  const making = Array.from({ length: sets }, (_, at) => at - 3).map((seed): Promise<Program<never>> => {
    if (seed === -3 && includeNonBootstrapped) return Promise.resolve(withoutDemos(student));
    if (seed === -2 && includeNonBootstrapped && k > 0)
      return Promise.resolve(withLabeledDemos(student, trainset, { k, sample: labeledSample }));
    const run = tracedBy(search, `demo set ${seed + 3}: bootstrap`, rules);
    const made = (examples: readonly AnyExample[], maxBootstrappedDemos: number) =>
      bootstrap(run, student, examples, { ...rules, maxBootstrappedDemos }).then(({ program }) => program);
    if (seed === -1) return made(trainset, most);
    const shuffled = random.shuffled(trainset);
    return made(shuffled, minNumSamples < most ? random.between(minNumSamples, most) : sizeOfOne(random, most));
  });
  const programs = await Promise.all(making);
  const paths = Object.keys(tunablePredictors(student));
  const demosAt = (path: string): readonly (readonly Demo[])[] =>
    Object.freeze(programs.map((program) => program.predictors()[path]?.demos ?? []));
  return Object.freeze(Object.fromEntries(paths.map((path) => [path, demosAt(path)] as const)));
}

/** Where there is one choice: drawn all the same, as in DSPy; but for none at all. */
function sizeOfOne(random: PythonRandom, size: number): number {
  return size === 0 ? 0 : random.between(size, size);
}
