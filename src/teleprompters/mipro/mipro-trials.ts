import { heard } from "../../foundation/heard.ts";
import type { PythonRandom } from "../../foundation/python-random.ts";
import type { AnyExample } from "../../evaluate/example.ts";
import type { Metrics } from "../../evaluate/metrics/metric.ts";
import type { Program } from "../../programs/program.ts";
import {
  type CandidateScore,
  type EvaluatedCandidate,
  evaluateRivals,
  isBetter,
  lowestScore,
  rankedScore,
} from "../candidate-score.ts";
import { changedInstructions } from "../changed-instructions.ts";
import type { ScoredCandidate, Search, TextOrigin } from "../teleprompter.ts";
import type { Picks, SearchTrial as HistoryTrial } from "../tpe-sampler.ts";
import type { ChoiceSpace } from "./choice-space.ts";
import { keyOfPicks } from "./choice-space.ts";
import { isFullDue, type MiproSizes } from "./mipro-sizes.ts";

/** What is known when something is chosen. */
export interface Known {
  /** All that was begun, in that order. */
  readonly history: readonly HistoryTrial[];
  readonly space: ChoiceSpace;
  /** By `keyOfPicks`: of what is evaluated on the whole valset, or was: a further trial would tell nothing of it. */
  readonly settled: ReadonlySet<string>;
  /** The trial's number, from 1. */
  readonly trial: number;
}

/** What to try next. Undefined: nothing further. */
export type Choose = (known: Known) => Picks | undefined;

/** A candidate that is evaluated whatever is chosen: the student, a warm start. */
export interface Given {
  readonly name: string;
  readonly note: string;
  readonly program: Program<never>;
  /** On the whole valset; under way. */
  readonly evaluated: Promise<EvaluatedCandidate>;
}

export interface TrialsGround {
  readonly search: Search;
  readonly metric: Metrics<never, never, never> | undefined;
  readonly valset: readonly AnyExample[];
  readonly sizes: MiproSizes;
  readonly fullEvalSteps: number;
  readonly inFlight: number;
  /** For minibatches. */
  readonly random: PythonRandom;
  readonly choose: Choose;
  /** Of each instruction that was proposed. */
  readonly origin: TextOrigin;
}

/** Something that was begun and counts for the sampler. */
interface Entry {
  readonly params: Picks;
  /** Undefined: it is under way. */
  score: CandidateScore | undefined;
}

/** What was chosen at least once, and how it did on minibatches. */
interface Combination {
  readonly key: string;
  /** Of its first trial. */
  readonly name: string;
  readonly picks: Picks;
  readonly program: Program<never>;
  readonly scores: CandidateScore[];
}

interface Running {
  readonly evaluated: Promise<EvaluatedCandidate>;
  take(score: EvaluatedCandidate): void;
}

/**
 * MIPRO's trials: candidates one after another as the sampler chooses them, so many of them under way at once, and those that
 * did best on minibatches on the whole valset.
 *
 * Results are taken in the order of beginning, and before each beginning just as many as leave room for it. So what is known
 * when something is chosen does not depend on the timing; with one in flight all that was begun before is known, as in DSPy.
 */
export async function miproTrials(
  ground: TrialsGround,
  space: ChoiceSpace,
  given: readonly Given[],
): Promise<Program<never>> {
  const { search, valset, sizes, inFlight, random, choose } = ground;
  const history: Entry[] = [];
  const combinations = new Map<string, Combination>();
  const settled = new Set<string>();
  const running: Running[] = [];
  let best: { readonly score: CandidateScore; readonly program: Program<never> } | undefined;

  const evaluate = (about: string, program: Program<never>, examples: readonly AnyExample[]) =>
    // There is one for each.
    heard(
      evaluateRivals(search, [program], examples, { about, metric: ground.metric }).then(
        ([only]) => only as EvaluatedCandidate,
      ),
    );
  const inFull = (program: Program<never>, score: CandidateScore): void => {
    if (best === undefined || isBetter(score, best.score)) best = { score, program };
  };
  const takeOldest = async (): Promise<void> => {
    const oldest = running.shift();
    if (oldest !== undefined) oldest.take(await oldest.evaluated);
  };

  const beginFull = (trial: number): void => {
    const chosen = bestByMean([...combinations.values()].filter(({ key }) => !settled.has(key)));
    if (chosen === undefined) return;
    settled.add(chosen.key);
    const entry: Entry = { params: chosen.picks, score: undefined };
    history.push(entry);
    const name = `full ${Math.ceil(trial / ground.fullEvalSteps)}`;
    running.push({
      evaluated: evaluate(name, chosen.program, valset),
      take(scored) {
        entry.score = scored;
        inFull(chosen.program, scored);
        const note = `the whole valset; best by mean so far; ${space.words(chosen.picks)}`;
        search.scored({ name, program: chosen.program, ...scored, parents: [chosen.name], note, changed: [] });
      },
    });
  };

  const beginTrial = (trial: number, picks: Picks): void => {
    const name = `trial ${trial}`;
    const key = keyOfPicks(picks);
    const known = combinations.get(key);
    const program = known?.program ?? space.candidate(picks);
    const combination = known ?? { key, name, picks, program, scores: [] };
    combinations.set(key, combination);
    if (sizes.minibatch === undefined) settled.add(key);
    const entry: Entry = { params: picks, score: undefined };
    history.push(entry);
    const examples = sizes.minibatch === undefined ? valset : random.sample(valset, sizes.minibatch);
    running.push({
      evaluated: evaluate(name, program, examples),
      take(scored) {
        entry.score = scored;
        combination.scores.push(scored);
        const full = sizes.minibatch === undefined;
        if (full) inFull(program, scored);
        const texts = textsOfItsOwn(program, ground);
        search.scored({ name, program, ...scored, full, parents: ["student"], note: space.words(picks), ...texts });
        if (isFullDue(trial, sizes, ground.fullEvalSteps)) beginFull(trial);
      },
    });
  };

  for (const { name, note, program, evaluated } of given) {
    const params = space.picksOf(program);
    const entry: Entry | undefined = params && { params, score: undefined };
    if (entry !== undefined) history.push(entry);
    running.push({
      evaluated,
      take(scored) {
        if (entry !== undefined) entry.score = scored;
        inFull(program, scored);
        search.scored({ name, program, ...scored, note });
      },
    });
  }
  for (let trial = 1; trial <= sizes.trials; trial += 1) {
    while (running.length >= inFlight) await takeOldest();
    const picks = choose({ history: historyOf(history), space, settled, trial });
    if (picks === undefined) break;
    beginTrial(trial, picks);
  }
  while (running.length > 0) await takeOldest();
  return best?.program ?? search.student;
}

function textsOfItsOwn(
  program: Program<never>,
  { search, origin }: TrialsGround,
): Pick<ScoredCandidate, "changed" | "origins"> {
  const changed = changedInstructions(program, search.student);
  return { changed, origins: Object.fromEntries(changed.map((path) => [path, origin])) };
}

/** Failed trials count as one below the lowest score there is. */
function historyOf(entries: readonly Entry[]): readonly HistoryTrial[] {
  const lowest = lowestScore(entries.flatMap(({ score }) => score ?? []));
  return entries.map(({ params, score }) =>
    score === undefined
      ? { state: "running", params }
      : { state: "complete", params, value: rankedScore(score, lowest) },
  );
}

/** Of equals the first; undefined: none has been scored. */
function bestByMean(combinations: readonly Combination[]): Combination | undefined {
  const open = combinations.filter(({ scores }) => scores.length > 0);
  const lowest = lowestScore(open.flatMap(({ scores }) => scores));
  const means = open.map(
    ({ scores }) => scores.reduce((sum, each) => sum + rankedScore(each, lowest), 0) / scores.length,
  );
  return open[means.indexOf(Math.max(...means))];
}
