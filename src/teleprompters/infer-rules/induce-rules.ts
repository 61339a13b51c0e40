import { LmError } from "../../lm/failure.ts";
import type { AnyExample } from "../../evaluate/example.ts";
import { type ChainOfThought, chainOfThought } from "../../programs/modules/chain-of-thought.ts";
import { signature } from "../../signatures/signature.ts";
import type { AnySignature } from "../../signatures/signature-value.ts";
import { answerOf } from "../proposer/ask.ts";
import type { Ask } from "../proposer/ask.ts";
import { valueText } from "../proposer/value-text.ts";

type Inducer = ChainOfThought<{ examples_text: string }, { natural_language_rules: string }>;

/** Draws rules out of examples; the prompt is DSPy's (dspy/teleprompt/infer_rules.py). */
export function rulesInducer(numRules: number): Inducer {
  return chainOfThought(
    signature("examples_text -> natural_language_rules", {
      name: "InduceRules",
      instructions: `Given a set of examples, extract a list of ${numRules} concise and non-redundant natural language rules that provide clear guidance for performing the task. All rules should be actionable for a well-specified scope of examples of this general kind of task.`,
      fields: {
        examples_text: { desc: "Text containing examples" },
        natural_language_rules: { desc: "Induced natural language rules" },
      },
    }),
    { onUnparsable: "json" },
  );
}

/** What examples hold of a predictor's fields, as text. */
export function casesText({ inputFields, outputFields }: AnySignature, examples: readonly AnyExample[]): string {
  const lines = (values: object, fields: AnySignature["fields"]): string =>
    Object.entries(values)
      .filter(([name]) => fields.some((field) => field.name === name))
      .map(([name, value]) => `${name}: ${valueText(value)}`)
      .join("\n");
  return examples
    .map(({ inputs, labels }) => ({ ...inputs, ...labels }))
    .map(
      (all) =>
        `Input Fields:\n${lines(all, inputFields)}\n\n=========\nOutput Fields:\n${lines(all, outputFields)}\n\n`,
    )
    .join("");
}

export interface Induced {
  /** Undefined: no model gave any that could be read. */
  readonly rules: string | undefined;
  /** Out of so many of the examples. */
  readonly examples: number;
  readonly calls: number;
}

/**
 * Rules for one predictor, out of examples. Where these do not fit into the model's context they are asked for without the last
 * one, and so on; where the answer cannot be read or is empty, once more.
 *
 * @param rollout The next rollout id, for each call
 * @throws LmError where a single example does not fit
 */
export async function induceRules(
  ask: Ask,
  inducer: Inducer,
  own: AnySignature,
  examples: readonly AnyExample[],
  rollout: () => number,
): Promise<Induced> {
  let shown = examples;
  let unreadable = 0;
  for (let calls = 1; ; calls += 1) {
    const tooLong: LmError[] = [];
    const watched: Ask = (program, inputs, options) =>
      ask(program, inputs, options).catch((thrown: unknown) => {
        if (thrown instanceof LmError && thrown.code === "context_too_long") tooLong.push(thrown);
        throw thrown;
      });
    const inputs = { examples_text: casesText(own, shown) };
    const made = await answerOf(watched, inducer, inputs, { temperature: 1, rolloutId: rollout() });
    const rules = made?.natural_language_rules.trim() ?? "";
    if (rules !== "") return { rules, examples: shown.length, calls };
    const [overflow] = tooLong;
    // No candidate would come to rules.
    if (overflow !== undefined && shown.length <= 1) throw overflow;
    if (overflow === undefined && unreadable > 0) return { rules: undefined, examples: shown.length, calls };
    if (overflow === undefined) unreadable += 1;
    else shown = shown.slice(0, -1);
  }
}
