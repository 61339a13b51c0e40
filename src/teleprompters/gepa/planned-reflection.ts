import { valueText } from "../proposer/value-text.ts";
import type { PlannedRuns } from "../search-plan.ts";
import type { TextPlace } from "../texts.ts";
import type { SearchTask } from "../teleprompter.ts";
import type { GepaRules } from "./gepa-options.ts";
import { inputsFor, PROPOSER_ADAPTER } from "./propose-texts.ts";
import { reflectionPredictor } from "./reflection-prompts.ts";

/**
 * A reflection beforehand, for the first of the texts: on the first examples, as if runs had given their labels. What a writer of
 * one's own asks nobody knows: its calls count as the student's.
 */
export function plannedReflection(
  { trainset }: SearchTask,
  [place]: readonly TextPlace[],
  { proposer, minibatch }: GepaRules,
): Omit<PlannedRuns, "runs"> {
  if (typeof proposer === "function" || place === undefined) return {};
  const { path, kind, text } = place;
  const examples = trainset.slice(0, minibatch).map(({ id, inputs, labels }) => ({
    inputs: textsOf(inputs),
    outputs: textsOf(labels),
    feedback: FEEDBACK,
    example: id,
  }));
  const wanted = { path, kind, about: undefined, current: text, original: text, examples, texts: {} };
  const inputs = inputsFor(wanted, proposer);
  const program = reflectionPredictor(inputs, proposer.baseInstructions);
  return { program, adapter: proposer.adapter ?? PROPOSER_ADAPTER, inputs };
}

/** What metrics say without words of their own. */
const FEEDBACK = "This trajectory got a score of 0.5.";

function textsOf(values: object): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, valueText(value)]));
}
