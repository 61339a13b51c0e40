import { UsageError } from "../../foundation/errors.ts";
import type { AnyPredictor, Program } from "../../programs/program.ts";
import type { Demo } from "../../signatures/example.ts";
import type { AnySignature } from "../../signatures/signature-value.ts";
import { answerOf } from "./ask.ts";
import type { Ask, AskOptions } from "./ask.ts";
import { predictorText, programText } from "./program-text.ts";
import { DESCRIBE_PREDICTOR, DESCRIBE_PROGRAM, proposalPredictor } from "./proposal-prompts.ts";
import type { ProposalInputs } from "./proposal-prompts.ts";
import { stripPrefix } from "./strip-prefix.ts";
import { taskDemos } from "./task-demos.ts";

/** What all proposals for a program rest on. */
export interface Grounds {
  readonly program: Program;
  /** What `summarizeDataset` says of the data. Left out: proposers are told nothing of it. */
  readonly summary?: string | undefined;
  /** Whether proposers are told of the program, and of the predictor's part in it: two calls more each. */
  readonly programAware: boolean;
}

/** One proposal: what is drawn for it was drawn before, so that proposals can be asked for side by side. */
export interface ProposalOf extends AskOptions {
  /** Whose instruction it is: its path in `program.predictors()`. */
  readonly predictor: string;
  /** The demo sets of this predictor; none: proposers see no demos. */
  readonly demoSets: readonly (readonly Demo[])[];
  /** The one that it goes with. 0 stands for none. */
  readonly set: number;
  /** One of `TIPS`, or another sentence. Empty: none. */
  readonly tip: string;
}

/** What a proposer is told of the program: texts for its prompt. */
interface ProgramNotes {
  readonly program_description: string;
  readonly module: string;
  readonly module_description: string;
}

/** What stands where nobody could say. */
const NO_NOTES: ProgramNotes = Object.freeze({
  program_description: "Not available",
  module: "Not provided",
  module_description: "Not provided",
});

/**
 * An instruction for one predictor of a program, by what is known of its data, of the program, of its demos, and with a tip
 * (the grounded proposer of MIPRO: Opsahl-Ong et al., 2024; DSPy's `GroundedProposer`). One call, or three where proposers
 * are told of the program.
 *
 * Undefined where the model gave none that can be read or that says anything. Where it could not describe the program, the
 * proposal goes on without.
 *
 * @throws UsageError (rejects) for a predictor that is not there; and what `ask` rejects with, unless it is about this answer alone
 */
export async function proposeInstruction(ask: Ask, grounds: Grounds, of: ProposalOf): Promise<string | undefined> {
  const description = grounds.programAware ? await describeProgram(ask, grounds, of) : undefined;
  const notes = await describePredictor(ask, grounds, of, description);
  return writeInstruction(ask, grounds, of, notes);
}

/**
 * The same for many, side by side, in rounds: all descriptions of the program, those of the predictors, then the proposals.
 * So calls are asked for in one order, whatever the timing.
 */
export async function proposeInstructions(
  ask: Ask,
  grounds: Grounds,
  proposals: readonly ProposalOf[],
): Promise<readonly (string | undefined)[]> {
  const descriptions = grounds.programAware
    ? await Promise.all(proposals.map((of) => describeProgram(ask, grounds, of)))
    : [];
  const notes = await Promise.all(
    proposals.map((of, place) => describePredictor(ask, grounds, of, descriptions[place])),
  );
  return Promise.all(proposals.map((of, place) => writeInstruction(ask, grounds, of, notes[place] ?? NO_NOTES)));
}

async function describeProgram(ask: Ask, { program }: Grounds, of: ProposalOf): Promise<string | undefined> {
  const { signature: own } = predictorAt(program, of);
  const inputs = { program_code: programText(program), program_example: demosFor(own, of) };
  const made = await answerOf(ask, DESCRIBE_PROGRAM, inputs, optionsOf(of));
  return made && stripPrefix(made.program_description);
}

async function describePredictor(
  ask: Ask,
  { program }: Grounds,
  of: ProposalOf,
  program_description: string | undefined,
): Promise<ProgramNotes> {
  if (program_description === undefined) return NO_NOTES;
  const predictor = predictorAt(program, of);
  const module = predictorText(predictor);
  const inputs = {
    program_code: programText(program),
    program_example: demosFor(predictor.signature, of),
    program_description,
    module,
  };
  const made = await answerOf(ask, DESCRIBE_PREDICTOR, inputs, optionsOf(of));
  return {
    program_description,
    module,
    module_description: made?.module_description ?? NO_NOTES.module_description,
  };
}

async function writeInstruction(
  ask: Ask,
  { program, summary, programAware }: Grounds,
  of: ProposalOf,
  notes: ProgramNotes,
): Promise<string | undefined> {
  const { signature: own } = predictorAt(program, of);
  const inputs: ProposalInputs = {
    ...(summary !== undefined && { dataset_description: summary }),
    ...(programAware && { program_code: programText(program), ...notes }),
    task_demos: demosFor(own, of),
    basic_instruction: own.instructions,
    ...(of.tip !== "" && { tip: of.tip }),
  };
  const made = await answerOf(ask, proposalPredictor(inputs), inputs, optionsOf(of));
  if (made === undefined) return undefined;
  // Twice, as DSPy does: what stands behind a prefix may begin with another.
  const instruction = stripPrefix(stripPrefix(made.proposed_instruction));
  return instruction.trim() === "" ? undefined : instruction;
}

function demosFor(own: AnySignature, { demoSets, set }: ProposalOf): string {
  return taskDemos(own, demoSets, set);
}

function optionsOf({ rolloutId, temperature }: ProposalOf): AskOptions {
  return { ...(rolloutId !== undefined && { rolloutId }), ...(temperature !== undefined && { temperature }) };
}

function predictorAt(program: Program, { predictor: path }: ProposalOf): AnyPredictor {
  const predictors = program.predictors();
  const found = Object.hasOwn(predictors, path) ? predictors[path] : undefined;
  if (found !== undefined) return found;
  const paths = Object.keys(predictors).join(", ") || "none";
  throw new UsageError(`proposeInstruction: ${program.name} has no predictor at "${path}"; there are ${paths}`);
}
