// Optimizers whose work is done when their result is called.
import type { AnyExample } from "../../../src/evaluate/example.ts";
import type { Metric } from "../../../src/evaluate/metrics/metric.ts";
import { pythonRandom } from "../../../src/foundation/python-random.ts";
import { forward } from "../../../src/programs/bare/forward.ts";
import type { Program } from "../../../src/programs/program.ts";
import { ensemble } from "../../../src/teleprompters/ensemble.ts";
import { knnFewShot } from "../../../src/teleprompters/few-shot/knn-few-shot.ts";
import { compile } from "../../../src/teleprompters/job/compile.ts";
import { majority } from "../../../src/teleprompters/majority.ts";
import { plain } from "../vector-case.ts";
import type { OptimizerWorld } from "./optimizer-world.ts";
import { bootstrapOptions } from "./play-few-shot.ts";
import { hashOf } from "./rule-model.ts";
import { placeIn, stateOf } from "./states.ts";

type Came = Record<string, unknown>;

export async function playKnnFewShot(world: OptimizerWorld, came: Came): Promise<void> {
  const { optimizer } = world.played;
  const { k, vectors } = optimizer as unknown as {
    readonly k: number;
    readonly vectors: Readonly<Record<string, number[]>>;
  };
  const embed = (texts: readonly string[]) =>
    Promise.resolve(
      texts.map((text) => {
        const vector = vectors[text];
        if (vector === undefined) throw new Error(`no vector for "${text}"`);
        return vector;
      }),
    );
  const { student, trainset, grounds } = world;
  const options = bootstrapOptions(world);
  const attempts: [place: number, round: number, right: boolean][] = [];
  const metric: Metric = async (example, made, call) => {
    const answer = await (options.metric as Metric)(example, made, call);
    const place = placeIn(trainset, example as AnyExample);
    const round = attempts.filter(([each]) => each === place).length;
    attempts.push([place, round, answer !== 0 && answer !== false]);
    return answer;
  };
  const teleprompter = knnFewShot({ ...options, metric, k, embed });
  const program = await compile(teleprompter, student, { ...grounds, trainset }).result();
  came["program"] = stateOf(program, "student");
  await called(world, program, came, (made) => ({
    prediction: { fields: plain({ ...made }) },
    attempts: attempts.splice(0),
  }));
}

export async function playEnsemble(world: OptimizerWorld, came: Came): Promise<void> {
  const { optimizer, programs = [] } = world.played;
  const {
    reduce,
    size,
    global_seed: seed,
  } = optimizer as {
    readonly reduce?: string;
    readonly size?: number;
    readonly global_seed?: number;
  };
  came["calls"] = [];
  const random = seed === undefined ? {} : { random: pythonRandom(seed) };
  const all = programs.map((each) => world.program(each));
  if (reduce === "majority") {
    const program = ensemble(all, { size, ...random, reduce: majority() });
    return called(world, program, came, (made) => ({ prediction: { fields: plain({ ...made }) } }));
  }
  const program = ensemble(all, { size, ...random });
  return called(world, program, came, (made) => {
    const { predictions } = made as { readonly predictions: readonly object[] };
    return { prediction: predictions.map((each) => ({ fields: plain({ ...each }) })) };
  });
}

/** One call after another, with the requests of each. */
async function called(
  { played, models, grounds }: OptimizerWorld,
  program: Program,
  came: Came,
  shown: (made: object) => object,
): Promise<void> {
  const calls: unknown[] = [];
  came["calls"] = calls;
  for (const inputs of played.calls ?? []) {
    const before = models["task"]!.asked.length;
    const made = await forward(program, inputs, grounds);
    const asked = models["task"]!.asked.slice(before);
    calls.push({ ...shown(made), requests: asked.map(({ messages }) => hashOf(messages)).toSorted() });
  }
}
