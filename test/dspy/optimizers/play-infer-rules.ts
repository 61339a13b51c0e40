import { compile } from "../../../src/teleprompters/job/compile.ts";
import { inferRules } from "../../../src/teleprompters/infer-rules/infer-rules.ts";
import type { OptimizerWorld } from "./optimizer-world.ts";
import { attemptsFacts, bootstrapOptions } from "./play-few-shot.ts";
import { spiedOn } from "./spied-search.ts";
import { placeIn, stateOf } from "./states.ts";

type Came = Record<string, unknown>;

export async function playInferRules(world: OptimizerWorld, came: Came): Promise<void> {
  const { played, student, trainset, valset, grounds, models } = world;
  const { num_candidates: numCandidates, num_rules: numRules } = played.optimizer as {
    readonly num_candidates?: number;
    readonly num_rules?: number;
  };
  const { metric, ...bootstrap } = bootstrapOptions(world);
  const teleprompter = inferRules({
    ...bootstrap,
    metric: metric!,
    numCandidates,
    numRules,
    // Whom teachers ask draws the rules there too.
    promptClient: played.teacher_lm === undefined ? undefined : "teacher",
  });
  const { teleprompter: watched, spied } = spiedOn(teleprompter);
  try {
    const program = await compile(watched, student, { ...grounds, trainset, valset }).result();
    came["program"] = stateOf(program);
    came["student_instructions_after"] = stateOf(student).map(({ instructions }) => instructions);
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
    came["prompts"] = Object.values(models)
      .flatMap(({ asked }) => asked.filter(({ isProposal }) => isProposal))
      .map(({ messages, options }) => ({ messages, options }));
  }
}
