import type { AnyExample } from "../../evaluate/example.ts";
import type { Program } from "../../programs/program.ts";
import type { PlannedRuns } from "../search-plan.ts";
import { programText } from "./program-text.ts";
import { DESCRIBE_PREDICTOR, DESCRIBE_PROGRAM, proposalPredictor } from "./proposal-prompts.ts";
import type { Grounds } from "./propose-instruction.ts";
import { taskDemos } from "./task-demos.ts";

/**
 * The calls for so many proposals of instructions for one predictor, as `proposeInstruction` makes them.
 * @param examples which stand for the demos that proposers will be shown; none: they are shown none
 */
export function proposalCalls(
  { program, summary, programAware }: Omit<Grounds, "program"> & { readonly program: Program<never> },
  path: string,
  examples: readonly AnyExample[],
  runs: number,
): readonly PlannedRuns[] {
  const own = program.predictors()[path]?.signature;
  if (own === undefined) return [];
  const demos = examples.map(({ inputs, labels }) => ({ augmented: true, ...inputs, ...labels }));
  const task_demos = taskDemos(own, [[], demos], 1);
  const program_code = programText(program);
  const about = { program_code, program_example: task_demos };
  const inputs = {
    ...(summary !== undefined && { dataset_description: summary }),
    ...(programAware && {
      program_code,
      program_description: SENTENCES,
      module: own.name,
      module_description: SENTENCES,
    }),
    task_demos,
    basic_instruction: own.instructions,
    tip: SENTENCE,
  };
  return [
    ...(programAware ? [{ runs, program: DESCRIBE_PROGRAM, inputs: about }] : []),
    ...(programAware ? [{ runs, program: DESCRIBE_PREDICTOR, inputs: about }] : []),
    { runs, program: proposalPredictor(inputs), inputs },
  ];
}

/** What a model will have said of it. */
const SENTENCES = "word ".repeat(80);
const SENTENCE = "word ".repeat(15);
