// COPRO asks for all proposals of a predictor with one request there, and for each by one here.
import { percentScore } from "../../../src/evaluate/statistics/score.ts";
import { compile } from "../../../src/teleprompters/job/compile.ts";
import { copro } from "../../../src/teleprompters/copro/copro.ts";
import { coproRules } from "../../../src/teleprompters/copro/copro-options.ts";
import { coproSearch, type KeptAttempt } from "../../../src/teleprompters/copro/copro-search.ts";
import type { Search, Teleprompter } from "../../../src/teleprompters/teleprompter.ts";
import type { OptimizerWorld } from "./optimizer-world.ts";
import { type Asked, hashOf } from "./rule-model.ts";
import { spiedOn } from "./spied-search.ts";
import { placeIn, stateOf } from "./states.ts";
import { vectorMetric } from "./vector-metric.ts";

type Came = Record<string, unknown>;

export async function playCopro(world: OptimizerWorld, came: Came): Promise<void> {
  const { played, student, trainset, grounds, models } = world;
  const numbers = played.optimizer as Omit<typeof played.optimizer, string> & Readonly<Record<string, number>>;
  const options = {
    metric: vectorMetric(played.optimizer.metric!),
    breadth: numbers["breadth"],
    depth: numbers["depth"],
    initTemperature: numbers["init_temperature"],
    promptClient: played.prompt_lm === undefined ? undefined : "prompt",
  };
  const rules = coproRules(options);
  const rounds: Round[] = [];
  const teleprompter: Teleprompter = {
    ...copro(options),
    search: (search: Search) =>
      coproSearch(search, rules, { kept: (path, depth, kept) => void rounds.push({ path, depth, kept }) }),
  };
  const { teleprompter: watched, spied } = spiedOn(teleprompter);
  const program = await compile(watched, student, { ...grounds, trainset }).result();
  came["program"] = stateOf(program);
  const evaluations = spied.asks
    .filter(({ about }) => about.startsWith("depth "))
    .flatMap(({ trials, seen = [] }) => {
      const scores = chunked(seen, trainset.length);
      return chunked(trials, trainset.length).map((some, at) => ({
        program: stateOf(some[0]!.program),
        set: "train",
        ids: some.map(({ example }) => placeIn(trainset, example)),
        scores: scores[at]!.map(({ score = 0 }) => score),
      }));
    });
  came["evaluations"] = evaluations;
  came["total_calls"] = evaluations.length;
  const last = rounds.filter(({ depth }) => depth === rules.depth - 1);
  came["candidates"] = last
    .flatMap(({ kept }) => kept)
    .map(({ instruction, prefix, score, depth, program: then }) => ({
      instruction,
      prefix,
      score,
      depth,
      program: stateOf(then),
    }))
    .toSorted((one, other) => other.score - one.score);
  const paths = last.map(({ path }) => path);
  came["results_best"] = paths.map((path) =>
    statistics(
      rounds
        .filter((round) => round.path === path)
        .map(({ kept }) => bestFirst(kept.map(({ score }) => score)).slice(0, 10)),
    ),
  );
  const latest = (depth: number, path: string): readonly number[] =>
    spied.asks
      .filter(({ about }) => about === `depth ${depth}, ${path}`)
      .flatMap(({ seen = [] }) =>
        chunked(
          seen.map(({ score = 0 }) => score),
          trainset.length,
        ),
      )
      .map(percentScore)
      .slice(-rules.breadth);
  // Those of a depth's earlier predictors are counted with each.
  came["results_latest"] = paths.map((_, at) =>
    statistics(
      Array.from({ length: rules.depth }, (_each, depth) =>
        paths.slice(0, at + 1).flatMap((path) => latest(depth, path)),
      ),
    ),
  );
  const asked = [...(models["prompt"]?.asked ?? []), ...models["task"]!.asked.filter(({ isProposal }) => isProposal)];
  came["prompts"] = promptsOf(asked, rules);
}

interface Round {
  readonly path: string;
  readonly depth: number;
  readonly kept: readonly KeptAttempt[];
}

function bestFirst(numbers: readonly number[]): readonly number[] {
  return numbers.toSorted((one, other) => other - one);
}

function chunked<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: items.length / size }, (_, at) => items.slice(at * size, (at + 1) * size));
}

function statistics(rounds: readonly (readonly number[])[]): object {
  const mean = (numbers: readonly number[]): number =>
    numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  return {
    depth: rounds.map((_, depth) => depth),
    max: rounds.map((scores) => Math.max(...scores)),
    average: rounds.map(mean),
    min: rounds.map((scores) => Math.min(...scores)),
    std: rounds.map(deviation),
  };
}

/** Of the population, rounded once, as Python's `statistics.pstdev` has it: in whole numbers up to the end. */
function deviation(scores: readonly number[]): number {
  const exact = scores.map((score) => BigInt(score * 2 ** SCORE_BITS));
  const [count, sum] = [BigInt(exact.length), exact.reduce((total, each) => total + each, 0n)];
  const spread = count * exact.reduce((total, each) => total + each * each, 0n) - sum * sum;
  const root = wholeRoot(spread << BigInt(2 * ROOT_BITS)) / count;
  return Number(root) / 2 ** (SCORE_BITS + ROOT_BITS);
}

/** Scores from 0.01 to 100 are whole numbers of 2⁻⁶⁰; bits of the root that are more than a number has. */
const [SCORE_BITS, ROOT_BITS] = [60, 80];

function wholeRoot(square: bigint): bigint {
  if (square < 2n) return square;
  let root = 1n << BigInt(Math.ceil(square.toString(2).length / 2));
  for (;;) {
    const next = (root + square / root) / 2n;
    if (next >= root) return root;
    root = next;
  }
}

/** One for each request there: as many as it has completions are alike but for the rollout. */
function promptsOf(asked: readonly Asked[], { breadth }: { readonly breadth: number }): unknown {
  const seen = new Map<string, number>();
  const first = asked.filter(({ messages }) => {
    const hash = hashOf(messages);
    const before = seen.get(hash) ?? 0;
    seen.set(hash, before + 1);
    const isFromAttempts = messages.some(({ content }) => content.includes("[[ ## attempted_instructions ## ]]"));
    return before % (isFromAttempts ? breadth : breadth - 1) === 0;
  });
  return first.map(({ messages, options }) => ({
    messages,
    options: Object.fromEntries(Object.entries(options).filter(([name]) => name !== "rollout_id")),
  }));
}
