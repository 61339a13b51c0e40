import { z } from "zod";
import { fitValue } from "../adapters/fit-value.ts";
import type { LmSampling } from "../lm/sampling.ts";
import type { Demo } from "../signatures/example.ts";
import type { Field, FieldRole } from "../signatures/field.ts";
import { firstIssue } from "../signatures/issue-text.ts";
import { holdsKind } from "../signatures/field-type.ts";
import { typeText } from "../signatures/type-name.ts";
import { checkPredictors } from "./predictor-state.ts";
import type { PredictorState } from "./predictor-state.ts";
import type { AnyPredictor, Program } from "./program.ts";
import { fromSavedJson, toSavedJson } from "./saved-json.ts";
import { SavedProgramError, mismatch } from "./saved-program-error.ts";

/** Raised when a file of this version could not be read by the library of the version before. */
const VERSION = 1;

/**
 * A program as plain JSON: what an optimizer may have changed, and enough of the rest to see that it is loaded into the
 * right program. What a program *does* is code, and is not in it; clients and retries are the deployment's.
 */
export interface DspexState {
  readonly format: "dspex";
  readonly version: number;
  /** The program's name, for people. */
  readonly program: string;
  /** By path. */
  readonly predictors: Readonly<Record<string, SavedPredictor>>;
}

export interface SavedPredictor {
  readonly instructions: string;
  readonly fields: readonly SavedField[];
  readonly demos: readonly Demo[];
  readonly config: LmSampling;
  /** The name of the adapter that was set for it, if one was. */
  readonly adapter?: string | undefined;
}

export interface SavedField {
  readonly name: string;
  readonly role: FieldRole;
  /** In the words of signatures: `list[str]`. */
  readonly type: string;
  readonly desc?: string | undefined;
}

/** @throws UsageError for a demo that holds what is no data, naming predictor and field */
export function dspexStateOf(program: Program): DspexState {
  const predictors = Object.entries(program.predictors()).map(([path, each]) => [path, savedPredictor(path, each)]);
  return {
    format: "dspex",
    version: VERSION,
    program: program.name,
    // Each entry was just made from a path and its predictor.
    predictors: Object.fromEntries(predictors) as Record<string, SavedPredictor>,
  };
}

function savedPredictor(path: string, { signature, demos, config, adapter }: AnyPredictor): SavedPredictor {
  const savedDemo = (demo: Demo, index: number): Demo => {
    const where = (field: string): string => `predictor "${path}", demo ${index + 1}, field "${field}"`;
    const entries = Object.entries(demo).filter(([, value]) => value !== undefined);
    return Object.fromEntries(entries.map(([field, value]) => [field, toSavedJson(value, where(field))]));
  };
  return {
    instructions: signature.instructions,
    fields: signature.fields.map(({ name, role, type, desc }) => ({
      name,
      role,
      type: typeText(type),
      ...(desc !== undefined && { desc }),
    })),
    demos: demos.map(savedDemo),
    config,
    ...(adapter && { adapter: adapter.name }),
  };
}

const SAMPLING = z.strictObject({
  temperature: z.number().exactOptional(),
  maxTokens: z.number().exactOptional(),
  stop: z.array(z.string()).exactOptional(),
  seed: z.number().exactOptional(),
  n: z.number().exactOptional(),
  repeatPenalty: z.number().exactOptional(),
  cache: z.boolean().exactOptional(),
  rolloutId: z.union([z.number(), z.string()]).exactOptional(),
});

const PREDICTOR = z.object({
  instructions: z.string(),
  fields: z.array(
    z.object({
      name: z.string(),
      role: z.enum(["input", "output"]),
      type: z.string(),
      desc: z.string().optional(),
    }),
  ),
  demos: z.array(z.record(z.string(), z.unknown())),
  config: SAMPLING,
  adapter: z.string().optional(),
});

const STATE = z.object({ version: z.int().min(1), predictors: z.record(z.string(), z.unknown()) });

/**
 * What the data says about the predictors of this program.
 * @throws SavedProgramError `newer_version`, `unknown_format`, or `mismatch` that names predictor and field
 */
export function readDspexState(data: object, student: Program): Readonly<Record<string, PredictorState>> {
  const state = STATE.safeParse(data);
  if (!state.success)
    throw new SavedProgramError("unknown_format", `the file is no saved program: ${firstIssue(state.error)}`);
  if (state.data.version > VERSION)
    throw new SavedProgramError(
      "newer_version",
      `the file has version ${state.data.version} of the format, this dspex reads up to ${VERSION}: update dspex`,
    );
  checkPredictors(student, Object.keys(state.data.predictors));
  const states = Object.entries(student.predictors()).map(([path, predictor]) => [
    path,
    readPredictor(path, predictor, state.data.predictors[path]),
  ]);
  // Each entry was just made from a path and its state.
  return Object.fromEntries(states) as Record<string, PredictorState>;
}

function readPredictor(path: string, predictor: AnyPredictor, data: unknown): PredictorState {
  const read = PREDICTOR.safeParse(data);
  if (!read.success) throw mismatch(`not as saved: ${firstIssue(read.error)}`, path);
  const { instructions, fields, demos, config, adapter } = read.data;
  checkFields(path, predictor.signature.fields, fields);
  const descs = new Map(fields.flatMap(({ name, desc }) => (desc === undefined ? [] : [[name, desc] as const])));
  return {
    instructions,
    descs,
    demos: demos.map((demo, index) => readDemo(path, predictor.signature.fields, demo, index)),
    config,
    ...(adapter !== undefined && { adapter }),
  };
}

function checkFields(path: string, own: readonly Field[], saved: readonly SavedField[]): void {
  for (const field of own) {
    const { name, role } = field;
    const there = saved.find((each) => each.name === name);
    if (there === undefined) throw mismatch(`the file has no such field`, path, name);
    if (there.role !== role) throw mismatch(`an ${there.role} in the file, an ${role} in the program`, path, name);
    const type = typeText(field.type);
    if (there.type !== type) throw mismatch(`${there.type} in the file, ${type} in the program`, path, name);
  }
  const unknown = saved.find(({ name }) => !own.some((field) => field.name === name));
  if (unknown !== undefined) throw mismatch(`the program has no such field`, path, unknown.name);
}

function readDemo(path: string, fields: readonly Field[], saved: object, index: number): Demo {
  const entries = Object.entries(saved).map(([name, json]) => {
    const value = fromSavedJson(json);
    const problem = demoProblem(
      fields.find((field) => field.name === name),
      value,
    );
    if (problem !== undefined) throw mismatch(`demo ${index + 1}: ${problem}`, path, name);
    return [name, value] as const;
  });
  return Object.fromEntries(entries);
}

/** Demos may lack fields, have more of them, and give lists to text fields; zod may have transformed a value. */
function demoProblem(field: Field | undefined, value: unknown): string | undefined {
  if (field === undefined || value === null || holdsKind(field.type, ["zod"])) return undefined;
  if (field.type.kind === "str" && Array.isArray(value)) return undefined;
  const fit = fitValue(field.type, value, true);
  return fit.ok ? undefined : fit.problem;
}
