import type { IsOpen, SplitOutside, Trim, TrimEnd } from "./infer-text.ts";
import type { DateText, DateTimeText, TypeOf, TypeProblem } from "./infer-type.ts";
import type { ScalarWord } from "../types/type-words.ts";

/**
 * What stands after a field's colon. It knows nothing of the field, so that the compiler reads each such text once,
 * whatever fields and signatures have it.
 */
export interface Declaration<Value = unknown, Omissible extends boolean = boolean, Problem = unknown> {
  /** As an output. */
  readonly value: Value;
  /** As an input. */
  readonly given: Readable<Value>;
  /** An input that may be left out. */
  readonly omissible: Omissible;
  readonly problem: Problem;
}

/** A declaration of a type that has no problem. */
export type Sound = Declaration<unknown, boolean, never>;

/** A text that ends before its brackets close. */
export interface Unclosed {
  readonly unclosed: true;
}

/** A text with a comma outside of brackets: no declaration, or more than one field. */
export interface Several {
  readonly several: true;
}

/** Before the text of a field that may be left out: no text of a signature has it. */
export type OptionalMark = "\uFDEF";

/** What a text up to some comma says: is it a field's whole declaration? */
export type Declared<Text extends string> = Text extends `${OptionalMark}${infer Said}`
  ? OrNull<DeclaredBefore<Trim<Said>>>
  : DeclaredBefore<Trim<Text>>;

type OrNull<Said> = Said extends Sound ? Declaring<Said["value"] | null, true> : Said;

/** A colon is that of the next field, before which no `, ` stands, or in a default. */
type DeclaredBefore<Text extends string> = Text extends ScalarWord
  ? DeclaredBy<Text>
  : Text extends `${string}:${string}`
    ? Several
    : Text extends `${infer First},${string}`
      ? IsOpen<First> extends true
        ? DeclaredInBrackets<Text>
        : Several
      : DeclaredInBrackets<Text>;

/** A comma after the brackets makes no type, so that only a default has to be looked at. */
type DeclaredInBrackets<Text extends string> =
  IsOpen<Text> extends true
    ? Unclosed
    : Text extends `${string}=${string}`
      ? SplitOutside<Text, ","> extends readonly [Text]
        ? DeclaredBy<Text>
        : Several
      : DeclaredBy<Text>;

/** What a (masked, trimmed) text declares: `type`, `type(constraints)`, `type(constraints) = default`. */
export type DeclaredBy<Text extends string> = Text extends `${string}=${string}`
  ? WithoutConstraints<Text> extends `${infer Type}=${string}`
    ? Declaring<TypeOf<TrimEnd<Type>>, true>
    : Declaring<TypeOf<WithoutConstraints<Text>>>
  : Declaring<TypeOf<Text>, Text extends "History" | "dspy.History" ? true : false>;

type WithoutConstraints<
  Text extends string,
  Before extends string = "",
> = Text extends `${infer Head}(${infer Inside})${infer Rest}`
  ? Inside extends `${string}=${string}`
    ? Trim<`${Before}${Head}${Rest}`>
    : WithoutConstraints<Rest, `${Before}${Head}(${Inside})`>
  : Trim<`${Before}${Text}`>;

/** A value may be left out where it may be null, or where something else (a default) says so. */
export type Declaring<Value, Omissible extends boolean = false> = Declaration<
  Value,
  Omissible extends true ? true : unknown extends Value ? false : null extends Value ? true : false,
  [Value] extends [Plain] ? never : Extract<Value, TypeProblem>
>;
type Plain = string | number | boolean | null;

/** Lists go in frozen too; days and moments as any ISO text or as `Date`s. A literal that looks like a day is a literal. */
type Readable<T> = T extends readonly unknown[] | DateText | DateTimeText
  ? T extends readonly unknown[]
    ? { readonly [Index in keyof T]: Readable<T[Index]> }
    : DateText extends T
      ? string | Date
      : DateTimeText extends T
        ? string | Date
        : T
  : T;
