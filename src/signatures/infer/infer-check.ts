import type { AnyEntry, ReadLone, ReadText, Sides } from "./infer-read.ts";
import type { Shown } from "./infer-text.ts";

/** What the compiler says about a wrong signature: each problem is a type that no value has, named for people. */

/** `Text` when it is a right signature, else what is wrong with it: shown as the type that the argument lacks. */
export type CheckedText<Text extends string> = string extends Text
  ? Text
  : OrProblem<Text, TextProblem<ReadText<Text>>>;
export type CheckedField<Text extends string> = string extends Text ? Text : OrProblem<Text, ReadLone<Text>["problem"]>;
type OrProblem<Text, Problem> = [Problem] extends [never] ? Text : `Signature problem: ${Shown<Problem & string>}`;

type TextProblem<S extends Sides> =
  | S["problem"]
  | S["inputs"]["problem"]
  | S["outputs"]["problem"]
  | BothProblem<S["inputs"]["name"] & S["outputs"]["name"]>;

type BothProblem<Name> = Name extends string ? `"${Name}" is both an input and an output` : never;

/** The names of the fields that a text declares. */
export type FieldNames<Text extends string> = string extends Text
  ? string
  : NameOf<ReadText<Text>["inputs"] | ReadText<Text>["outputs"]>;
type NameOf<E extends AnyEntry> = E["name"];

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
