import type { LmSampling } from "../lm/language-model.ts";
import type { Demo } from "../signatures/example.ts";
import { makeField } from "../signatures/field.ts";
import { signatureOf } from "../signatures/signature-value.ts";
import type { Signature } from "../signatures/signature-value.ts";
import type { AnyPredictor, Program } from "./program.ts";
import { SavedProgramError } from "./saved-program-error.ts";
import { adapterNamed } from "./adapter-names.ts";

/** What a file says about a predictor, checked against the predictor that it is for. */
export interface PredictorState {
  readonly instructions: string;
  /** By field. One that is not here has none. */
  readonly descs: ReadonlyMap<string, string>;
  readonly demos: readonly Demo[];
  readonly config: LmSampling;
  /** An adapter's name. Left out: the program's stays. */
  readonly adapter?: string;
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
    return state === undefined ? [] : [[path, withState(predictor, state, path)] as const];
  });
  // The same program with other texts and demos in its predictors: its type stays.
  return student.withPredictors(Object.fromEntries(loaded)) as Student;
}

function withState(predictor: AnyPredictor, state: PredictorState, path: string): AnyPredictor {
  const { adapter } = state;
  const { name, fields, inputRefinement, outputRefinement } = predictor.signature;
  const signature = signatureOf({
    name,
    instructions: state.instructions,
    inputRefinement,
    outputRefinement,
    fields: fields.map((field) => makeField({ ...field, desc: state.descs.get(field.name) })),
  });
  return predictor.with({
    // Fields keep their names and types, so what goes in and comes out is the same.
    signature: signature as Signature,
    demos: state.demos,
    config: state.config,
    ...(adapter !== undefined && adapter !== predictor.adapter?.name && { adapter: adapterNamed(adapter, path) }),
  });
}
