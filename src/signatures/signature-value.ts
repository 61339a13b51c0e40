import { z } from "zod";
import { UsageError } from "../foundation/errors.ts";
import { INSPECT } from "../foundation/inspect-symbol.ts";
import type { Field, FieldRole } from "./field/field.ts";
import type { FieldOptions, FieldOverrides } from "./field/field-options.ts";
import { fieldText } from "./field/field-text.ts";
import { isOptional, sameType } from "./types/field-type.ts";
import type { FieldInput, FieldOutput, Flat, WithFieldsIn, WithFieldsOut } from "./infer/infer.ts";
import type { CheckedField, CheckedFields } from "./infer/infer-check.ts";
import { cleanInstructions, defaultInstructions } from "./instructions.ts";
import { type Refinement, refined } from "./refinement.ts";
import { fieldFromText, insertField, overrideFields } from "./signature-edits.ts";

/** A signature whose fields the compiler does not know. */
export interface AnySignature {
  readonly kind: "signature";
  readonly name: string;
  readonly instructions: string;
  /** Inputs first, each side in its order. */
  readonly fields: readonly Field[];
  readonly inputFields: readonly Field[];
  readonly outputFields: readonly Field[];
  /** What holds between the inputs, where they are of a zod object that was refined. */
  readonly inputRefinement?: Refinement;
  /** The same for the outputs. */
  readonly outputRefinement?: Refinement;
  /** Checks all inputs at once; defaults are filled in, an optional one that is left out becomes null. */
  readonly inputSchema: z.ZodType<object>;
  /** The same for the outputs. */
  readonly outputSchema: z.ZodType<object>;
  /**
   * A copy with one more field, last of its side: `"score: int"`. An existing field of that side and name is replaced in
   * its place. The instructions stay as they are, as in DSPy.
   * @throws UsageError for a text that is no field, or a name that is on the other side
   */
  append(field: string, options: AddFieldOptions): AnySignature;
  /** A copy with one more field, first of its side. */
  prepend(field: string, options: AddFieldOptions): AnySignature;
  /** A copy with one more field, at `index` of its side; negative counts from the end, -1 appends. */
  insert(index: number, field: string, options: AddFieldOptions): AnySignature;
  /**
   * A copy without that field; a name that is no field changes nothing.
   * @throws UsageError for a field of a refined zod object, whose refinement may rest on it
   */
  delete(name: string): AnySignature;
  /** A copy with these instructions; empty ones mean the default ones for the fields there are. */
  withInstructions(instructions: string): AnySignature;
  /** A copy with a paragraph added to the instructions. */
  appendInstructions(instructions: string): AnySignature;
  /**
   * A copy with other types, descriptions, constraints or defaults; places and instructions stay.
   * @throws UsageError for a name that is no field, and for another type for one of a refined zod object
   */
  withFields(fields: FieldOverrides): AnySignature;
  /** The same instructions and the same fields; names of signatures do not count. */
  equals(other: AnySignature): boolean;
  /** The text that gives the same fields again (zod types have no words: their name stands in their place). */
  toString(): string;
}

/** What a task takes and gives: a frozen value; edits give new ones. */
export interface Signature<Inputs extends object = object, Outputs extends object = object> extends AnySignature {
  readonly inputSchema: z.ZodType<Inputs>;
  readonly outputSchema: z.ZodType<Outputs>;
  append<const Text extends string, const Options extends AddFieldOptions>(
    field: CheckedField<Text>,
    options: Options,
  ): Added<Inputs, Outputs, Text, Options>;
  prepend<const Text extends string, const Options extends AddFieldOptions>(
    field: CheckedField<Text>,
    options: Options,
  ): Added<Inputs, Outputs, Text, Options>;
  insert<const Text extends string, const Options extends AddFieldOptions>(
    index: number,
    field: CheckedField<Text>,
    options: Options,
  ): Added<Inputs, Outputs, Text, Options>;
  delete<const Name extends (keyof Inputs | keyof Outputs) & string>(
    name: Name,
  ): Signature<Flat<Omit<Inputs, Name>>, Flat<Omit<Outputs, Name>>>;
  withInstructions(instructions: string): Signature<Inputs, Outputs>;
  appendInstructions(instructions: string): Signature<Inputs, Outputs>;
  withFields<const Fields extends FieldOverrides>(
    fields: Fields & CheckedFields<Fields, keyof Inputs | keyof Outputs>,
  ): Signature<WithFieldsIn<Inputs, Fields>, WithFieldsOut<Outputs, Fields>>;
}

export interface AddFieldOptions extends FieldOptions {
  readonly side: FieldRole;
}

type Added<Inputs extends object, Outputs extends object, Text extends string, Options> = Options extends {
  readonly side: "input";
}
  ? Signature<With<Inputs, FieldInput<Text, Options>>, Outputs>
  : Signature<Inputs, With<Outputs, FieldOutput<Text, Options>>>;
type With<Old, New> = Flat<Omit<Old, keyof New> & New>;

/** The inputs that a signature asks for, as an object type. */
export type InputsOf<S> = S extends { readonly inputSchema: z.ZodType<infer Inputs> } ? Inputs : never;
/** The outputs that a signature promises, as an object type. */
export type OutputsOf<S> = S extends { readonly outputSchema: z.ZodType<infer Outputs> } ? Outputs : never;

/** What a signature is made of, for those who build one from data. */
export interface SignatureInit {
  /** Default: the fields' names. */
  readonly name?: string | undefined;
  /** Default: DSPy's, which name the fields. */
  readonly instructions?: string | undefined;
  readonly fields: readonly Field[];
  readonly inputRefinement?: Refinement | undefined;
  readonly outputRefinement?: Refinement | undefined;
}

/**
 * A signature from fields (see `makeField`).
 * @throws UsageError for two fields of one name
 */
export function signatureOf({ name, instructions: given, fields, ...refinements }: SignatureInit): AnySignature {
  return assemble({ name, ...refinements }, fields, instructionsFor(fields, given));
}

function instructionsFor(fields: readonly Field[], given = ""): string {
  const cleaned = cleanInstructions(given);
  return cleaned === "" ? defaultInstructions(names(fields, "input"), names(fields, "output")) : cleaned;
}

type Schemas = Pick<AnySignature, "inputSchema" | "outputSchema">;

/**
 * Edits keep the instructions as they are, the default ones too: they are made once.
 * @param known the schemas, where the fields are those of another signature: an optimizer makes a thousand that differ in a text
 */
function assemble(kept: Kept, given: readonly Field[], instructions: string, known?: Schemas): AnySignature {
  const { name, inputRefinement, outputRefinement } = kept;
  const inputFields = Object.freeze(given.filter(({ role }) => role === "input"));
  const outputFields = Object.freeze(given.filter(({ role }) => role === "output"));
  const fields = Object.freeze([...inputFields, ...outputFields]);
  const twice = fields.find(({ name }, index) => fields.findIndex((each) => each.name === name) !== index);
  if (twice) throw new UsageError(`Two fields are named "${twice.name}"; names must be distinct`);

  const schemas = known ?? {
    inputSchema: refined(objectSchema(inputFields, true), inputRefinement),
    outputSchema: refined(objectSchema(outputFields, false), outputRefinement),
  };

  const withField = (index: number, text: string, { side, ...options }: AddFieldOptions): AnySignature =>
    assemble(kept, insertField(fields, fieldFromText(text, side, options), index), instructions);
  const methods: Methods = {
    append: (text, options) => withField(-1, text, options),
    prepend: (text, options) => withField(0, text, options),
    insert: withField,
    delete: (dropped) => assemble(kept, keptBy(kept, without(fields, dropped), fields), instructions),
    withInstructions: (text) => assemble(kept, fields, instructionsFor(fields, text), schemas),
    appendInstructions: (text) => methods.withInstructions(`${instructions}\n\n${text}`),
    withFields: (overrides: FieldOverrides) =>
      assemble(kept, keptBy(kept, overrideFields(fields, overrides), fields), instructions),
    equals: (other) =>
      instructions === other.instructions &&
      sameFields(fields, other.fields) &&
      inputRefinement === other.inputRefinement &&
      outputRefinement === other.outputRefinement,
    toString: () => `${inputFields.map(fieldText).join(", ")} -> ${outputFields.map(fieldText).join(", ")}`.trim(),
  };
  const value: Omit<AnySignature, keyof Methods> = {
    kind: "signature",
    name: name ?? nameOf(fields),
    instructions,
    fields,
    inputFields,
    outputFields,
    ...(inputRefinement && { inputRefinement }),
    ...(outputRefinement && { outputRefinement }),
    ...schemas,
  };
  // Not enumerable: comparing, spreading and JSON see what it is and not what it can do.
  const descriptors = [
    ...Object.entries(methods).map(([key, method]) => [key, { value: method }] as const),
    [INSPECT, { value: printed }] as const,
  ];
  // The methods are all there: `methods` is typed by the same interface.
  return Object.freeze(Object.defineProperties(value, Object.fromEntries(descriptors))) as AnySignature;
}

/** In one line, for whoever prints it: `signature(question -> answer: int)`. A name of its own goes before. */
function printed(this: AnySignature): string {
  const { name, inputFields, outputFields } = this;
  const byFields = nameOf([...inputFields, ...outputFields]);
  return name === byFields ? `signature(${this.toString()})` : `signature(${name}: ${this.toString()})`;
}

/** What edits of the fields leave as it is. */
type Kept = Omit<SignatureInit, "fields" | "instructions">;

function without(fields: readonly Field[], dropped: string): readonly Field[] {
  return fields.filter((field) => field.name !== dropped);
}

/**
 * The edited fields, where no refinement loses what it may rest on: further fields do not matter to it, and neither do
 * descriptions.
 * @throws UsageError otherwise, as zod's `omit` and `extend` do
 */
function keptBy({ inputRefinement, outputRefinement }: Kept, edited: readonly Field[], fields: readonly Field[]) {
  for (const field of fields) {
    const now = edited.find(({ name }) => name === field.name);
    const same = now !== undefined && now.zod === field.zod && sameType(now.type, field.type);
    if (!same && (field.role === "input" ? inputRefinement : outputRefinement) !== undefined)
      throw new UsageError(
        `"${field.name}" cannot be ${now === undefined ? "deleted" : "given another type"}: the ${field.role} is a refined zod object, whose refinement may rest on it`,
      );
  }
  return edited;
}

type Methods = Pick<
  AnySignature,
  | "append"
  | "prepend"
  | "insert"
  | "delete"
  | "withInstructions"
  | "appendInstructions"
  | "withFields"
  | "equals"
  | "toString"
>;

/** What a signature is called that was given no name. */
function nameOf(fields: readonly Field[]): string {
  return `${names(fields, "input").join(", ")} -> ${names(fields, "output").join(", ")}`.trim();
}

function names(fields: readonly Field[], role: FieldRole): string[] {
  return fields.filter((field) => field.role === role).map(({ name }) => name);
}

/** Unknown inputs are refused; what else a model writes is dropped. */
function objectSchema(fields: readonly Field[], strict: boolean): z.ZodType<object> {
  const shape = Object.fromEntries(fields.map((field) => [field.name, valueSchema(field)]));
  return strict ? z.strictObject(shape) : z.object(shape);
}

function valueSchema(field: Field): z.ZodType {
  if ("default" in field) return field.schema.default(field.default);
  if (field.type.kind === "history") return field.schema.default([]);
  return isOptional(field.type) ? field.schema.default(null) : field.schema;
}

function sameFields(a: readonly Field[], b: readonly Field[]): boolean {
  return a.length === b.length && a.every((field, index) => sameField(field, b[index]!));
}

function sameField(a: Field, b: Field): boolean {
  const parts = ({ name, role, desc, constraints, default: preset }: Field): string =>
    JSON.stringify([name, role, desc, constraints, preset]);
  return parts(a) === parts(b) && a.zod === b.zod && sameType(a.type, b.type);
}
