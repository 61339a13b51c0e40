import { programText } from "../../../src/teleprompters/proposer/program-text.ts";
import { compile } from "../../../src/teleprompters/job/compile.ts";
import { chooseByTpe } from "../../../src/teleprompters/mipro/choose-by-tpe.ts";
import { mipro } from "../../../src/teleprompters/mipro/mipro.ts";
import { type MiproEffort, type MiproOptions, miproRules } from "../../../src/teleprompters/mipro/mipro-options.ts";
import { miproSearch } from "../../../src/teleprompters/mipro/mipro-search.ts";
import type { Choose } from "../../../src/teleprompters/mipro/mipro-trials.ts";
import type { ScoredCandidate, Search, Teleprompter } from "../../../src/teleprompters/teleprompter.ts";
import type { Picks } from "../../../src/teleprompters/tpe-sampler.ts";
import { inDspysWords } from "../play-format.ts";
import type { OptimizerWorld } from "./optimizer-world.ts";
import { attemptsFacts, bootstrapOptions } from "./play-few-shot.ts";
import type { Asked } from "./rule-model.ts";
import { spiedOn } from "./spied-search.ts";
import { demoRow, placeIn, stateOf } from "./states.ts";

type Came = Record<string, unknown>;

/** What Optuna chose is put in the place of what the sampler would. */
export async function playMipro(world: OptimizerWorld, came: Came): Promise<void> {
  const { played, student, trainset, valset, grounds, models } = world;
  const { picks = [] } = played.expect as { readonly picks?: readonly Picks[] };
  const options = miproOptions(world);
  const rules = miproRules("mipro", options);
  const own = chooseByTpe(rules.seed);
  const choose: Choose = (known) => picks[known.trial - 1] ?? own(known);
  const teleprompter: Teleprompter = {
    ...mipro(options),
    search: (search: Search) =>
      miproSearch(search, rules, {
        choose,
        prepared({ instructions, demoSets }) {
          came["instructions"] = Object.values(instructions);
          came["demo_sets"] = Object.values(demoSets).map((sets) => sets.map((demos) => demos.map(demoRow)));
        },
      }),
  };
  const { teleprompter: watched, spied } = spiedOn(teleprompter);
  const handle = compile(watched, student, { ...grounds, trainset, valset });
  came["picks"] = picks;
  try {
    const program = await handle.result();
    came["program"] = stateOf(program);
    came["score"] = spied.steps.find((step) => step.program === program && step.full !== false)?.score;
  } finally {
    came["attempts"] = attemptsFacts(world, spied);
    came["evaluations"] = spied.asks.flatMap(({ wants, trials, seen }) => {
      if ((wants ?? "score") !== "score" || seen === undefined) return [];
      return [
        {
          program: stateOf(trials[0]!.program),
          set: valset === undefined ? "train" : "val",
          ids: trials.map(({ example }) => placeIn(valset ?? trainset, example)),
          scores: seen.map(({ score = 0 }) => score),
        },
      ];
    });
    came["full"] = byScore(spied.steps.filter(({ full = true }) => full));
    came["minibatches"] = byScore(spied.steps.filter(({ full = true }) => !full));
    came["prompts"] = promptsOf(models["prompt"]?.asked ?? [], programText(student));
  }
}

function byScore(steps: readonly ScoredCandidate[]): unknown {
  const rows = steps.map(({ score, program }) => ({ score, program: stateOf(program) }));
  return rows.toSorted((one, other) => other.score - one.score);
}

/** Proposals are sent side by side here, step by step; in the files one after another. */
function promptsOf(asked: readonly Asked[], code: string): unknown {
  const rollouts = asked.map(({ options }) => (options as { readonly rollout_id?: number }).rollout_id);
  const first = (at: number): number => rollouts.indexOf(rollouts[at]);
  return asked
    .map(({ messages, options }, at) => ({ messages, options, at: rollouts[at] === undefined ? -1 : first(at) }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ messages, options }) => ({
      messages: messages.map(({ role, content }) => ({
        role,
        content: (inDspysWords(content) as string).replace(code, () => "<<PROGRAM_CODE>>"),
      })),
      options,
    }));
}

function miproOptions(world: OptimizerWorld): MiproOptions {
  const { optimizer, prompt_lm: promptLm } = world.played;
  const { maxRounds: _, metric, ...bootstrap } = bootstrapOptions(world);
  const numbers = optimizer as Omit<typeof optimizer, string> & Readonly<Record<string, number>>;
  const flags = optimizer as Omit<typeof optimizer, string> & Readonly<Record<string, boolean>>;
  return {
    ...bootstrap,
    metric: metric!,
    auto: optimizer["auto"] as MiproEffort | undefined,
    numCandidates: numbers["num_candidates"],
    numTrials: numbers["num_trials"],
    seed: numbers["compile_seed"] ?? numbers["seed"],
    initTemperature: numbers["init_temperature"],
    minibatch: flags["minibatch"],
    minibatchSize: numbers["minibatch_size"],
    minibatchFullEvalSteps: numbers["minibatch_full_eval_steps"],
    viewDataBatchSize: numbers["view_data_batch_size"],
    programAwareProposer: flags["program_aware_proposer"],
    dataAwareProposer: flags["data_aware_proposer"],
    tipAwareProposer: flags["tip_aware_proposer"],
    fewshotAwareProposer: flags["fewshot_aware_proposer"],
    promptClient: promptLm === undefined ? undefined : "prompt",
    trialsInFlight: 1,
  };
}
