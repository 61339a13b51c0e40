import { z } from "zod";
import { adapterFacts } from "../../adapters/adapter-settings.ts";
import type { AdapterFacts } from "../../adapters/adapter-settings.ts";
import { fitValue } from "../../adapters/values/fit-value.ts";
import { SAMPLING_SCHEMA } from "../../lm/sampling.ts";
import type { LmSampling } from "../../lm/sampling.ts";
import type { Demo } from "../../signatures/example.ts";
import type { Field, FieldRole } from "../../signatures/field/field.ts";
import { firstIssue } from "../../signatures/issue-text.ts";
import { holdsKind } from "../../signatures/types/field-type.ts";
import { typeText } from "../../signatures/types/type-name.ts";
import { checkPredictors, withStates } from "./predictor-state.ts";
import type { PredictorState } from "./predictor-state.ts";
import { parametersOf, withParameters } from "../program-parameters.ts";
import type { AnyPredictor, OnUnparsable, Program, ProgramParameters } from "../program.ts";
import { ADAPTER_SCHEMA, readAdapter } from "./saved-adapter.ts";
import { fromSavedJson, toSavedJson } from "./saved-json.ts";
import { SavedProgramError, mismatch } from "./saved-program-error.ts";
import { savedSearches, withSavedSearches } from "./saved-searches.ts";
import type { SavedSearch } from "./saved-searches.ts";

/**
 * Raised when a file of this version could not be read by the library of the version before. 2: adapters with their
 * settings, `client`, `onUnparsable`, `searches`. 3: `frozen`. 4: `parameters`; a program that has none is written as 3.
 */
const VERSION = 4;

/**
 * A program as plain JSON: what can be changed in it, and enough of the rest to see that it is loaded into the right
 * program. What a program *does* is code, and is not in it; what its clients are is the deployment's.
 */
export interface DspexState {
  readonly format: "dspex";
  readonly version: number;
  /** The program's name, for people. */
  readonly program: string;
  /** By path. */
  readonly predictors: Readonly<Record<string, SavedPredictor>>;
  /** The `retrieve`s in it, by path. */
  readonly searches: Readonly<Record<string, SavedSearch>>;
  /** The texts that it declares, by path. Left out: it declares none. */
  readonly parameters?: ProgramParameters;
}

export interface SavedPredictor {
  readonly instructions: string;
  readonly fields: readonly SavedField[];
  readonly demos: readonly Demo[];
  readonly config: LmSampling;
  /** The name of its client. Left out: none was set. */
  readonly client?: string | undefined;
  /** The adapter that was set for it; files of version 1 have its name alone. Left out: none was set. */
  readonly adapter?: AdapterFacts | string | undefined;
  readonly onUnparsable: OnUnparsable;
  /** Left out: optimizers may change it. */
  readonly frozen?: true | undefined;
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
  const parameters = parametersOf(program);
  const hasParameters = Object.keys(parameters).length > 0;
  return {
    format: "dspex",
    version: hasParameters ? VERSION : VERSION - 1,
    program: program.name,
    // Each entry was just made from a path and its predictor.
    predictors: Object.fromEntries(predictors) as Record<string, SavedPredictor>,
    searches: savedSearches(program),
    ...(hasParameters && { parameters }),
  };
}

function savedPredictor(path: string, predictor: AnyPredictor): SavedPredictor {
  const { signature, demos, config, client, adapter, onUnparsable, frozen } = predictor;
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
    ...(client !== undefined && { client }),
    ...(adapter && { adapter: adapterFacts(adapter) }),
    onUnparsable,
    ...(frozen && { frozen }),
  };
}

const FIRST_PREDICTOR = z.strictObject({
  instructions: z.string(),
  fields: z.array(
    z.strictObject({
      name: z.string(),
      role: z.enum(["input", "output"]),
      type: z.string(),
      desc: z.string().optional(),
    }),
  ),
  demos: z.array(z.record(z.string(), z.unknown())),
  config: SAMPLING_SCHEMA,
  adapter: ADAPTER_SCHEMA.optional(),
});

const SECOND_PREDICTOR = FIRST_PREDICTOR.extend({
  client: z.string().min(1).optional(),
  onUnparsable: z.enum(["ask_again", "json", "fail"]),
});

const PREDICTOR = SECOND_PREDICTOR.extend({ frozen: z.literal(true).optional() });
/** Of any version. */
type AnySavedPredictor = Readonly<z.output<typeof FIRST_PREDICTOR> & Partial<z.output<typeof PREDICTOR>>>;

function schemaOf(version: number): z.ZodType<AnySavedPredictor> {
  if (version === 1) return FIRST_PREDICTOR;
  return version === 2 ? SECOND_PREDICTOR : PREDICTOR;
}

const BY_PATH = z.record(z.string(), z.unknown());

const FIRST_STATE = z.strictObject({
  format: z.literal("dspex"),
  version: z.int().min(1),
  program: z.string().optional(),
  predictors: BY_PATH,
});

const SECOND_STATE = FIRST_STATE.extend({ searches: BY_PATH });
const STATE = SECOND_STATE.extend({ parameters: z.record(z.string(), z.string()) });
type AnyState = Readonly<z.output<typeof FIRST_STATE> & Partial<z.output<typeof STATE>>>;

function stateSchemaOf(version: number): z.ZodType<AnyState> {
  if (version === 1) return FIRST_STATE;
  return version < VERSION ? SECOND_STATE : STATE;
}

/**
 * A copy of the program with all that the data says of its predictors and searches; nothing of what was there stays, but
 * what files of this version have no words for.
 *
 * @throws SavedProgramError `newer_version`, `unknown_format`, or `mismatch` that names predictor and field
 */
export function withDspexState<Student extends Program>(student: Student, data: object): Student {
  const version = versionOf(data);
  const state = stateSchemaOf(version).safeParse(data);
  if (!state.success)
    throw new SavedProgramError("unknown_format", `the file is no saved program: ${firstIssue(state.error)}`);
  const { predictors, searches, parameters }: AnyState = state.data;
  checkPredictors(student, Object.keys(predictors));
  const states = Object.entries(student.predictors()).map(([path, predictor]) => [
    path,
    readPredictor(path, predictor, predictors[path], version),
  ]);
  // Each entry was just made from a path and its state.
  const loaded = withStates(student, Object.fromEntries(states) as Record<string, PredictorState>);
  const found = searches === undefined ? loaded : withSavedSearches(loaded, searches);
  return parameters === undefined ? found : withSavedParameters(found, parameters);
}

/** @throws SavedProgramError `mismatch` for other paths than the program's */
function withSavedParameters<Student extends Program>(student: Student, saved: ProgramParameters): Student {
  const [there, own] = [Object.keys(saved), Object.keys(parametersOf(student))];
  const lists = `the program's parameters are ${own.join(", ") || "none"}, the file's ${there.join(", ") || "none"}`;
  const missing = own.find((path) => !there.includes(path));
  if (missing !== undefined)
    throw new SavedProgramError("mismatch", `the file has nothing for the parameter "${missing}": ${lists}`);
  const unknown = there.find((path) => !own.includes(path));
  if (unknown !== undefined)
    throw new SavedProgramError("mismatch", `the program has no parameter "${unknown}": ${lists}`);
  return withParameters(student, saved);
}

function versionOf(data: object): number {
  const version = z.object({ version: z.int().min(1) }).safeParse(data);
  if (!version.success)
    throw new SavedProgramError("unknown_format", `the file is no saved program: ${firstIssue(version.error)}`);
  if (version.data.version > VERSION)
    throw new SavedProgramError(
      "newer_version",
      `the file has version ${version.data.version} of the format, this dspex reads up to ${VERSION}: update dspex`,
    );
  return version.data.version;
}

function readPredictor(path: string, predictor: AnyPredictor, data: unknown, version: number): PredictorState {
  const read = schemaOf(version).safeParse(data);
  if (!read.success) throw mismatch(`not as saved: ${firstIssue(read.error)}`, path);
  const { instructions, fields, demos, config, adapter: saved } = read.data;
  if (config.n !== undefined && config.n !== 1) throw mismatch(`config.n must be 1, got ${config.n}`, path);
  checkFields(path, predictor.signature.fields, fields);
  const descs = new Map(fields.flatMap(({ name, desc }) => (desc === undefined ? [] : [[name, desc] as const])));
  const adapter = saved === undefined ? undefined : readAdapter(saved, predictor.adapter);
  if (typeof adapter === "string") throw mismatch(adapter, path);
  return {
    instructions,
    descs,
    demos: demos.map((demo, index) => readDemo(path, predictor.signature.fields, demo, index)),
    config,
    adapter,
    // What files of a version have no words for is as it was.
    client: version < 2 ? predictor.client : read.data.client,
    onUnparsable: read.data.onUnparsable ?? predictor.onUnparsable,
    frozen: version < 3 ? predictor.frozen : read.data.frozen === true,
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
  const fit = fitValue(field.type, asObjects(value), true);
  return fit.ok ? undefined : fit.problem;
}

/** With objects for maps, which serve as dicts in demos. */
function asObjects(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asObjects);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [String(key), asObjects(item)]));
  return value;
}
