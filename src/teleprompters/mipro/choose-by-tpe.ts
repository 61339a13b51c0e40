import { pythonRandom } from "../../foundation/python-random.ts";
import { suggest } from "../tpe-sampler.ts";
import { keyOfPicks } from "./choice-space.ts";
import type { Choose } from "./mipro-trials.ts";

/** Draws until something new comes, by the model and then uniformly. */
const BY_MODEL = 20;
const UNIFORM = 1000;

/**
 * Chooses by what was tried so far (the tree-structured Parzen estimator), each trial with a stream of its own. Of choices that
 * are alike (proposals with the same words, demo sets with the same demos) the first one stands for all. What has been
 * evaluated on the whole valset is not tried again; once nothing else is left, nothing is.
 */
export function chooseByTpe(seed: number): Choose {
  return ({ history, space, settled, trial }) => {
    const random = pythonRandom((BigInt(Math.abs(seed)) << 32n) + BigInt(trial));
    if (settled.size >= space.size) return undefined;
    for (let draw = 1; ; draw += 1) {
      const picks = space.first(suggest(draw <= BY_MODEL ? history : [], space.choices, random));
      if (!settled.has(keyOfPicks(picks)) || draw === UNIFORM) return picks;
    }
  };
}
