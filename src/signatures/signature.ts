import type { z } from "zod";
import { checkOptions, optionNames } from "../foundation/check-options.ts";
import { describe, UsageError } from "../foundation/errors.ts";
import type { Field, FieldRole } from "./field/field.ts";
import type { FieldOverrides } from "./field/field-options.ts";
import { fieldFromZod, isZod } from "./field/field-options.ts";
import { parseSignatureText } from "./types/grammar.ts";
import type { TextInputs, TextOutputs, ZodInputs, ZodOutputs } from "./infer/infer.ts";
import type { CheckedFields, CheckedNames, CheckedText, FieldNames } from "./infer/infer-check.ts";
import { refinementOf } from "./refinement.ts";
import { overrideFields } from "./signature-edits.ts";
import { type AnySignature, type Signature, signatureOf } from "./signature-value.ts";

export interface SignatureOptions {
  /** What errors and logs call it. Default: its text. */
  readonly name?: string;
  /** What the model is told to do; cleaned as a docstring is. Default: DSPy's ``Given the fields `a`, produce the fields `b`.`` */
  readonly instructions?: string;
  /** By name: descriptions, and types that the text has no words for. */
  readonly fields?: FieldOverrides;
}

/**
 * A signature from two zod objects. What they check as a whole (`refine`, `superRefine`, `check`) is checked: wrong inputs
 * are refused before a token is paid for, wrong outputs are asked for again with the refinement's message. An object with a
 * `transform` is no object any more and is refused: demos, traces and saved programs hold what a model reads and writes, so
 * that what is made of the outputs belongs behind the call. Single fields may be transformed.
 */
export interface SignatureObjects<Inputs extends z.ZodObject = z.ZodObject, Outputs extends z.ZodObject = z.ZodObject> {
  /** Default: the fields' names. */
  readonly name?: string;
  readonly instructions?: string;
  readonly input: Inputs;
  readonly output: Outputs;
}

type FieldsOf<Options> = Options extends { readonly fields: infer Fields } ? Fields : {};

type Checked<From> = From extends string ? CheckedText<From> : From;

/** Most signatures have no options: then nothing is checked. */
type CheckedOptions<From, Options> = [keyof Options] extends [never]
  ? unknown
  : From extends string
    ? CheckedNames<Options, keyof SignatureOptions> & {
        readonly fields?: CheckedFields<FieldsOf<Options>, FieldNames<From>>;
      }
    : unknown;

/** A signature's text, as the compiler reads it. */
export type SignatureText<From extends string> = Checked<From>;

/** The signature that a text (with its options), or two zod objects, stand for. */
export type SignatureFrom<From, Options = {}> = From extends string
  ? Signature<TextInputs<From, FieldsOf<Options>>, TextOutputs<From, FieldsOf<Options>>>
  : From extends SignatureObjects<infer Inputs, infer Outputs>
    ? Signature<ZodInputs<Inputs["shape"]>, ZodOutputs<Outputs["shape"]>>
    : never;

/**
 * What a task takes and gives, as a typed value.
 *
 *     signature("context: string[], question -> answer, score: number")
 *
 * The text is DSPy's, in Python's words or TypeScript's, and the compiler reads it too: inputs and outputs have the types
 * it says. A field without a type is a text. An optional output is `T | null` and always present; an optional input may be
 * left out or null. Descriptions, constraints and defaults may stand in the text: `"n: int(ge=1) = 3 'how many'"`.
 *
 * @throws UsageError for a text that cannot be read (naming field, word and position), a reserved name (`then`, `$…`), a
 *   name that is given twice, or `fields` that are not in the text
 */
export function signature<const From extends string | SignatureObjects, const Options extends SignatureOptions = {}>(
  from: Checked<From>,
  options?: Options & CheckedOptions<From, Options>,
): SignatureFrom<From, Options> {
  // The types above say what the text says; the values below are read from the same text. The suite holds them together.
  const given: unknown = from;
  if (typeof given === "string") return textSignature(given, options ?? {}) as unknown as SignatureFrom<From, Options>;
  return objectSignature(given) as unknown as SignatureFrom<From, Options>;
}

const OPTIONS = optionNames<SignatureOptions>({ name: true, instructions: true, fields: true });

function textSignature(text: string, { name, instructions, fields, ...rest }: SignatureOptions): AnySignature {
  const [unknown] = Object.keys(rest);
  // Most have none that is unknown, and need not be looked through.
  if (unknown !== undefined) checkOptions("signature", rest, OPTIONS);
  return signatureOf({ name, instructions, fields: overrideFields(parseSignatureText(text), fields ?? {}) });
}

function objectSignature(from: unknown): AnySignature {
  const { name, instructions, input, output } = (
    typeof from === "object" ? (from ?? {}) : {}
  ) as Partial<SignatureObjects>;
  if (!isZodObject(input) || !isZodObject(output)) throw new UsageError(expected(from, { input, output }));
  const side = (role: FieldRole, shape: z.ZodObject["shape"]): Field[] =>
    // zod's classic API builds shapes of classic schemas, though it types them by its core.
    Object.entries(shape).map(([field, schema]) => fieldFromZod(field, role, schema as z.ZodType));
  return signatureOf({
    name,
    instructions,
    fields: [...side("input", input.shape), ...side("output", output.shape)],
    inputRefinement: refinementOf("signature: input", input),
    outputRefinement: refinementOf("signature: output", output),
  });
}

function expected(from: unknown, objects: Readonly<Record<string, unknown>>): string {
  const isPipe = (value: unknown): boolean =>
    typeof value === "object" && value !== null && isZod(value) && value.def.type === "pipe";
  const piped = Object.entries(objects).find(([, value]) => isPipe(value));
  return piped === undefined
    ? `signature: expected a text, or { input, output } with two zod objects, got ${describe(from)}`
    : `signature: ${piped[0]} must be a zod object without a transform of the whole; transform its fields, or what the call gives`;
}

function isZodObject(value: unknown): value is z.ZodObject {
  return typeof value === "object" && value !== null && isZod(value) && value.def.type === "object";
}
