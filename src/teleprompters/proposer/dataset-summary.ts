import { checkNumber, WHOLE_ABOVE_0 } from "../../foundation/check-options.ts";
import type { AnyExample } from "../../evaluate/example.ts";
import { predict } from "../../programs/predict/predict.ts";
import { signature } from "../../signatures/signature.ts";
import type { PlannedRuns } from "../search-plan.ts";
import { answerOf } from "./ask.ts";
import type { Ask } from "./ask.ts";
import { stripPrefix } from "./strip-prefix.ts";
import { examplesText } from "./value-text.ts";

/** The prompts are DSPy's (dspy/propose/dataset_summary_generator.py). An answer that cannot be read is not asked for again. */
const OPTIONS = { config: { temperature: 1, n: 1 }, onUnparsable: "fail" } as const;

const AREAS =
  "It will be useful to make an educated guess as to the nature of the task this dataset will enable. Don't be afraid to be creative";

const OBSERVE = predict(
  signature("examples -> observations", {
    name: "DescribeDataset",
    instructions: `Given several examples from a dataset please write observations about trends that hold for most or all of the samples. Some areas you may consider in your observations: topics, content, syntax, conciseness, etc. ${AREAS}`,
    fields: {
      examples: { desc: "Sample data points from the dataset" },
      observations: { desc: "Somethings that holds true for most or all of the data you observed" },
    },
  }),
  OPTIONS,
);

const OBSERVE_MORE = predict(
  signature("examples, prior_observations -> observations", {
    name: "DescribeMoreOfDataset",
    instructions: `Given several examples from a dataset please write observations about trends that hold for most or all of the samples. I will also provide you with a few observations I have already made.  Please add your own observations or if you feel the observations are comprehensive say 'COMPLETE' Some areas you may consider in your observations: topics, content, syntax, conciceness, etc. ${AREAS}`,
    fields: {
      examples: { desc: "Sample data points from the dataset" },
      prior_observations: { desc: "Some prior observations I made about the data" },
      observations: {
        desc: "Somethings that holds true for most or all of the data you observed or COMPLETE if you have nothing to add",
      },
    },
  }),
  OPTIONS,
);

const SUMMARIZE = predict(
  signature("observations -> summary", {
    name: "SummarizeObservations",
    instructions:
      "Given a series of observations I have made about my dataset, please summarize them into a brief 2-3 sentence summary which highlights only the most important details.",
    fields: {
      observations: { desc: "Observations I have made about my dataset" },
      summary: { desc: "Two to Three sentence summary of only the most significant highlights of my observations" },
    },
  }),
  OPTIONS,
);

/** So many batches are looked at after the first. */
const MOST_FURTHER = 9;
/** After so many batches to which the model has nothing to add, no other is looked at. */
const ENOUGH_SAID = 5;

export interface SummaryOptions {
  /** Examples that the model is shown at once. Default 10. */
  readonly batchSize?: number | undefined;
}

/**
 * What the examples have in common, in two or three sentences: observations on a batch of them, on up to nine more with what
 * was observed so far, then the summary of all. One call after another, eleven at most.
 *
 * Undefined where the model gave none: without examples, or where the first observations or the summary cannot be read. A
 * further batch that comes to nothing ends the looking; what was observed before it is summarized.
 *
 * @throws UsageError (rejects) for a batch of no size; and what `ask` rejects with, unless it is about one answer alone
 */
export async function summarizeDataset(
  ask: Ask,
  examples: readonly AnyExample[],
  { batchSize = 10 }: SummaryOptions = {},
): Promise<string | undefined> {
  checkNumber("summarizeDataset", "batchSize", batchSize, WHOLE_ABOVE_0);
  if (examples.length === 0) return undefined;
  const first = await answerOf(ask, OBSERVE, { examples: examplesText(examples.slice(0, batchSize)) });
  if (first === undefined || first.observations === "") return undefined;
  const observations = await observeMore(ask, first.observations, examples, batchSize);
  const last = await answerOf(ask, SUMMARIZE, { observations });
  return last === undefined ? undefined : stripPrefix(last.summary) || undefined;
}

/** The calls of {@link summarizeDataset}, at most: on a batch, on further ones, and for the summary. */
export function summaryCalls(examples: readonly AnyExample[], batchSize: number): readonly PlannedRuns[] {
  const further = Math.min(MOST_FURTHER, Math.ceil(examples.length / batchSize) - 1);
  const shown = { examples: examplesText(examples.slice(0, batchSize)) };
  return [
    { runs: 1, program: OBSERVE, inputs: shown },
    ...(further > 0 ? [{ runs: further, program: OBSERVE_MORE, inputs: shown }] : []),
    { runs: 1, program: SUMMARIZE },
  ];
}

async function observeMore(
  ask: Ask,
  first: string,
  examples: readonly AnyExample[],
  batchSize: number,
): Promise<string> {
  let observations = first;
  let skipped = 0;
  for (let batch = 1; batch <= MOST_FURTHER && batch * batchSize < examples.length; batch += 1) {
    const shown = examples.slice(batch * batchSize, (batch + 1) * batchSize);
    const inputs = { examples: examplesText(shown), prior_observations: observations };
    const more = await answerOf(ask, OBSERVE_MORE, inputs);
    if (more === undefined) break;
    if (more.observations.slice(0, 8).toUpperCase() === "COMPLETE") {
      skipped += 1;
      if (skipped >= ENOUGH_SAID) break;
    } else observations += more.observations;
  }
  return observations;
}
