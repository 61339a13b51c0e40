import type { RESERVED_NAMES } from "./field-names.ts";
import type { Entry, ReadLone, ReadText, Sides } from "./infer.ts";
import type { Mask, Masked } from "./infer-text.ts";
import type { TypeProblem } from "./infer-type.ts";

/** What the compiler says about a wrong signature: each problem is a type that no value has, named for people. */

/** `Text` when it is a right signature, else what is wrong with it: shown as the type that the argument lacks. */
export type CheckedText<Text extends string> = string extends Text ? Text : OrProblem<Text, TextProblem<Text>>;
export type CheckedField<Text extends string> = string extends Text
  ? Text
  : OrProblem<Text, EntryProblem<ReadLone<Text>>>;
type OrProblem<Text, Message extends string> = [Message] extends [never] ? Text : `Signature problem: ${Message}`;

type TextProblem<Text extends string> =
  Mask<Text> extends Masked<infer Whole, readonly string[]>
    ? Whole extends `${string}->${infer Right}`
      ? Right extends `${string}->${string}`
        ? `more than one "->"`
        : SidesProblem<ReadText<Text>>
      : `no "->" between inputs and outputs`
    : never;

type SidesProblem<S extends Sides> =
  | EntryProblem<S["inputs"]>
  | EntryProblem<S["outputs"]>
  | TwiceProblem<NamesOf<S["inputNames"]>>
  | TwiceProblem<NamesOf<S["outputNames"]>>
  | BothProblem<NameOf<S["inputs"]> & NameOf<S["outputs"]>>;

type NameOf<E> = E extends Entry<infer Name> ? Name : never;
type NamesOf<Entries> = { [Index in keyof Entries]: NameOf<Entries[Index]> };

type TwiceProblem<Names> = Names extends readonly [infer First, ...infer Rest]
  ? First extends Rest[number]
    ? `"${First & string}" is given twice`
    : TwiceProblem<Rest>
  : never;

type BothProblem<Name> = Name extends string ? `"${Name}" is both an input and an output` : never;

type EntryProblem<E> =
  E extends Entry<infer Name, infer Value>
    ? NameProblem<Name> | FieldProblem<Name, Extract<Value, TypeProblem>>
    : never;

type FieldProblem<Name extends string, Found> =
  Found extends TypeProblem<infer Message> ? `field "${Name}": ${Message}` : never;

type NameProblem<Name extends string> = Name extends ""
  ? "a field has no name"
  : Name extends (typeof RESERVED_NAMES)[number] | `$${string}`
    ? `the name "${Name}" is reserved`
    : Name extends `${string}${" " | "\n" | "-" | "." | "*" | "/" | "["}${string}`
      ? `"${Name}" is no name`
      : never;

/** The names of the fields that a text declares. */
export type FieldNames<Text extends string> = string extends Text
  ? string
  : NameOf<ReadText<Text>["inputs"] | ReadText<Text>["outputs"]>;

/** Marks those keys of `Fields` that are no field, by a type that no value has. */
export type CheckedFields<Fields, Names extends PropertyKey> = {
  readonly [Name in Exclude<keyof Fields, Names> as string extends Name ? never : Name]: NoSuchField<Name, Names>;
};

/** In error messages: there is no such field; there are `ThereAre`. */
export interface NoSuchField<Name extends PropertyKey, ThereAre extends PropertyKey> {
  readonly [noSuchBrand]: readonly [Name, ThereAre];
}
declare const noSuchBrand: unique symbol;

/** Marks those options that are none. */
export type CheckedNames<Options, Names extends PropertyKey> = {
  readonly [Name in Exclude<keyof Options, Names>]: NoSuchOption<Name, Names>;
};

/** In error messages: there is no such option; there are `ThereAre`. */
export interface NoSuchOption<Name extends PropertyKey, ThereAre extends PropertyKey> {
  readonly [noSuchBrand]: readonly [Name, ThereAre];
}
