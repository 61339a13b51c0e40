import { predict } from "../../programs/predict/predict.ts";
import type { Predictor } from "../../programs/program.ts";
import { signature } from "../../signatures/signature.ts";
import type { AnySignature, Signature } from "../../signatures/signature-value.ts";

/** The prompts are DSPy's (dspy/teleprompt/gepa/instruction_proposal.py), but for `what_it_is`, which it has no need of. */

/** An answer that cannot be read is not asked for again in the same conversation. */
const OPTIONS = { onUnparsable: "fail" } as const;

const REFLECT = signature(
  "what_it_is, additional_instructions, length_limit, current_instruction, examples_with_feedback: list[dict[str, Any]] -> new_instruction",
  {
    name: "ProposeInstruction",
    instructions: `I provided an assistant with instructions to perform a task for me. You are given those instructions, along with examples of different task inputs provided to the assistant, the assistant's response for each of them, and some feedback on how the assistant's response could be better.

Your task is to write a new instruction for the assistant.

Read the inputs carefully and identify the input format and infer detailed task description about the task I wish to solve with the assistant.

Read all the assistant responses and the corresponding feedback. Identify all niche and domain specific factual information about the task and include it in the instruction, as a lot of it may not be available to the assistant in the future. The assistant may have utilized a generalizable strategy to solve the task, if so, include that in the instruction as well.`,
    fields: {
      what_it_is: { desc: "What the text is that is called the instruction here." },
      additional_instructions: {
        desc: "Additional requirements from the user for the new instruction. Follow them.",
      },
      length_limit: { desc: "Hard limit on the length of the new instruction." },
      current_instruction: { desc: "The instructions I provided to the assistant." },
      examples_with_feedback: {
        desc: "Task inputs provided to the assistant, the assistant's response for each, and feedback on how the response could be better.",
      },
      new_instruction: { desc: "The new instruction for the assistant." },
    },
  },
);

export interface ReflectionInputs {
  readonly what_it_is?: string;
  readonly additional_instructions?: string;
  readonly length_limit?: string;
  readonly current_instruction: string;
  readonly examples_with_feedback: readonly object[];
}

/** Writes a better text; the prompt has the fields in which there is something to be said. @param base in place of its own words */
export function reflectionPredictor(
  inputs: ReflectionInputs,
  base: string | undefined,
): Predictor<ReflectionInputs, { new_instruction: string }> {
  const unused = REFLECT.inputFields.filter(({ name }) => !Object.hasOwn(inputs, name));
  const all: AnySignature = REFLECT;
  const left = unused.reduce((rest, { name }) => rest.delete(name), all);
  const worded = base === undefined || base.trim() === "" ? left : left.withInstructions(base);
  // Inputs alone were taken away.
  return predict(worded as Signature<ReflectionInputs, { new_instruction: string }>, OPTIONS);
}

/** Makes a text shorter that is too long. */
export const SHORTEN = predict(
  signature("instruction, length_limit -> shortened_instruction", {
    name: "ShortenInstruction",
    instructions: `Shorten the instruction to fit within the stated limit. Preserve every
strategy, rule, and constraint; cut redundancy and verbosity. Do not add
new content. Output only the shortened instruction.`,
  }),
  OPTIONS,
);
