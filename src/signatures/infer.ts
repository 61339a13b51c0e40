import type { z } from "zod";
import type { Mask, Masked, SplitOutside, Trim, TrimEnd } from "./infer-text.ts";
import type { DateText, DateTimeText, TypeOf } from "./infer-type.ts";

/**
 * The grammar of `grammar.ts` at compile time: what a signature's text says, as types. The two are held against each
 * other on random signatures by the suite.
 */

/** One field as read from the text. `omissible`: an input that may be left out. */
export interface Entry<Name extends string = string, Value = unknown, Omissible extends boolean = boolean> {
  readonly name: Name;
  readonly value: Value;
  readonly omissible: Omissible;
}

/** Both sides as unions of entries, and in order. */
export interface Sides<
  Inputs extends readonly unknown[] = readonly unknown[],
  Outputs extends readonly unknown[] = readonly unknown[],
> {
  readonly inputs: Inputs[number];
  readonly outputs: Outputs[number];
  readonly inputNames: Inputs;
  readonly outputNames: Outputs;
}

export type ReadText<Text extends string> =
  Mask<Text> extends Masked<infer Whole, infer Strings>
    ? Whole extends `${infer Left}->${infer Right}`
      ? Sides<ReadFields<SplitOutside<Left, ",">, Strings>, ReadFields<SplitOutside<Right, ",">, Strings>>
      : Sides
    : Sides;

type ReadFields<Pieces extends readonly string[], Strings extends readonly string[]> = {
  [Index in keyof Pieces]: ReadField<Pieces[Index], Strings>;
};

/** One field: `name?: type(constraints) = default`, its description masked away before. */
type ReadField<Piece extends string, Strings extends readonly string[]> = Piece extends `${string}=${string}`
  ? WithoutConstraints<Piece> extends `${infer Declared}=${string}`
    ? ReadDeclared<TrimEnd<Declared>, Strings, true>
    : ReadDeclared<WithoutConstraints<Piece>, Strings, false>
  : ReadDeclared<Piece, Strings, false>;

type WithoutConstraints<
  Piece extends string,
  Before extends string = "",
> = Piece extends `${infer Head}(${infer Inside})${infer Rest}`
  ? Inside extends `${string}=${string}`
    ? Trim<`${Before}${Head}${Rest}`>
    : WithoutConstraints<Rest, `${Before}${Head}(${Inside})`>
  : Trim<`${Before}${Piece}`>;

type ReadDeclared<
  Piece extends string,
  Strings extends readonly string[],
  Preset extends boolean,
> = Piece extends `${infer Name}:${infer Type}`
  ? ReadNamed<TrimEnd<Name>, TypeOf<Trim<Type>, Strings>, Trim<Type> extends "History" | "dspy.History" ? true : Preset>
  : ReadNamed<Piece, string, Preset>;

type ReadNamed<Name extends string, Value, Preset extends boolean> = Name extends `${infer Bare}?`
  ? Entry<TrimEnd<Bare>, Value | null, true>
  : Entry<Name, Value, Preset extends true ? true : [Extract<Value, null>] extends [never] ? false : true>;

/** Lists that go in may be frozen ones. */
type Readable<T> = T extends readonly unknown[]
  ? { readonly [Index in keyof T]: Readable<T[Index]> }
  : T extends DateText | DateTimeText
    ? DateIn<T>
    : T;

/** Days and moments go in as any ISO text or as `Date`s. A literal that looks like a day is a literal. */
type DateIn<T> = DateText extends T ? string | Date : DateTimeText extends T ? string | Date : T;

/** Written out, so that a hover shows the fields. */
export type Flat<T> = { [Key in keyof T]: T[Key] } & {};

type ValueIn<Value> = [Value] extends [FromZod<infer Schema>] ? ZodIn<Schema> : Readable<Value>;
type ValueOut<Value> = [Value] extends [FromZod<infer Schema>] ? ZodOut<Schema> : Value;

type InputObject<E> = Flat<
  {
    [One in E as One extends Entry<infer Name, unknown, false> ? Name : never]: One extends Entry<string, infer Value>
      ? ValueIn<Value>
      : never;
  } & {
    [One in E as One extends Entry<infer Name, unknown, true> ? Name : never]?: One extends Entry<string, infer Value>
      ? ValueIn<Value>
      : never;
  }
>;

type OutputObject<E> = Flat<{
  [One in E as One extends Entry<infer Name> ? Name : never]: One extends Entry<string, infer Value>
    ? ValueOut<Value>
    : never;
}>;

/** Stands as a field's value where zod says the type. */
interface FromZod<Schema extends z.ZodType> {
  readonly [zodBrand]: Schema;
}
declare const zodBrand: unique symbol;

/** What a zod schema takes, as an input: what may be left out may also be null. */
export type ZodIn<Schema extends z.ZodType> =
  undefined extends z.output<Schema> ? Exclude<z.input<Schema>, undefined> | null : Exclude<z.input<Schema>, undefined>;

/** What a zod schema gives, as an output: what may be left out is null, and always there. */
export type ZodOut<Schema extends z.ZodType> =
  undefined extends z.output<Schema> ? Exclude<z.output<Schema>, undefined> | null : z.output<Schema>;

type ZodEntry<Name extends string, Schema extends z.ZodType, Preset> = Entry<
  Name,
  FromZod<Schema>,
  unknown extends z.input<Schema> ? PresetOf<Preset> : undefined extends z.input<Schema> ? true : OrNull<Schema, Preset>
>;
type OrNull<Schema extends z.ZodType, Preset> = null extends z.input<Schema> ? true : PresetOf<Preset>;
type PresetOf<Options> = Options extends { readonly default: unknown } ? true : false;

/** What the `fields` option says of an entry wins over the text. */
type Overridden<E, Fields> = [keyof Fields] extends [never] ? E : OverriddenEach<E, Fields>;
type OverriddenEach<E, Fields> =
  E extends Entry<infer Name, infer Value, infer Omissible>
    ? Name extends keyof Fields
      ? OverriddenBy<Name, Value, Omissible, Fields[Name]>
      : E
    : never;

type OverriddenBy<Name extends string, Value, Omissible extends boolean, Options> = Options extends z.ZodType
  ? ZodEntry<Name, Options, undefined>
  : Options extends { readonly type: infer Type }
    ? Type extends z.ZodType
      ? ZodEntry<Name, Type, Options>
      : Type extends string
        ? ReadNamed<Name, TypeOfText<Type>, PresetOf<Options>>
        : Entry<Name, unknown, PresetOf<Options>>
    : Entry<Name, Value, PresetOf<Options> extends true ? true : Omissible>;

type TypeOfText<Text extends string> = string extends Text
  ? unknown
  : Mask<`:${Text}`> extends Masked<`:${infer Whole}`, infer Strings>
    ? TypeOf<Trim<Whole>, Strings>
    : never;

/** The inputs that a signature's text and its `fields` option ask for. */
export type TextInputs<Text extends string, Fields> = string extends Text
  ? Record<string, unknown>
  : InputObject<Overridden<ReadText<Text>["inputs"], Fields>>;

/** The outputs that a signature's text and its `fields` option promise. */
export type TextOutputs<Text extends string, Fields> = string extends Text
  ? Record<string, unknown>
  : OutputObject<Overridden<ReadText<Text>["outputs"], Fields>>;

/** The inputs and outputs that zod objects stand for. */
export type ZodInputs<Shape> = InputObject<ShapeEntries<Shape>>;
export type ZodOutputs<Shape> = OutputObject<ShapeEntries<Shape>>;
type ShapeEntries<Shape> = {
  [Name in keyof Shape & string]: Shape[Name] extends z.ZodType ? ZodEntry<Name, Shape[Name], undefined> : never;
}[keyof Shape & string];

export type ReadLone<Text extends string> =
  Mask<Text> extends Masked<infer Whole, infer Strings> ? ReadField<Trim<Whole>, Strings> : never;

/** One field given as text and options (`append`, `prepend`, `insert`), as an object with that field. */
export type FieldInput<Text extends string, Options> = string extends Text
  ? Record<string, unknown>
  : InputObject<OverriddenLone<ReadLone<Text>, Options>>;
export type FieldOutput<Text extends string, Options> = string extends Text
  ? Record<string, unknown>
  : OutputObject<OverriddenLone<ReadLone<Text>, Options>>;
type OverriddenLone<E, Options> =
  E extends Entry<infer Name, infer Value, infer Omissible> ? OverriddenBy<Name, Value, Omissible, Options> : never;

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
  ? OverriddenBy<Name, unknown, false, Fields[Name]>
  : never;
