import type { Adapter } from "../../adapters/adapter.ts";
import type { LmSampling } from "../../lm/sampling.ts";
import type { Demo } from "../../signatures/example.ts";
import { makeField } from "../../signatures/field/field.ts";
import { signatureOf } from "../../signatures/signature-value.ts";
import type { Signature } from "../../signatures/signature-value.ts";
import { predict } from "../predict/predict.ts";
import type { AnyPredictor, OnUnparsable, Program } from "../program.ts";
import { withLeaves } from "../program-tree.ts";
import { SavedProgramError } from "./saved-program-error.ts";

/** All that a loaded predictor is, but for its name and its signature's types: what a file says, checked against them. */
export interface PredictorState {
  readonly instructions: string;
  /** By field. One that is not here has none. */
  readonly descs: ReadonlyMap<string, string>;
  readonly demos: readonly Demo[];
  readonly config: LmSampling;
  readonly client: string | undefined;
  readonly adapter: Adapter | undefined;
  readonly onUnparsable: OnUnparsable;
  readonly frozen: boolean;
}

/**
 * Refuses a file that is for a program with other predictors.
 * @throws SavedProgramError `mismatch`, which lists the paths
 */
export function checkPredictors(student: Program, saved: readonly string[]): void {
  const there = Object.keys(student.predictors());
  const lists = `the program's predictors are ${list(there)}, the file's ${list(saved)}`;
  const missing = there.find((path) => !saved.includes(path));
  if (missing !== undefined)
    throw new SavedProgramError("mismatch", `the file has nothing for the predictor "${missing}": ${lists}`, {
      predictor: missing,
    });
  const unknown = saved.find((path) => !there.includes(path));
  if (unknown !== undefined)
    throw new SavedProgramError("mismatch", `the program has no predictor "${unknown}": ${lists}`, {
      predictor: unknown,
    });
}

function list(paths: readonly string[]): string {
  return paths.map((path) => `"${path}"`).join(", ") || "none";
}

/** A copy of the program whose predictors are as the file says. */
export function withStates<Student extends Program>(
  student: Student,
  states: Readonly<Record<string, PredictorState>>,
): Student {
  const loaded = Object.entries(student.predictors()).flatMap(([path, predictor]) => {
    const state = states[path];
    return state === undefined ? [] : [[path, withState(predictor, state)] as const];
  });
  // Not by `withPredictors`, which is for optimizers, and leaves frozen predictors alone.
  return withLeaves(student, Object.fromEntries(loaded));
}

/** Anew and not by edits, which would leave what the file does not have. */
function withState(predictor: AnyPredictor, state: PredictorState): AnyPredictor {
  const { instructions, descs, demos, config, client, adapter, onUnparsable, frozen } = state;
  const { name, fields, inputRefinement, outputRefinement } = predictor.signature;
  const signature = signatureOf({
    name,
    instructions,
    inputRefinement,
    outputRefinement,
    fields: fields.map((field) => makeField({ ...field, desc: descs.get(field.name) })),
  });
  // Fields keep their names and types, so what goes in and comes out is the same.
  return predict(signature as Signature, {
    name: predictor.name,
    demos,
    config,
    client,
    adapter,
    onUnparsable,
    frozen,
  });
}
