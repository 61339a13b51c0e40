import { compile } from "../../../src/teleprompters/job/compile.ts";
import { simba } from "../../../src/teleprompters/simba/simba.ts";
import { simbaRules } from "../../../src/teleprompters/simba/simba-options.ts";
import { simbaSearch, type SimbaStep } from "../../../src/teleprompters/simba/simba-search.ts";
import type { Search, Teleprompter } from "../../../src/teleprompters/teleprompter.ts";
import type { OptimizerWorld } from "./optimizer-world.ts";
import type { Asked } from "./rule-model.ts";
import { spiedOn } from "./spied-search.ts";
import { placeIn, stateOf } from "./states.ts";
import { vectorMetric } from "./vector-metric.ts";

type Came = Record<string, unknown>;

export async function playSimba(world: OptimizerWorld, came: Came): Promise<void> {
  const { played, student, trainset, grounds, models } = world;
  const numbers = played.optimizer as Omit<typeof played.optimizer, string> & Readonly<Record<string, number>>;
  const options = {
    metric: vectorMetric(played.optimizer.metric!),
    batchSize: numbers["bsize"],
    numCandidates: numbers["num_candidates"],
    maxSteps: numbers["max_steps"],
    maxDemos: numbers["max_demos"],
    seed: numbers["seed"],
    samplingTemperature: numbers["temperature_for_sampling"],
    candidatesTemperature: numbers["temperature_for_candidates"],
    promptClient: played.prompt_lm === undefined ? undefined : "prompt",
    teacher: played.teacher_lm === undefined ? undefined : { client: "teacher" },
  };
  const steps: SimbaStep[] = [];
  const rules = simbaRules(options);
  const teleprompter: Teleprompter = {
    ...simba(options),
    search: (search: Search) => simbaSearch(search, rules, { stepped: (step) => void steps.push(step) }),
  };
  const { teleprompter: watched, spied } = spiedOn(teleprompter);
  came["steps"] = steps;
  const program = await compile(watched, student, { ...grounds, trainset }).result();
  came["program"] = stateOf(program);
  came["steps"] = steps.map(({ batch, sampled, seen, built, scores }) => ({
    batch: batch.map((example) => placeIn(trainset, example)),
    sampled,
    sampled_scores: seen.map((each) => each.map(({ score = 0 }) => score)),
    built: built.map(({ source, strategy, example, demosKept, done, program: made }) => ({
      source,
      strategy,
      example: placeIn(trainset, example),
      demos_kept: demosKept,
      ...(made === undefined
        ? { done: "failed" }
        : {
            done,
            program: stateOf(made),
          }),
    })),
    built_scores: scores.map((each) => each.scores.map((score = 0) => score)),
  }));
  const full = spied.steps.filter(({ full: isFull = true }) => isFull);
  came["final"] = full.map(({ program: one, scores }) => ({
    program: stateOf(one),
    scores: scores.map((score = 0) => score),
  }));
  came["candidates"] = full
    .map(({ program: one, scores }) => ({
      score: scores.reduce<number>((sum, score = 0) => sum + score, 0) / scores.length,
      program: stateOf(one),
    }))
    .toSorted((one, other) => other.score - one.score);
  came["prompts"] = promptsOf(models["prompt"]?.asked ?? []);
}

/** Source code is masked there. */
function promptsOf(asked: readonly Asked[]): unknown {
  return asked.map(({ messages, options }) => ({
    messages: messages.map(({ role, content }) => ({
      role,
      content: content.replace(
        /(?<=^\[\[ ## program_code ## \]\]\n)[\s\S]*?(?=\n\n\[\[ ## modules_defn ## \]\])/,
        "<<PROGRAM_CODE>>",
      ),
    })),
    options,
  }));
}
