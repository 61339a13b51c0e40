import { pythonRandom } from "../../../src/foundation/python-random.ts";
import { compile } from "../../../src/teleprompters/job/compile.ts";
import { inferRules } from "../../../src/teleprompters/infer-rules/infer-rules.ts";
import type { OptimizerWorld } from "./optimizer-world.ts";
import { attemptsFacts, bootstrapOptions } from "./play-few-shot.ts";
import { spiedOn } from "./spied-search.ts";
import { placeIn, stateOf } from "./states.ts";

type Came = Record<string, unknown>;

/** More than any case asks. */
const CALLS = 1_000;

/** Candidates are asked for side by side, and one after another there: the number of a call says which one of the walk it is. */
function inOrderOfWalk(): (one: { readonly options: object }, other: { readonly options: object }) => number {
  const random = pythonRandom(0);
  const places = new Map(Array.from({ length: CALLS }, (_, at) => [random.between(0, 1e9), at]));
  const placeOf = ({ options }: { readonly options: object }): number =>
    places.get((options as { readonly rollout_id?: number }).rollout_id ?? -1) ?? CALLS;
  return (one, other) => placeOf(one) - placeOf(other);
}

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
      .map(({ messages, options }) => ({ messages, options }))
      .toSorted(inOrderOfWalk());
  }
}
