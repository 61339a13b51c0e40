import { checkOptions, optionNames } from "../../foundation/check-options.ts";
import { describe, UsageError } from "../../foundation/errors.ts";
import { isProgram, notProgram } from "../../programs/program-tree.ts";
import type { AskOptions, ScoredCandidate, SearchTrial } from "../teleprompter.ts";
import type { TrainingStep } from "../training/training-step.ts";

const TRIAL = optionNames<SearchTrial>({ program: true, example: true, config: true, client: true, adapter: true });
const ASK = optionNames<AskOptions>({ about: true, metric: true, wants: true });
const WANTS = optionNames<Record<NonNullable<AskOptions["wants"]>, unknown>>({
  score: true,
  outputs: true,
  trace: true,
  training: true,
  sampled: true,
});

/** @throws UsageError for what a search cannot ask for: whoever writes a teleprompter hears of it where it is asked */
export function checkAsk(trials: readonly SearchTrial[], options: AskOptions): void {
  const what = "search.run";
  if (!Array.isArray(trials)) throw new UsageError(`${what}: expected a list of trials, got ${describe(trials)}`);
  for (const trial of trials as readonly SearchTrial[]) {
    checkOptions(`${what}: a trial`, trial, TRIAL);
    const { program, example } = trial;
    if (!isProgram(program)) throw notProgram(`${what}: the program of a trial must be`, program);
    if (!isExample(example))
      throw new UsageError(`${what}: the example of a trial must be one of a set, got ${describe(example)}`);
  }
  checkOptions(what, options, ASK);
  checkText(`${what}: about`, options.about);
  const { wants = "score" } = options;
  if (!WANTS.includes(wants))
    throw new UsageError(`${what}: wants must be one of ${WANTS.join(", ")}, got ${describe(wants)}`);
}

/** @throws UsageError for a candidate that nobody could compare or tell of */
export function checkCandidate(candidate: ScoredCandidate): void {
  const what = "search.scored";
  if (typeof candidate !== "object" || (candidate as unknown) === null)
    throw new UsageError(`${what}: expected a candidate, got ${describe(candidate)}`);
  const { name, program, score, scores } = candidate;
  checkText(`${what}: name`, name);
  if (!isProgram(program)) throw notProgram(`${what}: the program of "${name}" must be`, program);
  const isScore = (value: unknown): boolean => typeof value === "number" && Number.isFinite(value);
  if (!isScore(score)) throw new UsageError(`${what}: the score of "${name}" must be a number, got ${describe(score)}`);
  if (!Array.isArray(scores) || !scores.every((each) => each === undefined || isScore(each)))
    throw new UsageError(
      `${what}: the scores of "${name}" must be numbers, or undefined for trials that failed, got ${describe(scores)}`,
    );
}

/** @throws UsageError */
export function checkTraining(step: TrainingStep): void {
  const what = "search.train";
  if (typeof step !== "object" || (step as unknown) === null || typeof step.perform !== "function")
    throw new UsageError(`${what}: expected { about, facts, perform }, got ${describe(step)}`);
  checkText(`${what}: about`, step.about);
}

/** @throws UsageError for what is no text that says something */
export function checkText(what: string, text: unknown): void {
  if (typeof text !== "string" || text === "")
    throw new UsageError(`${what} must be a text that is not empty, got ${describe(text)}`);
}

function isExample(value: unknown): boolean {
  return typeof value === "object" && value !== null && "inputs" in value && typeof value.inputs === "object";
}
