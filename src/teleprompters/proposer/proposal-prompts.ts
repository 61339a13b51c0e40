import { predict } from "../../programs/predict/predict.ts";
import type { Predictor } from "../../programs/program.ts";
import { signature } from "../../signatures/signature.ts";
import type { AnySignature, Signature } from "../../signatures/signature-value.ts";

/** The prompts are DSPy's (dspy/propose/grounded_proposer.py). */

/** An answer that cannot be read is not asked for again. */
const OPTIONS = { onUnparsable: "fail" } as const;

const PROGRAM = "Pseudocode for a language model program designed to solve a particular task.";
const EXAMPLE = "An example of the program in use.";
const DESCRIPTION = "Summary of the task the program is designed to solve, and how it goes about solving it.";

/** Says what a program is for. */
export const DESCRIBE_PROGRAM = predict(
  signature("program_code, program_example -> program_description", {
    name: "DescribeProgram",
    instructions:
      "Below is some pseudo-code for a pipeline that solves tasks with calls to language models. Please describe what type of task this program appears to be designed to solve, and how it appears to work.",
    fields: {
      program_code: { desc: PROGRAM },
      program_example: { desc: EXAMPLE },
      program_description: {
        desc: "Describe what task the program is designed to solve, and how it goes about solving this task.",
      },
    },
  }),
  OPTIONS,
);

/** Says what one predictor does in a program. */
export const DESCRIBE_PREDICTOR = predict(
  signature("program_code, program_example, program_description, module -> module_description", {
    name: "DescribePredictor",
    instructions:
      "Below is some pseudo-code for a pipeline that solves tasks with calls to language models. Please describe the purpose of one of the specified module in this pipeline.",
    fields: {
      program_code: { desc: PROGRAM },
      program_example: { desc: EXAMPLE },
      program_description: { desc: DESCRIPTION },
      module: { desc: "The module in the program that we want to describe." },
      module_description: { desc: "Description of the module's role in the broader program." },
    },
  }),
  OPTIONS,
);

const PROPOSE = signature(
  "dataset_description, program_code, program_description, module, module_description, task_demos, basic_instruction, tip -> proposed_instruction",
  {
    name: "ProposeInstruction",
    instructions:
      "Use the information below to learn about a task that we are trying to solve using calls to an LM, then generate a new instruction that will be used to prompt a Language Model to better solve the task.",
    fields: {
      dataset_description: { desc: "A description of the dataset that we are using." },
      program_code: { desc: "Language model program designed to solve a particular task." },
      program_description: { desc: DESCRIPTION },
      module: { desc: "The module to create an instruction for." },
      module_description: { desc: "Description of the module to create an instruction for." },
      task_demos: { desc: "Example inputs/outputs of our module." },
      basic_instruction: { desc: "Basic instruction." },
      tip: { desc: "A suggestion for how to go about generating the new instruction." },
      proposed_instruction: {
        desc: "Propose an instruction that will be used to prompt a Language Model to perform this task.",
      },
    },
  },
);

/** What a proposal is made from, by field of its prompt. */
export type ProposalInputs = Readonly<Record<string, string>>;

/** Proposes an instruction; the prompt has the fields in which there is something to be said. */
export function proposalPredictor(inputs: ProposalInputs): Predictor<ProposalInputs, { proposed_instruction: string }> {
  const unused = PROPOSE.inputFields.filter(({ name }) => !Object.hasOwn(inputs, name));
  const all: AnySignature = PROPOSE;
  const left = unused.reduce((rest, { name }) => rest.delete(name), all);
  // Inputs alone were taken away, and those that are left are texts.
  return predict(left as Signature<ProposalInputs, { proposed_instruction: string }>, OPTIONS);
}
