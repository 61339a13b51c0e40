import { exactSum } from "../../foundation/exact-sum.ts";
import { describe, UsageError } from "../../foundation/errors.ts";
import type { PythonRandom } from "../../foundation/python-random.ts";
import type { AnyExample } from "../../evaluate/example.ts";
import { roundTwo } from "../../evaluate/statistics/score.ts";
import { evaluateRivals } from "../candidate-score.ts";
import { askBySearch } from "../proposer/ask-by-search.ts";
import type { Search, TextOrigin, TrialSeen } from "../teleprompter.ts";
import type { GepaRules } from "./gepa-options.ts";
import type { Member, Pool } from "./pool.ts";
import { PROPOSER_ADAPTER, proposeTexts, type TextWanted } from "./propose-texts.ts";
import type { Child } from "./round.ts";
import { examplesOfParameter, examplesOfPredictor, isLost, type ParentRun } from "./reflection-examples.ts";
import { changedTexts, type TextPlace, type Texts, withTexts } from "../texts.ts";

/** What there is to be told of a proposal. */
export interface Proposed {
  /** The candidate that it is a child of. */
  readonly parent: number;
  /** Places in the trainset. */
  readonly minibatch: readonly number[];
  readonly parentScores: readonly number[];
  /** Why nothing was proposed. */
  readonly skipped: "no_trajectories" | "all_scores_perfect";
  /** Paths of the texts that were to be changed; told where there was a run to learn from for one of them. */
  readonly chosen: readonly string[];
  readonly proposed: Texts;
  readonly childScores: readonly number[];
}

export interface ProposingGround {
  readonly search: Search;
  readonly rules: GepaRules;
  readonly pool: Pool;
  /** All texts that may be changed, as the student has them. */
  readonly places: readonly TextPlace[];
  /** For the choice among a predictor's runs. */
  readonly random: PythonRandom;
  /** Counts metric calls. @returns all so far */
  count(calls: number): number;
}

export interface Proposing {
  /**
   * Runs a parent on a minibatch, and sees whether there is anything to learn from. Undefined: there is not. Else who makes a
   * child of it: its runs are reflected on, and what comes of that is tried on the same examples. Undefined then: nothing came.
   * @param turns the parent's place in the round of texts is moved on
   * @param facts filled in as they become known
   */
  look(
    iteration: number,
    parent: Member,
    minibatch: readonly number[],
    turns: number[],
    facts: { -readonly [Key in keyof Proposed]?: Proposed[Key] },
  ): Promise<(() => Promise<Child | undefined>) | undefined>;
}

/** A proposal that comes to nothing is asked for once more. */
const TRIES = 2;

export function makeProposing({ search, rules, pool, places, random, count }: ProposingGround): Proposing {
  const { metric, proposer } = rules;
  const { trainset, student } = search;
  const adapter = typeof proposer === "function" ? undefined : (proposer.adapter ?? PROPOSER_ADAPTER);
  const ask = askBySearch(search, rules.promptClient, adapter);
  const paths = places.map(({ path }) => path);
  const known = new Set([...Object.keys(student.predictors()), ...paths]);
  let asked = 0;

  const chosenFor = (parent: Member, scores: readonly (number | undefined)[], turns: number[]): readonly string[] => {
    if (rules.selector === "all") return paths;
    if (rules.selector === "round_robin") {
      const turn = turns[parent.number] ?? 0;
      turns[parent.number] = (turn + 1) % paths.length;
      return paths.slice(turn, turn + 1);
    }
    const choice = { paths, texts: parent.texts, candidate: parent.number, scores, turn: asked };
    asked += 1;
    const chosen: unknown = rules.selector(choice);
    const areKnown = Array.isArray(chosen) && chosen.every((path) => paths.includes(path as string));
    if (areKnown && chosen.length > 0) return [...new Set(chosen as readonly string[])];
    throw new UsageError(
      `gepa: componentSelector must give a list of texts to change, of ${paths.join(", ")}; it gave ${describe(chosen)}`,
    );
  };

  const examplesFor = ({ path, predictor }: TextPlace, parent: Member, runs: readonly ParentRun[]) => {
    const own = predictor === undefined ? undefined : parent.program.predictors()[predictor];
    if (predictor === undefined || own === undefined) return examplesOfParameter(path, runs);
    return examplesOfPredictor({ path, at: predictor, predictor: own }, runs, random, rules.showFailures);
  };

  const noteOn = (seen: readonly TrialSeen[]): void => {
    if (pool.isPerfectUnknown && rules.skipPerfect)
      search.note("scores above 1 were seen: no minibatch is left out as perfect; perfectScore says what is");
    for (const { feedbackFor = {}, score } of seen) {
      for (const [path, own] of Object.entries(feedbackFor)) {
        if (!known.has(path))
          search.note(`the metric has feedback for "${path}", which is no predictor and no parameter of the program`);
        else if (own.score !== undefined && own.score !== score)
          search.note(
            `the metric's score for "${path}" differs from the program's: candidates are compared by the program's`,
          );
      }
    }
  };

  const reflected = async (wanted: readonly TextWanted[]): Promise<Texts | undefined> => {
    for (let tries = 1; tries <= TRIES; tries += 1) {
      const { texts, why } = await proposeTexts(ask, wanted, proposer, rules.inFlight === 1);
      if (texts !== undefined) return texts;
      if (why !== undefined) search.note(why);
    }
    return undefined;
  };

  return Object.freeze({
    async look(iteration, parent, minibatch, turns, facts) {
      const name = `proposal ${iteration}`;
      // Places are the trainset's.
      const examples = minibatch.map((place) => trainset[place] as AnyExample);
      count(examples.length);
      const trials = examples.map((example) => ({ program: parent.program, example }));
      const seen = await search.run(trials, { about: `${name}: its parent`, metric, wants: "trace" });
      const scores = seen.map(({ score }) => score);
      pool.see(scores);
      facts.parentScores = pool.valuesOf(scores);
      noteOn(seen);
      if (seen.every(isLost)) {
        facts.skipped = "no_trajectories";
        return undefined;
      }
      if (rules.skipPerfect && pool.arePerfect(scores)) {
        facts.skipped = "all_scores_perfect";
        return undefined;
      }
      const chosen = chosenFor(parent, scores, turns);
      const runs = seen.map((each, place) => ({ example: examples[place] as AnyExample, seen: each }));
      const wanted = chosen.flatMap((path): TextWanted[] => {
        // It is one of them.
        const place = places.find((each) => each.path === path) as TextPlace;
        const shown = examplesFor(place, parent, runs);
        if (shown.length === 0) return [];
        const { kind, text } = place;
        const [current, about] = [parent.texts[path] ?? "", aboutText(place)];
        return [{ path, kind, about, current, original: text, examples: shown, texts: parent.texts }];
      });
      if (wanted.length === 0) return undefined;
      facts.chosen = chosen;
      return async () => {
        const proposed = await reflected(wanted);
        if (proposed === undefined) return undefined;
        facts.proposed = proposed;
        const program = withTexts(parent.program, proposed);
        const texts = { ...parent.texts, ...proposed };
        const changed = changedTexts(texts, parent.texts);
        const origins = Object.fromEntries(
          wanted.map(({ path, examples: shown }) => [
            path,
            originOf(
              rules,
              shown.map(({ example }) => example),
            ),
          ]),
        );
        const about = { name, program, texts, parents: [parent.number], changed, origins };
        count(examples.length);
        const [tried] = await evaluateRivals(search, [program], examples, {
          about: `${name}: on its minibatch`,
          metric,
        });
        if (tried === undefined) return undefined;
        pool.see(tried.scores);
        facts.childScores = pool.valuesOf(tried.scores);
        const [before, now] = [exactSum(pool.valuesOf(scores)), exactSum(facts.childScores)];
        const isKept = now > before || (rules.acceptEqual && now === before);
        const note = `${isKept ? "" : "refused: "}${roundTwo(now)} on its minibatch, its parent ${roundTwo(before)}`;
        return { ...about, note, tried, gain: now - before, isKept };
      };
    },
  } satisfies Proposing);
}

/** A prompt's own words call it an instruction. */
function aboutText({ path, kind, predictor = "", field }: TextPlace): string | undefined {
  switch (kind) {
    case "instructions":
      return undefined;
    case "parameter":
      return `The text "${path}", which the program uses as it runs.`;
    case "description": {
      const { name, role } = field ?? { name: path, role: "output" };
      return `What prompts say of the ${role} "${name}" of "${predictor}": a description, and no more than that.`;
    }
  }
}

function originOf({ proposer, promptClient }: GepaRules, examples: readonly string[]): TextOrigin {
  return {
    by: typeof proposer === "function" ? "function" : "model",
    ...(promptClient !== undefined && { client: promptClient }),
    examples: [...new Set(examples)],
  };
}
