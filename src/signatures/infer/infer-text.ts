/**
 * Text tools for reading a signature at compile time. All recursion is over pieces (between commas, bars, quotes), never
 * over characters, so that long texts stay cheap.
 */

type Space = " " | "\n" | "\t" | "\r";

/** White space off both ends. */
export type Trim<S extends string> = S extends `${Space}${infer Rest}` ? Trim<Rest> : TrimEnd<S>;
export type TrimStart<S extends string> = S extends `${Space}${infer Rest}` ? TrimStart<Rest> : S;
export type TrimEnd<S extends string> = S extends `${infer Rest}${Space}` ? TrimEnd<Rest> : S;

/**
 * A text without its descriptions, whose quoted values hold no mark that the grammar knows: `a "b" -> c: 'x, y'` becomes
 * `a -> c: "x\uFDD0 y"`, with a stand-in where the comma was ({@link Unhidden} gives it back). So commas, arrows and brackets in
 * quotes mean nothing afterwards, and a type's text says all that there is to know of it: `"yes" | "no"` is read once,
 * however many signatures have it.
 */
export type Mask<S extends string> = JoinLines<
  S extends `${string}\\${string}` ? MaskQuoted<SetAside<S>> : MaskQuoted<S>
>;

/** One space for a line break and the spaces around: most long signatures have a line for each field. */
type JoinLines<S extends string, Out extends string = ""> = S extends `${infer Line}\n${infer Rest}`
  ? JoinLines<TrimStart<Rest>, `${Out}${Line} `>
  : `${Out}${S}`;

type MaskQuoted<S extends string, Out extends string = ""> = S extends `${string}"${string}"${string}`
  ? S extends `${infer Before}"${infer Body}"${infer Rest}`
    ? Before extends `${string}'${string}`
      ? MaskSingle<S, Out>
      : Before extends BeforeValue
        ? MaskQuoted<Rest, `${Out}${Before}"${Hidden<Body>}"`>
        : Before extends Untrimmed
          ? MaskQuoted<`${TrimEnd<Before>}"${Body}"${Rest}`, Out>
          : MaskQuoted<Rest, `${Out}${Before}`>
    : never
  : MaskSingle<S, Out>;
type MaskSingle<S extends string, Out extends string> = S extends `${infer Before}'${infer Body}'${infer Rest}`
  ? Before extends BeforeValue
    ? MaskQuoted<Rest, `${Out}${Before}"${Hidden<Body>}"`>
    : Before extends Untrimmed
      ? MaskSingle<`${TrimEnd<Before>}'${Body}'${Rest}`, Out>
      : MaskQuoted<Rest, `${Out}${Before}`>
  : `${Out}${S}`;

/** More white space before a quote than the one space that {@link BeforeValue} knows. */
type Untrimmed = `${string}${Space}${Space}` | `${string}${Exclude<Space, " ">}`;

/** What is quoted after one of these is a value; after anything else it is a description. */
type BeforeValue = `${string}${"[" | "|" | "," | "=" | "(" | "<" | ":" | "{"}${"" | " "}`;

/**
 * What stands in a masked text for each mark of a quoted value: characters that Unicode keeps for a program's own use and
 * out of all texts.
 */
type StandIns = readonly [
  readonly [",", "\uFDD0"],
  readonly ["|", "\uFDD1"],
  readonly [":", "\uFDD2"],
  readonly ["=", "\uFDD3"],
  readonly ["[", "\uFDD4"],
  readonly ["]", "\uFDD5"],
  readonly ["(", "\uFDD6"],
  readonly [")", "\uFDD7"],
  readonly ["<", "\uFDD8"],
  readonly [">", "\uFDD9"],
  readonly ["{", "\uFDDA"],
  readonly ["}", "\uFDDB"],
  readonly ['"', "\uFDDC"],
  readonly ["'", "\uFDDD"],
  readonly ["\n", "\uFDDE"],
  readonly ["\\", "\uFDDF"],
];
type StandInOf = { readonly [Pair in StandIns[number] as Pair[0]]: Pair[1] };
type Mark = "," | "|" | ":" | "=" | "[" | "]" | "(" | ")" | "<" | ">" | "{" | "}" | '"' | "\n";

/** A text in which stand-ins are for its marks. A backslash that is there still is no escape that the compiler knows. */
type Hidden<Body extends string> = Body extends `${string}${Mark}${string}` ? HideAll<Body, StandIns> : Body;
type HideAll<S extends string, Pairs> = Pairs extends readonly [
  readonly [infer Given extends string, infer StandIn extends string],
  ...infer Others,
]
  ? HideAll<Given extends "\\" ? S : Replaced<S, Given, StandIn>, Others>
  : S;

/** The text that was hidden. One with other escapes than `\'`, `\"` and `\\` is any string to the compiler. */
export type Unhidden<S extends string> = S extends `${string}\\${string}`
  ? string
  : S extends `${string}${StandIns[number][1]}${string}`
    ? UnhideAll<S, StandIns>
    : S;
/** The same for people to read. */
export type Shown<S extends string> = UnhideAll<S, StandIns>;
type UnhideAll<S extends string, Pairs> = Pairs extends readonly [
  readonly [infer Given extends string, infer StandIn extends string],
  ...infer Others,
]
  ? UnhideAll<Replaced<S, StandIn, Given>, Others>
  : S;

type Replaced<
  S extends string,
  From extends string,
  To extends string,
  Out extends string = "",
> = S extends `${infer A}${From}${infer R}` ? Replaced<R, From, To, `${Out}${A}${To}`> : `${Out}${S}`;

/** Stand-ins for escaped quotes and backslashes, so that each quote that is left opens or closes a text. */
type SetAside<S extends string, Out extends string = ""> = S extends `${infer A}\\${infer R}`
  ? R extends `${infer Escaped extends "'" | '"' | "\\"}${infer Rest}`
    ? SetAside<Rest, `${Out}${A}${StandInOf[Escaped]}`>
    : SetAside<R, `${Out}${A}\\`>
  : `${Out}${S}`;

/** Whether brackets are open at the end: of each kind, as many are taken away as close. */
export type IsOpen<S extends string> = S extends `${string}${"[" | "(" | "<" | "{"}${string}`
  ? S extends `${string}${"[" | "(" | "<" | "{"}${string}${"]" | ")" | ">" | "}"}${string}`
    ? IsOpenBeside<S>
    : true
  : false;
type IsOpenBeside<S extends string> = S extends `${infer A}[${infer B}]${infer C}`
  ? IsOpen<`${A}${B}${C}`>
  : S extends `${infer A}(${infer B})${infer C}`
    ? IsOpen<`${A}${B}${C}`>
    : S extends `${infer A}<${infer B}>${infer C}`
      ? IsOpen<`${A}${B}${C}`>
      : S extends `${infer A}{${infer B}}${infer C}`
        ? IsOpen<`${A}${B}${C}`>
        : true;

/** The trimmed pieces between the separators that stand outside brackets. A piece after a last comma is left out. */
export type SplitOutside<
  S extends string,
  Separator extends "," | "|",
  Pieces extends readonly string[] = [],
  Current extends string = "",
> = S extends `${infer A}${Separator}${infer R}`
  ? IsOpen<`${Current}${A}`> extends true
    ? SplitOutside<R, Separator, Pieces, `${Current}${A}${Separator}`>
    : SplitOutside<R, Separator, [...Pieces, Trim<`${Current}${A}`>]>
  : Trim<`${Current}${S}`> extends infer Last extends string
    ? Last extends ""
      ? Separator extends ","
        ? Pieces
        : [...Pieces, ""]
      : [...Pieces, Last]
    : never;
