import { UsageError } from "../../foundation/errors.ts";
import { numpyRandom } from "../../foundation/numpy-random.ts";
import { type PythonRandom, pythonRandom } from "../../foundation/python-random.ts";
import type { AnyExample } from "../../evaluate/example.ts";
import type { Program } from "../../programs/program.ts";
import { type EvaluatedCandidate, evaluateRivals } from "../candidate-score.ts";
import { checkTeacherFits } from "../few-shot/bootstrap.ts";
import { askBySearch } from "../proposer/ask-by-search.ts";
import type { Search, SearchTrial, TrialSeen } from "../teleprompter.ts";
import { withoutTrace } from "../without-trace.ts";
import { bucketsOf, percentile, rankOf } from "./buckets.ts";
import { buildCandidates, type Built } from "./build-candidates.ts";
import { drawProgram, evenPlaces, firstBest, type Pooled } from "./program-pool.ts";
import type { SimbaRules } from "./simba-options.ts";

/** For whoever looks on. */
export interface SimbaHooks {
  stepped?(step: SimbaStep): void;
}

export interface SimbaStep {
  readonly batch: readonly AnyExample[];
  /** By rollout and example: the program's place in the pool, and what came of it. */
  readonly sampled: readonly (readonly number[])[];
  readonly seen: readonly (readonly TrialSeen[])[];
  readonly built: readonly Built[];
  /** Of the programs that were made. */
  readonly scores: readonly EvaluatedCandidate[];
}

/** Of all scores of a batch: what the best run has to be above, and the worst below. */
const [LOW, HIGH] = [0.1, 0.9];

/** SIMBA's search: steps on batches, then the winners of steps on all examples. */
export async function simbaSearch(search: Search, rules: SimbaRules, hooks: SimbaHooks = {}): Promise<Program<never>> {
  const { student, trainset, warmStart } = search;
  const { metric, batchSize, numCandidates, maxSteps, seed, teacher } = rules;
  const examples = search.valset ?? trainset;
  if (trainset.length < batchSize)
    throw new UsageError(
      `simba: the trainset has ${trainset.length} examples, fewer than those of a batch (batchSize: ${batchSize})`,
    );
  if (examples.length === 0) throw new UsageError("simba: the valset is empty: there is nothing to compare on");
  checkTeacherFits(student, { teacher });
  const inFull = async (about: string, rivals: readonly Pooled[]): Promise<readonly Pooled[]> => {
    const programs = rivals.map(({ program }) => program);
    const scores = await evaluateRivals(search, programs, examples, { about, metric });
    return rivals.map(({ name, program }, at) => {
      // There is one for each.
      const { score, scores: own } = scores[at] as EvaluatedCandidate;
      const isNew = name === "student" || warm.includes(name);
      const told = isNew
        ? { name, note: name === "student" ? "as it was given" : "given to begin with" }
        : { name: `${name}, in full`, parents: [name], note: "the best of its step, on all examples" };
      search.scored({ ...told, program, score, scores: own });
      return { name, program, scores: own };
    });
  };

  const warm = warmStart.map((_, at) => `warm start ${at + 1}`);
  const given =
    warmStart.length === 0
      ? []
      : await inFull(
          "warm start",
          warmStart.map((program, at) => ({ name: warm[at] ?? "", program, scores: [] })),
        );
  const random = pythonRandom(seed);
  const numpy = numpyRandom(seed);
  const ask = askBySearch(search, rules.promptClient);
  const first: Pooled = { name: "student", program: student, scores: [] };
  const pool: Pooled[] = [first, ...given];
  const winners: Pooled[] = [first];
  const batches = batchesOf(trainset, batchSize, random);

  for (let step = 1; step <= maxSteps; step += 1) {
    const batch = batches();
    const { sampled, seen } = await rollOut(search, rules, pool, batch, step, random);
    const rank = rankOf(seen.flat().map(({ score }) => score));
    const rollouts = seen.map((each) => each.map((one) => ({ seen: one, rank: rank(one.score) })));
    const ranks = rollouts.flat().map((each) => each.rank);
    const built = await buildCandidates({
      pool,
      buckets: bucketsOf(batch, rollouts),
      low: percentile(ranks, LOW),
      high: percentile(ranks, HIGH),
      numCandidates,
      maxDemos: rules.maxDemos,
      temperature: rules.candidatesTemperature,
      random,
      numpy,
      ask,
    });
    const made = built.filter(isMade);
    const programs = made.map(({ program }) => program);
    const scores = await evaluateRivals(search, programs, batch, { about: `step ${step}`, metric });
    const joined = made.map((each, at): Pooled => {
      const { score, scores: own } = scores[at] as EvaluatedCandidate;
      const name = `step ${step}.${at + 1}`;
      // Places of the pool and of the trainset.
      const parents = [(pool[each.source] as Pooled).name];
      const note = noteOf(each, trainset.indexOf(each.example) + 1);
      search.scored({ name, program: each.program, score, scores: own, full: false, parents, note });
      return { name, program: each.program, scores: own };
    });
    if (joined.length > 0) winners.push(joined[firstBest(joined)] as Pooled);
    pool.push(...joined);
    hooks.stepped?.({ batch, sampled, seen, built, scores });
  }

  // Some of the winners; there is one for each place.
  const finalists = evenPlaces(winners.length - 1, numCandidates).map((place) => winners[place] as Pooled);
  const compared = [...(await inFull("the best of steps", finalists)), ...given];
  return (compared[firstBest(compared)] as Pooled).program;
}

/** Batch after batch of a shuffled trainset, shuffled again whenever too few are left. */
function batchesOf(trainset: readonly AnyExample[], size: number, random: PythonRandom): () => readonly AnyExample[] {
  let order = random.shuffled(trainset);
  let next = 0;
  return () => {
    if (next + size > order.length) {
      order = random.shuffled(order);
      next = 0;
    }
    next += size;
    return order.slice(next - size, next);
  };
}

interface RolledOut {
  readonly sampled: readonly (readonly number[])[];
  readonly seen: readonly (readonly TrialSeen[])[];
}

/** Each example so many times, each time by a program that is drawn. Teachers make the first run of each. */
async function rollOut(
  search: Search,
  { metric, numCandidates, samplingTemperature, teacher }: SimbaRules,
  pool: readonly Pooled[],
  batch: readonly AnyExample[],
  step: number,
  random: PythonRandom,
): Promise<RolledOut> {
  const sampled = Array.from({ length: numCandidates }, () =>
    batch.map(() => drawProgram(random, pool, numCandidates, samplingTemperature)),
  );
  const trials = sampled.flatMap((places, rolloutId) =>
    places.map((place, at): SearchTrial => {
      // Places of the pool and of the batch.
      const [{ program }, example] = [pool[place] as Pooled, batch[at] as AnyExample];
      return teacher !== undefined && rolloutId === 0
        ? { program: teacher.program ?? program, example, config: { rolloutId }, client: teacher.client }
        : { program, example, config: { rolloutId, temperature: 1 } };
    }),
  );
  // Runs are compared by their scores, as programs are.
  const graded = withoutTrace(metric);
  const seen = await search.run(trials, { about: `step ${step}: rollouts`, metric: graded, wants: "trace" });
  return { sampled, seen: sampled.map((_, at) => seen.slice(at * batch.length, (at + 1) * batch.length)) };
}

function isMade(built: Built): built is Built & { readonly program: Program<never> } {
  return built.program !== undefined;
}

function noteOf({ strategy, done }: Built, example: number): string {
  const of = `example ${example} of the trainset`;
  if (!done) return `as its source, but for demos that were dropped: nothing to learn from ${of}`;
  return strategy === "demo" ? `a demo: the best run on ${of}` : `a model's advice, by runs on ${of}`;
}
