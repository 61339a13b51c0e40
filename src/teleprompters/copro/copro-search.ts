import { UsageError } from "../../foundation/errors.ts";
import { heard } from "../../foundation/heard.ts";
import type { AnyExample } from "../../evaluate/example.ts";
import type { AnyPredictor, Program } from "../../programs/program.ts";
import { tunablePredictors } from "../../programs/replace-predictors.ts";
import { type CandidateScore, type EvaluatedCandidate, evaluateRivals, isBetter } from "../candidate-score.ts";
import { changedInstructions } from "../changed-instructions.ts";
import { answerOf } from "../proposer/ask.ts";
import { askBySearch } from "../proposer/ask-by-search.ts";
import {
  type Attempt,
  attemptsText,
  originalOf,
  type PrefixedInstruction,
  proposalOf,
  PROPOSE_BETTER,
  PROPOSE_FIRST,
} from "../proposer/copro-prompts.ts";
import type { Search, TextOrigin } from "../teleprompter.ts";
import type { CoproRules } from "./copro-options.ts";

/** An instruction of one predictor that is known, the first time that it did as well as it did at best. */
export interface KeptAttempt extends Attempt {
  /** From 0. */
  readonly depth: number;
  /** The candidate's name, and the program as it was then. */
  readonly name: string;
  readonly program: Program<never>;
  readonly scored: CandidateScore;
}

/** For whoever looks on. */
export interface CoproHooks {
  /** Told after each predictor of each depth: all attempts of it that are kept, in the order in which each was first made. */
  kept?(path: string, depth: number, kept: readonly KeptAttempt[]): void;
}

/** An instruction, and where it came from. */
interface Rival extends PrefixedInstruction {
  /** In words. */
  readonly from: string;
  readonly origin: TextOrigin;
}

/** COPRO's search: at each depth, predictor by predictor, the best of what is proposed takes the place of what there is. */
export async function coproSearch(search: Search, rules: CoproRules, hooks: CoproHooks = {}): Promise<Program<never>> {
  const { student } = search;
  const { depth: depths } = rules;
  const examples = search.valset ?? search.trainset;
  if (examples.length === 0) throw new UsageError("copro: there are no examples to compare on");
  const predictors = Object.entries(tunablePredictors(student));
  const given = heard(warmStarted(search, rules, examples));
  const proposing = new Map(
    predictors.map(([path, predictor]) => [path, proposedFirst(search, rules, path, predictor)]),
  );
  const rivals = new Map<string, readonly Rival[]>();
  const attempts = new Map(predictors.map(([path]) => [path, new Map<string, KeptAttempt>()]));
  let present = { name: "student", program: student, told: student };
  /** By predictor, who had its present instructions first. */
  const owners = new Map<string, string>();

  for (let depth = 0; depth < depths; depth += 1) {
    for (const [path] of predictors) {
      const fresh = (await proposing.get(path)) ?? [];
      const all = [...(rivals.get(path) ?? []), ...fresh];
      rivals.set(path, all);
      // Where other predictors have changed, what is known may do otherwise now.
      const tried = predictors.length > 1 ? all : fresh;
      const kept = attempts.get(path) as Map<string, KeptAttempt>;
      const programs = tried.map(({ instruction }) => instructed(present.program, path, instruction));
      const about = `depth ${depth}, ${path}`;
      const scores = await evaluateRivals(search, programs, examples, { about, metric: rules.metric });
      for (const [at, rival] of tried.entries()) {
        // There is one of each.
        const [program, scored] = [programs[at] as Program<never>, scores[at] as EvaluatedCandidate];
        const changed = changedInstructions(program, present.told);
        const isStudent = rival.from === OWN && depth === 0 && path === predictors[0]?.[0];
        const name = isStudent ? "student" : `${about} ${at + 1}`;
        const parents = isStudent ? [] : [present.name];
        const note = isStudent ? "as it was given" : `${path}: ${rival.from}`;
        // Its parent had what it is named for, and maybe other instructions of other predictors.
        const origins = Object.fromEntries(
          changed.map((each): [string, TextOrigin] =>
            each === path
              ? [each, rival.origin]
              : [each, { by: "candidate", candidate: owners.get(each) ?? "student" }],
          ),
        );
        search.scored({ name, program, ...scored, parents, note, changed, origins });
        const { instruction, prefix } = rival;
        const key = JSON.stringify([instruction, prefix]);
        const before = kept.get(key);
        if (before === undefined || isBetter(scored, before.scored))
          kept.set(key, { instruction, prefix, score: scored.score, depth, name, program, scored });
      }
      const list = [...kept.values()];
      hooks.kept?.(path, depth, list);
      const best = bestOf(list);
      // It is the program of this depth that takes the instruction: the others may have changed since.
      if (best !== undefined) {
        present = {
          name: best.name,
          program: instructed(present.program, path, best.instruction),
          told: best.program,
        };
        owners.set(path, best.name);
      }
      if (depth + 1 < depths) proposing.set(path, proposedBetter(search, rules, path, depth + 1, list));
    }
  }
  const made = [...attempts.values()].flatMap((kept) => [...kept.values()]);
  return bestOf([...made, ...(await given)])?.program ?? student;
}

const OWN = "its own instructions";

/** Of equals the first. */
function bestOf<Each extends { readonly scored: CandidateScore }>(all: readonly Each[]): Each | undefined {
  return all.reduce<Each | undefined>(
    (best, each) => (best === undefined || isBetter(each.scored, best.scored) ? each : best),
    undefined,
  );
}

/** The same program where nothing changes. */
function instructed(program: Program<never>, path: string, instructions: string): Program<never> {
  const predictor = program.predictors()[path] as AnyPredictor;
  if (predictor.signature.instructions === instructions) return program;
  return program.withPredictors({ [path]: predictor.with({ instructions }) });
}

async function warmStarted(
  search: Search,
  { metric }: CoproRules,
  examples: readonly AnyExample[],
): Promise<readonly { readonly program: Program<never>; readonly scored: CandidateScore }[]> {
  const { warmStart } = search;
  if (warmStart.length === 0) return [];
  const scores = await evaluateRivals(search, warmStart, examples, { about: "warm start", metric });
  return warmStart.map((program, at) => {
    // There is one for each.
    const scored = scores[at] as EvaluatedCandidate;
    search.scored({ name: `warm start ${at + 1}`, program, ...scored, note: "given to begin with" });
    return { program, scored };
  });
}

/** What is tried first: proposals, and after them the predictor's own instructions and those of a warm start. */
function proposedFirst(
  search: Search,
  { breadth, initTemperature, promptClient }: CoproRules,
  path: string,
  { signature }: AnyPredictor,
): Promise<readonly Rival[]> {
  const ask = askBySearch(search, promptClient);
  const original = originalOf(signature);
  const asked = Array.from({ length: breadth - 1 }, (_, at) =>
    answerOf(
      ask,
      PROPOSE_FIRST,
      { basic_instruction: original.instruction },
      { temperature: initTemperature, rolloutId: at },
    ),
  );
  const earlier = search.warmStart.flatMap((program, at): Rival[] => {
    const instruction = program.predictors()[path]?.signature.instructions;
    const isNew = instruction !== undefined && instruction !== original.instruction;
    const name = `warm start ${at + 1}`;
    const origin = { by: "candidate", candidate: name } as const;
    return isNew ? [{ ...original, instruction, from: `the instructions of ${name}`, origin }] : [];
  });
  return heard(
    Promise.all(asked).then((made) => [
      ...readable(made, "a model's proposal", proposedBy(promptClient)),
      { ...original, from: OWN, origin: { by: "candidate", candidate: "student" } },
      ...earlier,
    ]),
  );
}

function proposedBetter(
  search: Search,
  { breadth, initTemperature, promptClient }: CoproRules,
  path: string,
  depth: number,
  attempts: readonly KeptAttempt[],
): Promise<readonly Rival[]> {
  const ask = askBySearch(search, promptClient);
  const attempted_instructions = attemptsText(attempts, breadth);
  const asked = Array.from({ length: breadth }, (_, at) =>
    // Another one than at any depth before, also where it is told the same.
    answerOf(
      ask,
      PROPOSE_BETTER,
      { attempted_instructions },
      { temperature: initTemperature, rolloutId: depth * breadth + at },
    ),
  );
  const from = `a model's proposal, by how ${Math.min(breadth, attempts.length)} of ${path} did`;
  return heard(Promise.all(asked).then((made) => readable(made, from, proposedBy(promptClient))));
}

type Made = Parameters<typeof proposalOf>[0] | undefined;

function readable(made: readonly Made[], from: string, origin: TextOrigin): readonly Rival[] {
  return made.flatMap((each) => {
    const proposal = each && proposalOf(each);
    return proposal === undefined || proposal.instruction === "" ? [] : [{ ...proposal, from, origin }];
  });
}

/** Whoever proposes is shown instructions and their scores, and no example. */
function proposedBy(promptClient: string | undefined): TextOrigin {
  return { by: "model", ...(promptClient !== undefined && { client: promptClient }), examples: [] };
}
