import { numberText } from "../../adapters/values/python-text.ts";
import { formatValue } from "../../adapters/values/format-value.ts";
import { predict } from "../../programs/predict/predict.ts";
import { fieldPrefix } from "../../signatures/field/field-names.ts";
import { signature } from "../../signatures/signature.ts";
import type { AnySignature } from "../../signatures/signature-value.ts";

/** The prompts are DSPy's (dspy/teleprompt/copro_optimizer.py). One that cannot be read is asked for as JSON where the job repairs answers. */
const OPTIONS = { onUnparsable: "json" } as const;

const PROPOSED = {
  proposed_instruction: { desc: "The improved instructions for the language model" },
  proposed_prefix_for_output_field: {
    desc: "The string at the end of the prompt, which will help the model start solving the task",
  },
} as const;

/** Proposes an instruction in place of the one there is. */
export const PROPOSE_FIRST = predict(
  signature("basic_instruction -> proposed_instruction, proposed_prefix_for_output_field", {
    name: "ProposeFirst",
    instructions:
      "You are an instruction optimizer for large language models. I will give you a ``signature`` of fields (inputs and outputs) in English. Your task is to propose an instruction that will lead a good language model to perform the task well. Don't be afraid to be creative.",
    fields: { basic_instruction: { desc: "The initial instructions before optimization" }, ...PROPOSED },
  }),
  OPTIONS,
);

/** Proposes an instruction by how others have done: see {@link attemptsText}. */
export const PROPOSE_BETTER = predict(
  signature("attempted_instructions -> proposed_instruction, proposed_prefix_for_output_field", {
    name: "ProposeBetter",
    instructions: `You are an instruction optimizer for large language models. I will give some task instructions I've tried, along with their corresponding validation scores. The instructions are arranged in increasing order based on their scores, where higher scores indicate better quality.

Your task is to propose a new instruction that will lead a good language model to perform the task even better. Don't be afraid to be creative.`,
    fields: PROPOSED,
  }),
  OPTIONS,
);

/** An instruction and the prefix of the last field. Prompts show no prefixes; proposers are told of them all the same. */
export interface PrefixedInstruction {
  readonly instruction: string;
  readonly prefix: string;
}

export interface Attempt extends PrefixedInstruction {
  /** In percent, rounded to two digits. */
  readonly score: number;
}

/** What the original of a predictor is: its instructions, and its last field's name in words. */
export function originalOf({ instructions, fields }: AnySignature): PrefixedInstruction {
  return { instruction: instructions, prefix: fieldPrefix(fields.at(-1)?.name ?? "") };
}

/** What a model has proposed, without the double quotes and the white space around it. */
export function proposalOf(made: {
  readonly proposed_instruction: string;
  readonly proposed_prefix_for_output_field: string;
}): PrefixedInstruction {
  return {
    instruction: unquoted(made.proposed_instruction),
    prefix: unquoted(made.proposed_prefix_for_output_field),
  };
}

/**
 * The best attempts, the worst of them first; of equals the latest comes first.
 * @param attempts In the order in which they were made
 * @param most So many are told
 */
export function attemptsText(attempts: readonly Attempt[], most: number): string {
  const best = attempts.toSorted((a, b) => b.score - a.score).slice(0, most);
  const lines = best
    .toReversed()
    .flatMap(({ instruction, prefix, score }, place) => [
      `Instruction #${place + 1}: ${instruction}`,
      `Prefix #${place + 1}: ${prefix}`,
      `Resulting Score #${place + 1}: ${numberText(score, "float")}`,
    ]);
  return formatValue({ kind: "str" }, lines);
}

function unquoted(text: string): string {
  return text.replace(/^"+/, "").replace(/"+$/, "").trim();
}
