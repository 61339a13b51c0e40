import type { z } from "zod";
import type { Declaration, Declaring } from "./infer-declared.ts";
import type { AnyEntry, Entry, ReadLone, ReadText } from "./infer-read.ts";
import type { Mask, Trim } from "./infer-text.ts";
import type { TypeOf } from "./infer-type.ts";

/** The objects that a signature's text, its `fields` option and its edits stand for. */

/** Written out, so that a hover shows the fields. */
export type Flat<T> = { [Key in keyof T]: T[Key] } & {};

// What is joined with `{}` has no name of its own, so that a hover shows the fields.
type InputObject<E extends AnyEntry> = [E["omissible"]] extends [never]
  ? { [One in E as One["name"]]: One["said"]["given"] } & {}
  : Flat<
      { [One in E as One["needed"]]: One["said"]["given"] } & {
        [One in E as One["omissible"]]?: One["said"]["given"];
      }
    >;

type OutputObject<E extends AnyEntry> = { [One in E as One["name"]]: One["said"]["value"] } & {};

/** What a field is to those who give or get it, where zod says the type. */
interface ZodDeclaration<Schema extends z.ZodType, Omissible extends boolean> {
  readonly value: ZodOut<Schema>;
  readonly given: ZodIn<Schema>;
  readonly omissible: Omissible;
  readonly problem: never;
}

/** What a zod schema takes, as an input: what may be left out may also be null. */
export type ZodIn<Schema extends z.ZodType> =
  undefined extends z.output<Schema> ? Exclude<z.input<Schema>, undefined> | null : Exclude<z.input<Schema>, undefined>;

/** What a zod schema gives, as an output: what may be left out is null, and always there. */
export type ZodOut<Schema extends z.ZodType> =
  undefined extends z.output<Schema> ? Exclude<z.output<Schema>, undefined> | null : z.output<Schema>;

type ZodEntry<Name extends string, Schema extends z.ZodType, Preset> = Entry<
  Name,
  ZodDeclaration<
    Schema,
    unknown extends z.input<Schema>
      ? PresetOf<Preset>
      : undefined extends z.input<Schema>
        ? true
        : OrNull<Schema, Preset>
  >
>;
type OrNull<Schema extends z.ZodType, Preset> = null extends z.input<Schema> ? true : PresetOf<Preset>;
type PresetOf<Options> = Options extends { readonly default: unknown } ? true : false;

/** What the `fields` option says of an entry wins over the text. */
type Overridden<E extends AnyEntry, Fields> = [keyof Fields] extends [never] ? E : OverriddenEach<E, Fields>;
type OverriddenEach<E extends AnyEntry, Fields> = E extends AnyEntry
  ? E["name"] extends keyof Fields
    ? OverriddenBy<E["name"], E["said"], Fields[E["name"]]>
    : E
  : never;

type OverriddenBy<Name extends string, Said extends Declaration, Options> = Options extends z.ZodType
  ? ZodEntry<Name, Options, undefined>
  : Options extends { readonly type: infer Type }
    ? Type extends z.ZodType
      ? ZodEntry<Name, Type, Options>
      : Type extends string
        ? Entry<Name, Declaring<TypeOfText<Type>, PresetOf<Options>>>
        : Entry<Name, Declaration<unknown, PresetOf<Options>>>
    : Entry<Name, PresetOf<Options> extends true ? Declaration<Said["value"], true> : Said>;

type TypeOfText<Text extends string> = string extends Text
  ? unknown
  : Mask<`:${Text}`> extends `:${infer Masked}`
    ? TypeOf<Trim<Masked>>
    : never;

/** The inputs that a signature's text and its `fields` option ask for. */
export type TextInputs<Text extends string, Fields = {}> = string extends Text
  ? Record<string, unknown>
  : InputObject<Overridden<ReadText<Text>["inputs"], Fields>>;

/** The outputs that a signature's text and its `fields` option promise. */
export type TextOutputs<Text extends string, Fields = {}> = string extends Text
  ? Record<string, unknown>
  : OutputObject<Overridden<ReadText<Text>["outputs"], Fields>>;

/** The inputs and outputs that zod objects stand for. */
export type ZodInputs<Shape> = InputObject<ShapeEntries<Shape>>;
export type ZodOutputs<Shape> = OutputObject<ShapeEntries<Shape>>;
type ShapeEntries<Shape> = {
  [Name in keyof Shape & string]: Shape[Name] extends z.ZodType ? ZodEntry<Name, Shape[Name], undefined> : never;
}[keyof Shape & string];

/** One field given as text and options (`append`, `prepend`, `insert`), as an object with that field. */
export type FieldInput<Text extends string, Options> = string extends Text
  ? Record<string, unknown>
  : InputObject<OverriddenLone<ReadLone<Text>, Options>>;
export type FieldOutput<Text extends string, Options> = string extends Text
  ? Record<string, unknown>
  : OutputObject<OverriddenLone<ReadLone<Text>, Options>>;
type OverriddenLone<E extends AnyEntry, Options> = OverriddenBy<E["name"], E["said"], Options>;

/** An object's fields with what `withFields` says of some of them. */
export type WithFieldsIn<Inputs, Fields> = Flat<
  Omit<Inputs, Retyped<Fields>> & InputObject<RetypedEntry<keyof Inputs & Retyped<Fields>, Fields>>
>;
export type WithFieldsOut<Outputs, Fields> = Flat<
  Omit<Outputs, Retyped<Fields>> & OutputObject<RetypedEntry<keyof Outputs & Retyped<Fields>, Fields>>
>;
/** The names that get another type. */
type Retyped<Fields> = {
  [Name in keyof Fields]: Fields[Name] extends z.ZodType | { readonly type: unknown } ? Name : never;
}[keyof Fields];
type RetypedEntry<Name, Fields> = Name extends keyof Fields & string
  ? OverriddenBy<Name, Declaration<unknown, false>, Fields[Name]>
  : never;
