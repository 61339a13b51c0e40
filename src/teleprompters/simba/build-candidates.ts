import type { NumpyRandom } from "../../foundation/numpy-random.ts";
import type { PythonRandom } from "../../foundation/python-random.ts";
import type { AnyExample } from "../../evaluate/example.ts";
import type { AnyPredictor, PredictorEdits, Program } from "../../programs/program.ts";
import { tunablePredictors } from "../../programs/replace-predictors.ts";
import type { Demo } from "../../signatures/example.ts";
import { answerOf } from "../proposer/ask.ts";
import type { Ask } from "../proposer/ask.ts";
import type { TrialSeen } from "../teleprompter.ts";
import { adviceInputs, OFFER_FEEDBACK } from "./advice-prompts.ts";
import type { Bucket } from "./buckets.ts";
import { drawProgram, type Pooled } from "./program-pool.ts";

export type Strategy = "demo" | "rule";

export interface Built {
  /** Its place in the pool. */
  readonly source: number;
  readonly strategy: Strategy;
  readonly example: AnyExample;
  /** By predictor, how many demos of the source's are left. */
  readonly demosKept: readonly number[];
  /** Whether the strategy had something to go by: else the program is its source but for demos that were dropped. */
  readonly done: boolean;
  /** Undefined: advice could not be had. */
  readonly program: Program<never> | undefined;
}

export interface BuildingGround {
  readonly pool: readonly Pooled[];
  readonly buckets: readonly Bucket[];
  /** What the best run of a bucket has to be above. */
  readonly low: number;
  /** What the worst run of a bucket has to be below for advice. */
  readonly high: number;
  readonly numCandidates: number;
  readonly maxDemos: number;
  readonly temperature: number;
  readonly random: PythonRandom;
  readonly numpy: NumpyRandom;
  readonly ask: Ask;
}

/**
 * New programs, each by a strategy on a bucket, until there is one more than `numCandidates`; of advice that could not be had there
 * is none. Advice is asked for side by side, as far as a walk from bucket to bucket would go whatever comes of it: so
 * what is drawn is the same.
 */
export async function buildCandidates(ground: BuildingGround): Promise<readonly Built[]> {
  const { buckets, numCandidates } = ground;
  const all: Built[] = [];
  let next = 0;
  const missing = (): number => numCandidates + 1 - all.filter(({ program }) => program !== undefined).length;
  while (next < buckets.length && missing() > 0) {
    const walked = buckets.slice(next, next + missing());
    next += walked.length;
    // Each draws before anything is asked.
    all.push(...(await Promise.all(walked.map((bucket) => build(ground, bucket)))));
  }
  return all;
}

/** Where candidates are to have no demos, as if it were so many. */
const MOST_WITHOUT = 3;

function build(ground: BuildingGround, bucket: Bucket): Promise<Built> {
  const { pool, numCandidates, maxDemos, temperature, random, numpy, low, high } = ground;
  const source = drawProgram(random, pool, numCandidates, temperature);
  // Places of the pool.
  const { program: whole } = pool[source] as Pooled;
  const dropped = dropDemos(whole, maxDemos === 0 ? MOST_WITHOUT : maxDemos, random, numpy);
  const strategies: readonly Strategy[] = maxDemos > 0 ? ["demo", "rule"] : ["rule"];
  const strategy = random.choice(strategies);
  const demosKept = Object.values(tunablePredictors(dropped)).map(({ demos }) => demos.length);
  const facts = { source, strategy, example: bucket.example, demosKept };
  const has = bucket.best.rank > low && (strategy === "demo" || bucket.worst.rank < high);
  if (!has) return Promise.resolve({ ...facts, done: false, program: dropped });
  if (strategy === "demo")
    return Promise.resolve({ ...facts, done: true, program: withDemo(dropped, bucket.best.seen) });
  return advised(ground.ask, dropped, bucket).then((program) => ({ ...facts, done: true, program }));
}

function dropDemos(program: Program<never>, most: number, random: PythonRandom, numpy: NumpyRandom): Program<never> {
  const predictors = Object.entries(tunablePredictors(program));
  const count = Math.max(0, ...predictors.map(([, { demos }]) => demos.length));
  const wanted = Math.max(numpy.poisson(count / most), count >= most ? 1 : 0);
  const places = Array.from({ length: Math.min(wanted, count) }, () => random.below(count));
  if (places.length === 0) return program;
  return edited(program, ({ demos }) => ({ demos: demos.filter((_, at) => !places.includes(at)) }));
}

/** Characters of a text among a demo's inputs. */
const LONGEST = 100_000;

/** The last step of each predictor joins its demos. */
function withDemo(program: Program<never>, { trace = [] }: TrialSeen): Program<never> {
  const last = new Map<string, Demo>();
  for (const { kind, path, inputs, outputs } of trace) {
    if (kind !== "predict" || outputs === undefined) continue;
    const short = Object.entries(inputs).map(([name, value]) => [name, shortened(value)] as const);
    last.set(path, Object.freeze({ augmented: true, ...Object.fromEntries(short), ...outputs }));
  }
  return edited(program, ({ demos }, path) => {
    const demo = last.get(path);
    return demo && { demos: [...demos, demo] };
  });
}

function shortened(value: unknown): unknown {
  if (typeof value !== "string" || value.length <= LONGEST) return value;
  return `${value.slice(0, LONGEST)}\n\t\t... <TRUNCATED FOR BREVITY>`;
}

/** Undefined: no answer came that could be read. */
async function advised(ask: Ask, program: Program<never>, bucket: Bucket): Promise<Program<never> | undefined> {
  const { example, best, worst } = bucket;
  const compared = { example, better: best.seen, worse: worst.seen, alike: best.rank <= worst.rank };
  const made = await answerOf(ask, OFFER_FEEDBACK, adviceInputs(program, compared));
  if (made === undefined) return undefined;
  return edited(program, ({ signature }, path) => {
    const advice = Object.hasOwn(made.module_advice, path) ? (made.module_advice[path] ?? "") : "";
    return advice.trim() === "" ? undefined : { instructions: `${signature.instructions}\n\n${advice}` };
  });
}

function edited(
  program: Program<never>,
  edit: (predictor: AnyPredictor, path: string) => PredictorEdits | undefined,
): Program<never> {
  const edits = Object.entries(tunablePredictors(program)).flatMap(([path, predictor]): [string, AnyPredictor][] => {
    const change = edit(predictor, path);
    return change === undefined ? [] : [[path, predictor.with(change)]];
  });
  return edits.length === 0 ? program : program.withPredictors(Object.fromEntries(edits));
}
