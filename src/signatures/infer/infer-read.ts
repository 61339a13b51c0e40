import type { RESERVED_NAMES } from "../field/field-names.ts";
import type { Declaration, Declared, DeclaredBy, Declaring, OptionalMark, Sound, Unclosed } from "./infer-declared.ts";
import type { IsOpen, Mask, Trim, TrimEnd, TrimStart } from "./infer-text.ts";
import type { TypeProblem } from "./infer-type.ts";

/**
 * The grammar of `grammar.ts` at compile time: what a signature's text says, as types. The two are held against each
 * other on random signatures by the suite.
 */

/** One field, as read from the text. */
export interface Entry<Name extends string, Said extends Declaration, Problem = never> extends AnyEntry {
  readonly name: Name;
  readonly said: Said;
  readonly needed: Said["omissible"] extends true ? never : Name;
  readonly omissible: Said["omissible"] extends true ? Name : never;
  readonly problem: Problem;
}

/** Some field. */
export interface AnyEntry {
  readonly name: string;
  readonly said: Declaration;
  /** Its name, when it is an input that has to be given. */
  readonly needed: string;
  /** Its name, when it is an input that may be left out. */
  readonly omissible: string;
  /** In words; never when it is right. */
  readonly problem: unknown;
}

/** Both sides as unions of fields, and what is wrong beside the fields. */
export interface Sides<Inputs extends AnyEntry = AnyEntry, Outputs extends AnyEntry = AnyEntry, Problem = unknown> {
  readonly inputs: Inputs;
  readonly outputs: Outputs;
  readonly problem: Problem;
}

export type ReadText<Text extends string> = SidesOf<Mask<Text>>;

type SidesOf<Text extends string> = Text extends `${infer Left}->${infer Right}`
  ? Right extends `${string}->${string}`
    ? Sides<never, never, `more than one "->"`>
    : Sides<ReadSide<Trim<Left>>, ReadSide<Trim<Right>>, never>
  : Sides<never, never, `no "->" between inputs and outputs`>;

type ReadSide<Side extends string> = Side extends ""
  ? never
  : Side extends `${infer Fields},`
    ? ReadFields<`${Fields}, `>
    : ReadFields<`${Side}, `>;

/**
 * The fields of a side, `, ` after each. What most people write takes few steps: a name, then a type after `: `. A field
 * that is written otherwise, or wrong, is read by {@link ReadCarefully}. The compiler follows a thousand such references
 * from one type to the next, so that a step costs one where it can.
 */
type ReadFields<
  Side extends string,
  Read extends AnyEntry = never,
  Names extends string = never,
> = Side extends `${infer Name}: ${infer Text}, ${infer Rest}`
  ? Name extends Unplain
    ? Name extends `${infer Bare}?`
      ? Bare extends Unplain
        ? ReadUntyped<Side, Read, Names>
        : ReadTyped<Bare, `${OptionalMark}${Text}`, Rest, Side, Read, Names>
      : ReadUntyped<Side, Read, Names>
    : Declared<Text> extends Sound
      ? Name extends Names
        ? ReadCarefully<Side, Read, Names>
        : ReadFields<Rest, Read | Entry<Name, Declared<Text>>, Names | Name>
      : ReadTyped<Name, Text, Rest, Side, Read, Names>
  : ReadUntyped<Side, Read, Names>;

/** A type may have commas of its own: its text goes on until its brackets close. */
type ReadTyped<
  Name extends string,
  Text extends string,
  Rest extends string,
  Side extends string,
  Read extends AnyEntry,
  Names extends string,
> =
  Declared<Text> extends Sound
    ? Name extends Names
      ? ReadCarefully<Side, Read, Names>
      : ReadFields<Rest, Read | Entry<Name, Declared<Text>>, Names | Name>
    : Declared<Text> extends Unclosed
      ? Rest extends `${infer More}, ${infer Others}`
        ? ReadTyped<Name, `${Text}, ${More}`, Others, Side, Read, Names>
        : ReadCarefully<Side, Read, Names>
      : ReadCarefully<Side, Read, Names>;

type ReadUntyped<
  Side extends string,
  Read extends AnyEntry,
  Names extends string,
> = Side extends `${infer Name}, ${infer Rest}`
  ? Name extends Unplain
    ? ReadCarefully<Side, Read, Names>
    : Name extends Names
      ? ReadCarefully<Side, Read, Names>
      : ReadFields<Rest, Read | Entry<Name, DeclaredBy<"str">>, Names | Name>
  : Read;

/** One field that may be written in any way, or wrong; `Piece` is what is read of it. */
type ReadCarefully<
  Side extends string,
  Read extends AnyEntry,
  Names extends string,
  Piece extends string = "",
> = Side extends `${infer A},${infer Rest}`
  ? IsOpen<`${Piece}${A}`> extends true
    ? ReadCarefully<Rest, Read, Names, `${Piece}${A},`>
    : ReadField<Trim<`${Piece}${A}`>, Names> extends infer Field extends AnyEntry
      ? ReadFields<TrimStart<Rest>, Read | Field, Names | Field["name"]>
      : never
  : Piece extends `${infer A},`
    ? Read | ReadField<Trim<A>, Names>
    : Read;

/** One field: `name?: type(constraints) = default`. */
type ReadField<Text extends string, Names extends string> = Text extends `${infer Name}:${infer Said}`
  ? Name extends `${string}${"=" | "("}${string}`
    ? ReadUntypedField<Text, Names>
    : ReadNamed<TrimEnd<Name>, DeclaredBy<Trim<Said>>, Names>
  : ReadUntypedField<Text, Names>;

type ReadUntypedField<Text extends string, Names extends string> = Text extends `${infer Before}=${string}`
  ? Text extends `${infer Name}(${string})${infer After}`
    ? ReadNamed<TrimEnd<Name>, DeclaredBy<`str${After}`>, Names>
    : ReadNamed<TrimEnd<Before>, DeclaredBy<"str = ">, Names>
  : ReadNamed<Text, DeclaredBy<"str">, Names>;

type ReadNamed<Name extends string, Said extends Declaration, Names extends string> = Name extends `${infer Bare}?`
  ? Noted<TrimEnd<Bare>, Declaring<Said["value"] | null, true>, Names>
  : Noted<Name, Said, Names>;

/** With its problems. */
type Noted<Name extends string, Said extends Declaration, Names extends string> = Entry<
  Name,
  Said,
  NameProblem<Name> | TwiceProblem<Name, Names> | FieldProblem<Name, Said["problem"]>
>;

/** A field alone. */
export type ReadLone<Text extends string> = ReadField<Trim<Mask<Text>>, never>;

type Reserved = (typeof RESERVED_NAMES)[number] | `$${string}`;
type NoName = `${string}${" " | "\n" | "-" | "." | "*" | "/" | "'" | '"' | "|" | "=" | AnyBracket}${string}`;
type AnyBracket = "[" | "]" | "(" | ")" | "<" | ">" | "{" | "}";
/** No name, or more than a name. */
type Unplain = "" | Reserved | NoName | `${string}${"," | ":" | "?" | "\t" | "\r"}${string}`;

type NameProblem<Name extends string> = Name extends ""
  ? "a field has no name"
  : Name extends Reserved
    ? `the name "${Name}" is reserved`
    : Name extends NoName
      ? `"${Name}" is no name`
      : never;

type TwiceProblem<Name extends string, Names> = Name extends Names ? `"${Name}" is given twice` : never;

type FieldProblem<Name extends string, Found> =
  Found extends TypeProblem<infer Message> ? `field "${Name}": ${Message}` : never;
