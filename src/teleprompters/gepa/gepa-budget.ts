/** How much is looked for: see {@link autoBudget}. */
export type GepaEffort = "light" | "medium" | "heavy";

const CANDIDATES = { light: 6, medium: 12, heavy: 18 } as const;

/** Taken for each trial's minibatch, and so many trials lie between two evaluations on the whole valset. */
const MINIBATCH = 35;
const FULL_EVAL_STEPS = 5;

/**
 * Metric calls, as DSPy's GEPA counts them out for MIPRO's trials: by effort, predictors and examples of the valset. How large
 * GEPA's own minibatches are is not looked at.
 */
export function autoBudget(effort: GepaEffort, components: number, examples: number): number {
  const candidates = CANDIDATES[effort];
  const trials = Math.floor(Math.max(4 * components * Math.log2(candidates), 1.5 * candidates));
  const full = Math.floor((trials + 1) / FULL_EVAL_STEPS) + 1 + (trials < FULL_EVAL_STEPS ? 1 : 0);
  return examples + FULL_EVAL_STEPS * candidates + trials * MINIBATCH + full * examples;
}
