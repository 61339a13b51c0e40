import { UsageError } from "../../foundation/errors.ts";
import { type NumpyRandom, numpyRandom } from "../../foundation/numpy-random.ts";
import { type PythonRandom, pythonRandom } from "../../foundation/python-random.ts";
import type { AnyExample } from "../../evaluate/example.ts";
import type { Program } from "../../programs/program.ts";
import { type EvaluatedCandidate, evaluateRivals } from "../candidate-score.ts";
import { changedInstructions } from "../changed-instructions.ts";
import { checkTeacherFits } from "../few-shot/bootstrap.ts";
import type { Ask } from "../proposer/ask.ts";
import { askBySearch } from "../proposer/ask-by-search.ts";
import type { ScoredCandidate, Search, SearchTrial, TrialSeen } from "../teleprompter.ts";
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

/** What steps go on. */
interface Ground {
  readonly search: Search;
  readonly rules: SimbaRules;
  readonly pool: readonly Pooled[];
  readonly random: PythonRandom;
  readonly numpy: NumpyRandom;
  readonly ask: Ask;
}

/** SIMBA's search: steps on batches, then the winners of steps on all examples. */
export async function simbaSearch(search: Search, rules: SimbaRules, hooks: SimbaHooks = {}): Promise<Program<never>> {
  const { student, trainset, warmStart } = search;
  const { batchSize, numCandidates, maxSteps, seed, teacher } = rules;
  checkSets(search, rules);
  checkTeacherFits(student, { teacher });
  const warm = warmStart.map((program, at): Finalist => ({
    name: `warm start ${at + 1}`,
    program,
    scores: [],
    note: "given to begin with",
  }));
  const given = warm.length === 0 ? [] : await inFull(search, rules, "warm start", warm);
  const first: Finalist = { name: "student", program: student, scores: [], note: "as it was given" };
  const pool: Pooled[] = [first, ...given];
  const winners: Finalist[] = [first];
  const random = pythonRandom(seed);
  const numpy = numpyRandom(seed);
  const ground: Ground = { search, rules, pool, random, numpy, ask: askBySearch(search, rules.promptClient) };
  const batches = batchesOf(trainset, batchSize, random);
  for (let step = 1; step <= maxSteps; step += 1) {
    const { told, joined } = await takeStep(ground, step, batches());
    const winner = joined[firstBest(joined)];
    if (winner !== undefined)
      winners.push({
        ...winner,
        name: `${winner.name}, in full`,
        parents: [winner.name],
        changed: [],
        note: "the best of its step, on all examples",
      });
    pool.push(...joined);
    hooks.stepped?.(told);
  }
  // There is one for each place.
  const finalists = evenPlaces(winners.length - 1, numCandidates).map((place) => winners[place] as Finalist);
  const compared = [...(await inFull(search, rules, "the best of steps", finalists)), ...given];
  return (compared[firstBest(compared)] as Pooled).program;
}

/** @throws UsageError for sets that are too small */
function checkSets({ trainset, valset = trainset }: Search, { batchSize }: SimbaRules): void {
  if (trainset.length < batchSize)
    throw new UsageError(
      `simba: the trainset has ${trainset.length} examples, fewer than those of a batch (batchSize: ${batchSize})`,
    );
  if (valset.length === 0) throw new UsageError("simba: the valset is empty: there is nothing to compare on");
}

/** One that is compared with others in full, and what is told of it then. */
interface Finalist extends Pooled {
  readonly note: string;
  readonly parents?: readonly string[];
  readonly changed?: readonly string[];
}

async function inFull(
  search: Search,
  { metric }: SimbaRules,
  about: string,
  finalists: readonly Finalist[],
): Promise<readonly Pooled[]> {
  const programs = finalists.map(({ program }) => program);
  const all = await evaluateRivals(search, programs, search.valset ?? search.trainset, { about, metric });
  return finalists.map((finalist, at) => {
    // There is one for each.
    const { score, scores } = all[at] as EvaluatedCandidate;
    search.scored({ ...finalist, score, scores });
    return { ...finalist, scores };
  });
}

/** Runs on a batch, new programs by what came of them, and these on the batch. */
async function takeStep(
  ground: Ground,
  step: number,
  batch: readonly AnyExample[],
): Promise<{ readonly told: SimbaStep; readonly joined: readonly Pooled[] }> {
  const { search, rules, pool } = ground;
  const { metric, numCandidates, maxDemos, candidatesTemperature: temperature } = rules;
  const { sampled, seen } = await rollOut(ground, step, batch);
  const rank = rankOf(seen.flat().map(({ score }) => score));
  const rollouts = seen.map((each) => each.map((one) => ({ seen: one, rank: rank(one.score) })));
  const ranks = rollouts.flat().map((each) => each.rank);
  const bounds = { low: percentile(ranks, LOW), high: percentile(ranks, HIGH) };
  const buckets = bucketsOf(batch, rollouts);
  const built = await buildCandidates({ ...ground, buckets, ...bounds, numCandidates, maxDemos, temperature });
  const made = built.filter(isMade);
  const programs = made.map(({ program }) => program);
  const all = await evaluateRivals(search, programs, batch, { about: `step ${step}`, metric });
  const joined = made.map((each, at): Pooled => {
    const { program } = each;
    // There is one for each; places of the pool and of the trainset.
    const { score, scores } = all[at] as EvaluatedCandidate;
    const name = `step ${step}.${at + 1}`;
    const parents = [(pool[each.source] as Pooled).name];
    const note = noteOf(each, search.trainset.indexOf(each.example) + 1);
    const texts = textsOfItsOwn(each, pool, rules);
    search.scored({ name, program, score, scores, full: false, parents, note, ...texts });
    return { name, program, scores };
  });
  return { told: { batch, sampled, seen, built, scores: all }, joined };
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
  { search, rules, pool, random }: Ground,
  step: number,
  batch: readonly AnyExample[],
): Promise<RolledOut> {
  const { metric, numCandidates, samplingTemperature, teacher } = rules;
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

/** Whoever advises is shown the example, with its labels and two runs of it. */
function textsOfItsOwn(
  { source, example, program }: Built & { readonly program: Program<never> },
  pool: readonly Pooled[],
  { promptClient }: SimbaRules,
): Pick<ScoredCandidate, "changed" | "origins"> {
  const changed = changedInstructions(program, (pool[source] as Pooled).program);
  const origin = {
    by: "model",
    ...(promptClient !== undefined && { client: promptClient }),
    examples: [example.id],
  } as const;
  return { changed, origins: Object.fromEntries(changed.map((path) => [path, origin])) };
}

function noteOf({ strategy, done }: Built, example: number): string {
  const of = `example ${example} of the trainset`;
  if (!done) return `as its source, but for demos that were dropped: nothing to learn from ${of}`;
  return strategy === "demo" ? `a demo: the best run on ${of}` : `a model's advice, by runs on ${of}`;
}
