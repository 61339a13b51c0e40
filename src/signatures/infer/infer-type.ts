import type { SplitOutside, Trim, TrimEnd, Unhidden } from "./infer-text.ts";
import type { AudioValue, FileValue, ImageValue } from "../values/media.ts";
import type { Tool, ToolCall } from "../values/tool.ts";
import type {
  GENERIC_WORDS,
  GenericWord,
  PYTHON_WORDS,
  SCALAR_WORDS,
  ScalarWord,
  VALUE_WORDS,
} from "../types/type-words.ts";

/** One turn of a `History` field: the field values that were asked and answered. */
export interface HistoryTurn {
  readonly [field: string]: unknown;
}

/** What the kinds of type words are to the compiler. */
interface ScalarTypes {
  readonly str: string;
  readonly int: number;
  readonly float: number;
  readonly bool: boolean;
  readonly any: unknown;
  readonly none: null;
  readonly history: readonly HistoryTurn[];
  readonly date: DateText;
  readonly datetime: DateTimeText;
  readonly image: ImageValue;
  readonly audio: AudioValue;
  readonly file: FileValue;
  readonly tool: Tool;
  readonly tool_calls: ToolCall[];
}

/** A day as ISO 8601 text: `2024-01-15`. An input may also be given as a `Date` that is the day's midnight in UTC. */
export type DateText = `${number}-${number}-${number}`;

/** A moment as ISO 8601 text, with a zone or without one. An input may also be given as a `Date`. */
export type DateTimeText = `${DateText}T${string}`;

declare const problemBrand: unique symbol;

/** Stands where a type should be and says why there is none. */
export interface TypeProblem<Message extends string = string> {
  readonly [problemBrand]: Message;
}

/** `Result`, unless a problem is among `Parts`. */
type Unless<Parts, Result> = [Extract<Parts, TypeProblem>] extends [never] ? Result : Extract<Parts, TypeProblem>;

/** The type that a (masked, trimmed) type text means, or a {@link TypeProblem}. */
export type TypeOf<T extends string> = T extends ScalarWord
  ? ScalarTypes[(typeof SCALAR_WORDS)[T]]
  : T extends `${string}|${string}`
    ? UnionOf<T>
    : T extends `Literal[${infer Values}]`
      ? LiteralOf<Values>
      : AtomOf<T>;

/** Members in quotes are read at sight; the first that is otherwise, and those after it, with care. */
type UnionOf<T extends string, Read = never> = T extends `"${infer Body}" | ${infer Rest}`
  ? Body extends `${string}"${string}`
    ? Read | EachOf<SplitOutside<T, "|">>
    : UnionOf<Rest, Read | Unhidden<Body>>
  : Read | EachOf<SplitOutside<T, "|">>;

/** The union of the members' types. */
type EachOf<Members extends readonly string[]> = {
  [Index in keyof Members]: AtomOf<Members[Index]>;
}[number];

type AtomOf<T extends string> = T extends ScalarWord
  ? ScalarTypes[(typeof SCALAR_WORDS)[T]]
  : T extends `${infer Items}[]`
    ? ListOf<TrimEnd<Items>>
    : T extends `(${infer Inner})`
      ? TypeOf<Trim<Inner>>
      : T extends `${infer Head}[${infer Args}]`
        ? GenericOf<TrimEnd<Head>, SplitOutside<Args, ",">>
        : T extends `${infer Head}<${infer Args}>`
          ? GenericOf<TrimEnd<Head>, SplitOutside<Args, ",">>
          : T extends GenericWord
            ? BareOf<T>
            : ValueOf<T, TypeProblem<`unknown type "${T}"`>>;

type ListOf<Items extends string> =
  Items extends Exclude<GenericWord, "Code" | "dspy.Code">
    ? TypeProblem<`${Items} takes types: ${Items}[T]`>
    : ArrayOf<Items>;

type ArrayOf<Items extends string> = Unless<TypeOf<Items>, TypeOf<Items>[]>;

type BareOf<Word extends GenericWord> = (typeof GENERIC_WORDS)[Word] extends infer Kind
  ? Kind extends "list" | "tuple"
    ? unknown[]
    : Kind extends "dict"
      ? Record<string, unknown>
      : Kind extends "code"
        ? string
        : TypeProblem<`${Word} needs its types: ${Word}[T]`>
  : never;

/** A value as a type of its own: a text, a number, True or false. */
type ValueOf<T extends string, Otherwise> = T extends `"${infer Body}"`
  ? Unhidden<Body>
  : T extends keyof typeof VALUE_WORDS
    ? (typeof VALUE_WORDS)[T]
    : T extends `${infer N extends number}`
      ? N
      : Otherwise;

type GenericOf<Head extends string, Args extends readonly string[]> = Head extends ""
  ? BracketTupleOf<Args>
  : Head extends GenericWord
    ? (typeof GENERIC_WORDS)[Head] extends infer Kind
      ? Kind extends "literal"
        ? LiteralsOf<Args>
        : Kind extends "tuple"
          ? TupleOf<Args>
          : Kind extends "code"
            ? LanguageOf<Head, Args>
            : FixedOf<Head, Kind, Args, TypesOf<Args>>
      : never
    : TypeProblem<`unknown type "${Head}"`>;

type TypesOf<Args extends readonly string[]> = {
  [Index in keyof Args]: TypeOf<Args[Index]>;
};

/** Words that take a certain number of types. */
type FixedOf<
  Head extends string,
  Kind,
  Args extends readonly string[],
  Types extends readonly unknown[],
> = Kind extends "union"
  ? Types extends readonly []
    ? TypeProblem<`${Head} takes one type or more`>
    : Types[number]
  : Kind extends "dict"
    ? Types extends readonly [infer Key, infer Value]
      ? Unless<Key | Value, Record<KeyOf<Key>, Value>>
      : TypeProblem<`${Head} takes two types, got ${Args["length"]}`>
    : Types extends readonly [infer One]
      ? Unless<One, Kind extends "list" ? One[] : One | null>
      : TypeProblem<`${Head} takes one type, got ${Args["length"]}`>;

/** Keys of objects are texts; a literal names those that may be there. */
type KeyOf<Key> = string extends Key
  ? string
  : unknown extends Key
    ? string
    : number extends Key
      ? number
      : KeyText<Key>;
type KeyText<Key> = Key extends string | number ? Key : Key extends boolean | null ? `${Key}` : string;

type LanguageOf<Head extends string, Args extends readonly string[]> = Args extends readonly [`"${string}"`]
  ? string
  : TypeProblem<`${Head} takes a language in quotes: ${Head}['python']`>;

/** As {@link UnionOf}: values in quotes are read at sight. */
type LiteralOf<Values extends string, Read = never> = Values extends `"${infer Body}", "${infer Rest}`
  ? Body extends `${string}"${string}`
    ? Read | LiteralsOf<SplitOutside<Values, ",">>
    : LiteralOf<`"${Rest}`, Read | Unhidden<Body>>
  : Read | LiteralsOf<SplitOutside<Values, ",">>;

type LiteralsOf<Values extends readonly string[]> = Values extends readonly []
  ? TypeProblem<"Literal takes one value or more">
  : { [Index in keyof Values]: LiteralValueOf<Values[Index]> }[number];

type LiteralValueOf<T extends string> = T extends `Literal[${infer Values}]`
  ? LiteralOf<Values>
  : ValueOf<T, TypeProblem<`"${T}" is no value for Literal`>>;

type TupleOf<Args extends readonly string[]> = Args extends readonly []
  ? TypeProblem<"tuple takes one type or more">
  : Args extends readonly [infer One extends string, "..." | "Ellipsis"]
    ? ArrayOf<One>
    : Unless<TypesOf<Args>[number], TypesOf<Args>>;

type BracketTupleOf<Args extends readonly string[]> = Args extends readonly [string, string, ...string[]]
  ? [Extract<Args[number], (typeof PYTHON_WORDS)[number]>] extends [never]
    ? Unless<TypesOf<Args>[number], TypesOf<Args>>
    : TypeProblem<"a list of types is no type: write list[T], T[] or tuple[T, U]">
  : TypeProblem<"a list of types is no type: write list[T], T[] or tuple[T, U]">;
