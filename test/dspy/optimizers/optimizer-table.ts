// How the optimizers of the files are played: one entry each. What is not here is reported as not played.
import type { OptimizerWorld } from "./optimizer-world.ts";
import { playCopro } from "./play-copro.ts";
import { playInferRules } from "./play-infer-rules.ts";
import { playGepa, playGepaBudget } from "./play-gepa.ts";
import { playMipro } from "./play-mipro.ts";
import { playBootstrapFewShot, playDemoSets, playLabeledFewShot, playRandomSearch } from "./play-few-shot.ts";
import { playSimba } from "./play-simba.ts";
import { playBetterTogether, playBootstrapFinetune } from "./play-training.ts";
import { playEnsemble, playKnnFewShot } from "./play-calls.ts";

/** Plays a case and puts what came of it into `came`, piece by piece: what is there when it throws is compared too. */
export type PlayOptimizer = (world: OptimizerWorld, came: Record<string, unknown>) => Promise<void>;

export const OPTIMIZERS: Readonly<Record<string, PlayOptimizer>> = {
  labeled_few_shot: playLabeledFewShot,
  bootstrap_few_shot: playBootstrapFewShot,
  random_search: playRandomSearch,
  demo_sets: playDemoSets,
  mipro: playMipro,
  copro: playCopro,
  infer_rules: playInferRules,
  simba: playSimba,
  knn_few_shot: playKnnFewShot,
  ensemble: playEnsemble,
  bootstrap_finetune: playBootstrapFinetune,
  better_together: playBetterTogether,
  gepa: playGepa,
  gepa_budget: playGepaBudget,
};
