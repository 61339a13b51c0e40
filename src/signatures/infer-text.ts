/**
 * Text tools for reading a signature at compile time. All recursion is over pieces (between commas, bars, quotes), never
 * over characters, so that long texts stay cheap.
 */

/** White space off both ends. */
export type Trim<S extends string> = TrimEnd<TrimStart<S>>;

type Space = " " | "\n" | "\t" | "\r";
type TrimStart<S extends string> = S extends `${Space}${infer Rest}` ? TrimStart<Rest> : S;
export type TrimEnd<S extends string> = S extends `${infer Rest}${Space}` ? TrimEnd<Rest> : S;

/** A text whose quoted parts are taken out: `'a, b'` becomes `"0"`, and `Strings[0]` is `a, b`. Descriptions go. */
export interface Masked<Text extends string = string, Strings extends readonly string[] = readonly string[]> {
  readonly text: Text;
  readonly strings: Strings;
}

/** Takes quoted parts out of a text, so that commas, arrows and brackets in them mean nothing afterwards. */
export type Mask<
  S extends string,
  Out extends string = "",
  Strings extends readonly string[] = [],
> = S extends `${infer A}'${infer R}`
  ? A extends `${infer B}"${string}`
    ? S extends `${B}"${infer T}`
      ? Quoted<T, '"', `${Out}${B}`, Strings>
      : never
    : Quoted<R, "'", `${Out}${A}`, Strings>
  : S extends `${infer A}"${infer R}`
    ? Quoted<R, '"', `${Out}${A}`, Strings>
    : Masked<`${Out}${S}`, Strings>;

type Quoted<
  S extends string,
  Quote extends string,
  Out extends string,
  Strings extends readonly string[],
  Body extends string = "",
> = S extends `${infer A}${Quote}${infer R}`
  ? EndsInEscape<A> extends true
    ? Quoted<R, Quote, Out, Strings, `${Body}${A}${Quote}`>
    : TrimEnd<Out> extends `${string}${"[" | "|" | "," | "=" | "(" | "<" | ":" | "{"}`
      ? Mask<R, `${Out}"${Strings["length"]}"`, [...Strings, Unescape<`${Body}${A}`>]>
      : Mask<R, Out, Strings>
  : Masked<`${Out}${S}`, Strings>;

type EndsInEscape<S extends string> = S extends `${infer A}\\` ? (A extends `${string}\\` ? false : true) : false;

/** `\'`, `\"` and `\\` by themselves; a text with other escapes is any string to the compiler. */
type Unescape<S extends string, Out extends string = ""> = S extends `${infer A}\\${infer R}`
  ? R extends `${infer Char extends "'" | '"' | "\\"}${infer Rest}`
    ? Unescape<Rest, `${Out}${A}${Char}`>
    : string
  : `${Out}${S}`;

type AnyBracket = "[" | "]" | "<" | ">" | "(" | ")" | "{" | "}";

/** The open brackets after reading `S` with `D` open before. */
export type Depth<S extends string, D extends readonly 0[]> = S extends `${string}${AnyBracket}${string}`
  ? Close<
      S,
      Close<S, Close<S, Close<S, Open<S, Open<S, Open<S, Open<S, D, "[">, "<">, "(">, "{">, "]">, ">">, ")">,
      "}"
    >
  : D;

type Open<S extends string, D extends readonly 0[], Mark extends string> = S extends `${string}${Mark}${infer R}`
  ? Open<R, [...D, 0], Mark>
  : D;
type Close<S extends string, D extends readonly 0[], Mark extends string> = S extends `${string}${Mark}${infer R}`
  ? Close<R, D extends readonly [0, ...infer Rest extends readonly 0[]] ? Rest : [], Mark>
  : D;

/** The trimmed pieces between the separators that stand outside brackets. A piece after a last comma is left out. */
export type SplitOutside<
  S extends string,
  Separator extends "," | "|",
  Pieces extends readonly string[] = [],
  Current extends string = "",
  D extends readonly 0[] = [],
> = S extends `${infer A}${Separator}${infer R}`
  ? Depth<A, D> extends infer Next extends readonly 0[]
    ? Next extends readonly []
      ? SplitOutside<R, Separator, [...Pieces, Trim<`${Current}${A}`>]>
      : SplitOutside<R, Separator, Pieces, `${Current}${A}${Separator}`, Next>
    : never
  : Trim<`${Current}${S}`> extends infer Last extends string
    ? Last extends ""
      ? Separator extends ","
        ? Pieces
        : [...Pieces, ""]
      : [...Pieces, Last]
    : never;
