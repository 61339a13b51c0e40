import { asError, describe, UsageError } from "../../foundation/errors.ts";
import { nearestName } from "../../foundation/nearest-name.ts";
import type { Field } from "../../signatures/field/field.ts";
import { firstIssue } from "../../signatures/issue-text.ts";
import { parseNow } from "../../signatures/parse-now.ts";
import type { AnySignature } from "../../signatures/signature-value.ts";
import { isOptional } from "../../signatures/types/field-type.ts";
import { writtenType } from "../../signatures/field/field-text.ts";
import { digestOfExample } from "../example.ts";
import type { AnyExample } from "../example.ts";
import { cellValue, withMedia } from "./cell-value.ts";
import { frozenCopy } from "./frozen-copy.ts";
import type { IdTally } from "./id-tally.ts";

export interface ExampleReader {
  readonly signature: AnySignature;
  /** The names of its fields. */
  readonly fields: ReadonlySet<string>;
  /** The column of ids; undefined: `id`, where it is no field. */
  readonly id: string | undefined;
  /** Whether values are texts that stand for others. */
  readonly cells: boolean;
  readonly ids: IdTally;
}

export type ReadExample =
  | { readonly ok: true; readonly example: AnyExample }
  | { readonly ok: false; readonly problem: string; readonly field?: string };

/**
 * A row as an example of the signature: inputs are checked as a call checks them, labels as the outputs of an answer.
 * Columns that are no fields become tags.
 *
 * @throws UsageError for checks of zod that are asynchronous
 */
export function readExample(reader: ExampleReader, row: ReadonlyMap<string, unknown>): ReadExample {
  const { signature } = reader;
  try {
    const inputs = sideOf(reader, signature.inputFields, row);
    const labels = sideOf(reader, signature.outputFields, row);
    const tags = tagsOf(reader, row);
    checkTogether(signature, inputs, labels);
    const example = { inputs, labels };
    const id = idOf(reader, row) ?? reader.ids.unnamed(digestIn(example));
    return { ok: true, example: Object.freeze({ id, ...example, tags }) };
  } catch (thrown) {
    if (!(thrown instanceof Misfit)) throw thrown;
    return { ok: false, problem: thrown.message, ...(thrown.field !== undefined && { field: thrown.field }) };
  }
}

/** Why a row is no example; ends here. */
class Misfit extends Error {
  readonly field: string | undefined;
  constructor(problem: string, field?: string) {
    super(problem);
    this.field = field;
  }
}

function copied(name: string, value: unknown): unknown {
  if (typeof value !== "object") return value;
  try {
    return frozenCopy(value);
  } catch (thrown) {
    if (thrown instanceof RangeError) throw new Misfit(thrown.message, name);
    throw thrown;
  }
}

type Values = Readonly<Record<string, unknown>>;

function sideOf(reader: ExampleReader, fields: readonly Field[], row: ReadonlyMap<string, unknown>): Values {
  // Fields cannot have a name that objects have.
  const side: Record<string, unknown> = {};
  for (const field of fields) {
    const value = fieldValue(reader, field, row);
    if (value !== undefined) side[field.name] = value;
  }
  return Object.freeze(side);
}

/** Undefined where there is none and need not be one. */
function fieldValue(reader: ExampleReader, field: Field, row: ReadonlyMap<string, unknown>): unknown {
  const { cells } = reader;
  const { name, type, role } = field;
  const there = copied(name, row.get(name));
  const takesNull = isOptional(type) || type.kind === "any";
  // An empty cell is a text where a text is asked for; it is never the answer that is right.
  const empty = cells && there === "" && (role === "output" || !(type.kind === "str" || takesNull));
  if (there === undefined || empty || (there === null && !takesNull)) {
    const meant = row.has(name) ? undefined : meantBy(reader, row, name);
    if (meant !== undefined)
      throw new Misfit(`there is no column "${name}"; there is "${meant}", which is no field`, name);
    const needed = role === "input" && !("default" in field || isOptional(type) || type.kind === "history");
    if (!needed) return undefined;
    const columns = [...row.keys()].join(", ") || "nothing";
    throw new Misfit(`the input (${writtenType(field)}) is missing; the row has ${columns}`, name);
  }
  return checkedValue(field, givenValue(field, there, cells && typeof there === "string"));
}

/** A column that is no field, and looks like a misspelt one. */
function meantBy(reader: ExampleReader, row: ReadonlyMap<string, unknown>, name: string): string | undefined {
  return nearestName(
    name,
    [...row.keys()].filter((column) => isTag(reader, column)),
  );
}

/** Whether a column is neither a field nor the id. */
function isTag({ fields, id }: ExampleReader, column: string): boolean {
  return column !== (id ?? "id") && !fields.has(column);
}

function givenValue({ name, type }: Field, value: unknown, isCell: boolean): unknown {
  let given = value;
  if (isCell) {
    const fit = asked(name, () => cellValue(type, String(value)));
    if (!fit.ok) throw new Misfit(fit.problem, name);
    given = fit.value;
  }
  try {
    return withMedia(type, given);
  } catch (thrown) {
    if (thrown instanceof UsageError) throw new Misfit(asError(thrown).message, name);
    throw thrown;
  }
}

/** Inputs stay as they were given, since a call transforms them; labels become what a call would give. */
function checkedValue(field: Field, value: unknown): unknown {
  const checked = asked(field.name, () => parseNow(field.schema, value, `field "${field.name}"`));
  if (!checked.success)
    throw new Misfit(
      `expected ${writtenType(field)}, got ${describe(value)} (${firstIssue(checked.error)})${hintFor(field, value)}`,
      field.name,
    );
  return copied(field.name, field.role === "input" && field.zod !== undefined ? value : checked.data);
}

/** What the user's own code in a schema throws is about the row that it looked at. */
function asked<Result>(field: string | undefined, look: () => Result): Result {
  try {
    return look();
  } catch (thrown) {
    if (thrown instanceof UsageError) throw thrown;
    const { name, message } = asError(thrown);
    throw new Misfit(`its schema threw ${name}: ${message.split("\n")[0]}`, field);
  }
}

/** What a schema makes of a value may be no data. */
function digestIn(example: Pick<AnyExample, "inputs" | "labels">): string {
  try {
    return digestOfExample(example);
  } catch (thrown) {
    if (thrown instanceof UsageError) throw new Misfit(thrown.message);
    throw thrown;
  }
}

function hintFor({ role, type }: Field, value: unknown): string {
  return role === "output" && type.kind === "str" && Array.isArray(value)
    ? ": where any of several answers is right, load with a signature whose output is list[str]"
    : "";
}

const NO_TAGS: Values = Object.freeze({});

function tagsOf(reader: ExampleReader, row: ReadonlyMap<string, unknown>): Values {
  const tags: [string, unknown][] = [];
  for (const [name, value] of row)
    if (value !== undefined && isTag(reader, name)) tags.push([name, copied(name, value)]);
  return tags.length === 0 ? NO_TAGS : Object.freeze(Object.fromEntries(tags));
}

function checkTogether(signature: AnySignature, inputs: Values, labels: Values): void {
  const { inputFields, outputFields, inputRefinement, outputRefinement } = signature;
  if (inputRefinement !== undefined) {
    const filled = inputFields.map((field): [string, unknown] => [field.name, inputs[field.name] ?? absent(field)]);
    const problem = asked(undefined, () => inputRefinement.problem(Object.fromEntries(filled)));
    if (problem !== undefined) throw new Misfit(`the inputs do not go together: ${problem}`);
  }
  if (outputRefinement === undefined || outputFields.some(({ name }) => labels[name] === undefined)) return;
  const problem = asked(undefined, () => outputRefinement.problem({ ...labels }));
  if (problem !== undefined) throw new Misfit(`the labels do not go together: ${problem}`);
}

/** What a call takes for an input that is left out. */
function absent(field: Field): unknown {
  if ("default" in field) return field.default;
  return field.type.kind === "history" ? [] : null;
}

/** The id that the row says; undefined where it says none. */
function idOf({ fields, id, ids }: ExampleReader, row: ReadonlyMap<string, unknown>): string | undefined {
  if (id === undefined && fields.has("id")) return undefined;
  const column = id ?? "id";
  const value = row.get(column);
  const nothing = value === undefined || value === null || value === "";
  if (nothing && id === undefined) return undefined;
  if (nothing) throw new Misfit("the row has no id", column);
  if (typeof value !== "string" && typeof value !== "number")
    throw new Misfit(`an id must be a text or a number, got ${describe(value)}`, column);
  if (ids.claim(String(value))) return String(value);
  throw new Misfit(`an earlier row has the id ${describe(value)} too (the option "id" names another column)`, column);
}
