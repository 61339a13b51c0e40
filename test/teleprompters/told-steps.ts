import type { Program } from "../../src/programs/program.ts";
import type { JobHandle } from "../../src/teleprompters/job/job-handle.ts";
import type { JobStep } from "../../src/teleprompters/job/job-board.ts";

/** All that a job has told, once it is over. */
export async function stepsOf(handle: Pick<JobHandle, "steps">): Promise<readonly JobStep[]> {
  const steps: JobStep[] = [];
  for await (const step of handle.steps()) steps.push(step);
  return steps;
}

export function instructionsOf(program: Program<never>): readonly string[] {
  return Object.values(program.predictors()).map(({ signature }) => signature.instructions);
}

/** What can be compared of steps. */
export function shownSteps(steps: readonly JobStep[]): unknown {
  return steps.map(({ name, score, full, note, parents, program }) => ({
    name,
    score,
    full,
    note,
    parents,
    state: Object.values(program.predictors()).map(({ signature, demos }) => [signature.instructions, demos]),
  }));
}
