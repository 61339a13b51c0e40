// States of programs, and what else of a case's results names things by their places.
import type { AnyExample } from "../../../src/evaluate/example.ts";
import type { Program } from "../../../src/programs/program.ts";
import type { Demo } from "../../../src/signatures/example.ts";
import { plain } from "../vector-case.ts";
import type { Row } from "./optimizer-case.ts";

export interface PredictorStateRow {
  readonly predictor: string;
  readonly instructions: string;
  readonly demos: readonly unknown[];
}

/** @param root the part whose predictors they are, for a program around another */
export function stateOf(program: Program<never>, root?: string): readonly PredictorStateRow[] {
  return Object.entries(program.predictors()).map(([path, { signature, demos }]) => ({
    predictor: within(root, path),
    instructions: signature.instructions,
    demos: demos.map(demoRow),
  }));
}

function within(root: string | undefined, path: string): string {
  if (root === undefined) return path;
  return path === root ? "self" : path.slice(root.length + 1);
}

export function demoRow(demo: Demo): unknown {
  return plain({ ...demo });
}

/** A state as the files have it: demos that are numbers are items of the trainset. */
export function expectedState(state: unknown, trainset: readonly Row[]): unknown {
  const rows = state as readonly PredictorStateRow[];
  return rows.map((row) => ({ ...row, demos: expectedDemos(row.demos, trainset) }));
}

export function expectedDemos(demos: readonly unknown[], trainset: readonly Row[]): readonly unknown[] {
  return demos.map((demo) => plain(typeof demo === "number" ? trainset[demo] : demo));
}

/** The place of an example in the set that it came from. */
export function placeIn(set: readonly AnyExample[], example: AnyExample): number {
  return set.indexOf(example);
}
