import { z } from "zod";
import { jsonText } from "../../adapters/values/format-value.ts";
import { UsageError } from "../../foundation/errors.ts";
import { SAMPLING_SCHEMA } from "../../lm/sampling.ts";
import type { LmSampling } from "../../lm/sampling.ts";
import type { Demo } from "../../signatures/example.ts";
import type { Field } from "../../signatures/field/field.ts";
import { fieldPrefix } from "../../signatures/field/field-names.ts";
import type { FieldType } from "../../signatures/types/field-type.ts";
import { firstIssue } from "../../signatures/issue-text.ts";
import { fromDspyValue, toDspyValue } from "./dspy-values.ts";
import { checkPredictors } from "./predictor-state.ts";
import type { PredictorState } from "./predictor-state.ts";
import { searchesIn } from "../modules/retrieve.ts";
import type { AnyPredictor, Program } from "../program.ts";
import { toSavedJson } from "./saved-json.ts";
import { isDspySearch } from "./saved-searches.ts";
import { SavedProgramError, mismatch } from "./saved-program-error.ts";

/** The DSPy whose layout of files this is. DSPy only warns when its own version is another. */
const DSPY_VERSION = "3.4.1";

/** What is beside the predictors in a file. */
const METADATA = "metadata";

/**
 * The text that DSPy's `program.save("x.json")` would write. It has neither the predictors' options nor their adapters
 * (DSPy's files have no place for them), and no LM: the user of the loaded program sets one.
 *
 * Whole numbers of float fields are written with `.0`, so that Python reads floats and prompts come out the same.
 *
 * @throws UsageError for a demo that holds what JSON cannot say
 */
export function dspyText(program: Program): string {
  const predictors = Object.entries(program.predictors());
  const [first, ...others] = predictors;
  const alone = first?.[0] === "self" && others.length === 0;
  const entries = alone
    ? predictorEntries(...first, 0)
    : predictors.map(([path, each]): Entry => [path, objectText(predictorEntries(path, each, 1), 1)]);
  const metadata = jsonText({ dependency_versions: { dspy: DSPY_VERSION } }, ANY, { step: 2, depth: 1 });
  const searches = Object.entries(searchesIn(program)).flatMap(([path, { k }]): Entry[] =>
    // One by itself is no part of anything, for which DSPy would ask.
    path === "self" ? [] : [[path, jsonText({ k }, ANY, { step: 2, depth: 1 })]],
  );
  return `${objectText([...entries, ...searches, [METADATA, metadata]], 0)}\n`;
}

type Entry = readonly [key: string, text: string];

const ANY: FieldType = { kind: "any" };

function predictorEntries(path: string, { signature, demos }: AnyPredictor, depth: number): readonly Entry[] {
  const indent = { step: 2, depth: depth + 1 };
  const fields = signature.fields.map(({ name, desc }) => ({
    prefix: fieldPrefix(name),
    description: desc ?? noDescription(name),
  }));
  return [
    ["traces", "[]"],
    ["train", "[]"],
    [
      "demos",
      listText(
        demos.map((demo, index) => demoText(path, signature.fields, demo, index, depth + 2)),
        depth + 1,
      ),
    ],
    ["signature", jsonText({ instructions: signature.instructions, fields }, ANY, indent)],
    ["lm", "null"],
  ];
}

function demoText(path: string, fields: readonly Field[], demo: Demo, index: number, depth: number): string {
  const entries = Object.entries(demo).flatMap(([name, value]): Entry[] => {
    if (value === undefined) return [];
    const where = `predictor "${path}", demo ${index + 1}, field "${name}"`;
    // Refuses what is no data; what is written is the value itself, as Python has it.
    toSavedJson(value, where);
    if (hasNonFinite(value)) throw new UsageError(`${where}: DSPy's files cannot hold nan and infinite numbers`);
    const type = fields.find((field) => field.name === name)?.type;
    return [[name, jsonText(toDspyValue(type, value), type, { step: 2, depth: depth + 1 })]];
  });
  return objectText(entries, depth);
}

function hasNonFinite(value: unknown): boolean {
  if (typeof value === "number") return !Number.isFinite(value);
  if (typeof value !== "object" || value === null) return false;
  return [...(value instanceof Map ? value.values() : Object.values(value))].some(hasNonFinite);
}

function objectText(entries: readonly Entry[], depth: number): string {
  if (entries.length === 0) return "{}";
  const inner = "  ".repeat(depth + 1);
  const lines = entries.map(([key, text]) => `${inner}${JSON.stringify(key)}: ${text}`);
  return `{\n${lines.join(",\n")}\n${"  ".repeat(depth)}}`;
}

function listText(items: readonly string[], depth: number): string {
  if (items.length === 0) return "[]";
  const inner = "  ".repeat(depth + 1);
  return `[\n${items.map((item) => inner + item).join(",\n")}\n${"  ".repeat(depth)}]`;
}

/** DSPy's stand-in for a description that was not given. */
function noDescription(name: string): string {
  return `\${${name}}`;
}

const PREDICTOR = z.object({
  demos: z.array(z.record(z.string(), z.unknown())),
  signature: z.object({
    instructions: z.string(),
    fields: z.array(z.object({ prefix: z.string().nullish(), description: z.string().nullish() })),
  }),
  lm: z.record(z.string(), z.unknown()).nullish(),
});

export interface DspyPredictorState extends PredictorState {
  /** The settings of the LM that was set for it; DSPy never writes keys. */
  readonly lm?: Readonly<Record<string, unknown>>;
}

/** Whether this is what DSPy writes: the state of a predictor, or several by their paths. */
export function isDspyState(data: object): boolean {
  return "signature" in data || Object.entries(data).some(([key, value]) => key !== METADATA && hasSignature(value));
}

function hasSignature(value: unknown): boolean {
  return typeof value === "object" && value !== null && "signature" in value;
}

/**
 * What a file of DSPy says about the predictors of this program. Temperature and token limit of an LM in the file become
 * the predictor's options; which model answers is its client's to say.
 *
 * DSPy takes the fields by position and does not look whether they are the same ones. Here they are matched by their
 * prefixes, which DSPy makes from their names; only the last output's may be another, as COPRO rewrites it.
 *
 * @throws SavedProgramError `mismatch` that names predictor and field
 */
export function readDspyState(data: object, student: Program): Readonly<Record<string, DspyPredictorState>> {
  const entries = Object.entries(data).filter(([key, value]) => key !== METADATA && !isDspySearch(value));
  const saved = new Map<string, unknown>("signature" in data ? [["self", data]] : entries);
  checkPredictors(student, [...saved.keys()]);
  const states = Object.entries(student.predictors()).map(([path, predictor]) => [
    path,
    readPredictor(path, predictor, saved.get(path)),
  ]);
  // Each entry was just made from a path and its state.
  return Object.fromEntries(states) as Record<string, DspyPredictorState>;
}

function readPredictor(path: string, predictor: AnyPredictor, data: unknown): DspyPredictorState {
  const read = PREDICTOR.safeParse(data);
  if (!read.success) {
    const problem = `not as DSPy saves it: ${firstIssue(read.error)}`;
    throw new SavedProgramError("unknown_format", `predictor "${path}": ${problem}`, { predictor: path });
  }
  const { demos, lm } = read.data;
  const { signature, config, client, adapter, onUnparsable, frozen } = predictor;
  const saved = read.data.signature;
  const fields = matchFields(
    path,
    signature.fields,
    saved.fields.map(({ prefix }) => prefix ?? undefined),
  );
  const descs = fields.flatMap(({ name }, index) => {
    const desc = saved.fields[index]?.description ?? noDescription(name);
    return desc === noDescription(name) ? [] : [[name, desc] as const];
  });
  return {
    instructions: saved.instructions,
    descs: new Map(descs),
    demos: demos.map((demo) => readDemo(signature.fields, demo)),
    config: { ...samplingOf(path, lm ?? {}), ...config },
    // DSPy's files have no place for these.
    client,
    adapter,
    onUnparsable,
    frozen,
    ...(lm && { lm }),
  };
}

function readDemo(fields: readonly Field[], saved: object): Demo {
  const typeOf = (name: string): FieldType | undefined => fields.find((field) => field.name === name)?.type;
  const entries = Object.entries(saved).map(([name, value]) => [name, fromDspyValue(typeOf(name), value)]);
  return Object.fromEntries(entries) as Demo;
}

/** The program's fields in the file's order. */
function matchFields(path: string, own: readonly Field[], prefixes: readonly (string | undefined)[]): readonly Field[] {
  const matched = prefixes.map((prefix, index) => {
    const named = own.filter(({ name }) => fieldPrefix(name) === prefix);
    // Names that differ in their spelling only (`a1`, `a_1`) have one prefix: then the place decides.
    const at = own[index];
    if (named.length > 1) return at !== undefined && named.includes(at) ? at : named[0];
    if (named[0] !== undefined) return named[0];
    return index === own.length - 1 && index === prefixes.length - 1 ? at : undefined;
  });
  const unknown = matched.indexOf(undefined);
  const missing = own.find((field) => !matched.includes(field));
  if (unknown >= 0 || new Set(matched).size < matched.length || missing !== undefined) {
    const list = prefixes.map((prefix) => `"${prefix ?? ""}"`).join(", ") || "none";
    const wanted = own.map(({ name }) => `"${fieldPrefix(name)}"`).join(", ");
    const problem = missing === undefined ? "the file has a field more" : "the file has no such field";
    throw mismatch(`${problem}: its fields are ${list}, the program's ${wanted}`, path, missing?.name);
  }
  return matched.filter((field) => field !== undefined);
}

const NUMBER_OPTIONS = [
  ["temperature", "temperature"],
  ["max_tokens", "maxTokens"],
  ["max_completion_tokens", "maxTokens"],
  ["seed", "seed"],
] as const;

function samplingOf(path: string, lm: Readonly<Record<string, unknown>>): LmSampling {
  const numbers = NUMBER_OPTIONS.flatMap(([theirs, ours]) => {
    const value = lm[theirs];
    return typeof value === "number" ? [[ours, value] as const] : [];
  });
  const read = SAMPLING_SCHEMA.safeParse(Object.fromEntries(numbers));
  if (!read.success) throw mismatch(`its LM's settings make no sense: ${firstIssue(read.error)}`, path);
  return read.data;
}
