import { type FieldType, type LiteralValue, unionOf } from "./field-type.ts";
import {
  here,
  MAX_DEPTH,
  nested,
  peek,
  problem,
  type Scanner,
  scan,
  skipSpace,
  take,
  takeNumber,
  takeString,
  takeWord,
  tooDeep,
} from "./scanner.ts";
import { GENERIC_WORDS, genericKind, PYTHON_WORDS, SCALAR_WORDS, scalarKind, valueOfWord } from "./type-words.ts";

/**
 * A type as text, in Python's or TypeScript's spelling.
 * @throws UsageError that names the word and its position
 */
export function parseType(text: string): FieldType {
  const scanner = scan(text);
  const type = takeType(scanner);
  if (peek(scanner) !== "") throw problem(scanner, `expected the end of the type, got ${here(scanner)}`);
  return type;
}

/** Reads a type: members joined by `|`. Values that stand side by side (`'a' | 'b'`) are one literal, as in DSPy's words. */
export function takeType(scanner: Scanner): FieldType {
  return nested(scanner, takeUnion);
}

function takeUnion(scanner: Scanner): FieldType {
  const members: FieldType[] = [];
  let values: LiteralValue[] = [];
  do {
    const value = takeValueMember(scanner);
    if (value === undefined) {
      values = [];
      members.push(takeMember(scanner));
    } else {
      if (values.length > 0) members.pop();
      values = [...values, value];
      members.push(literalOf(values));
    }
  } while (take(scanner, "|"));
  return unionOf(members);
}

/** A value as a member of its own; not the start of something longer, such as the list type `'a'[]`, and not null. */
function takeValueMember(scanner: Scanner): LiteralValue | undefined {
  skipSpace(scanner);
  const start = scanner.position;
  const value = takeValue(scanner);
  if (value !== undefined && value !== null && peek(scanner) !== "[") return value;
  scanner.position = start;
  return undefined;
}

export function literalOf(values: readonly LiteralValue[]): FieldType {
  return { kind: "literal", values: [...new Set(values)] };
}

function takeMember(scanner: Scanner): FieldType {
  let type = takeAtom(scanner);
  for (let depth = scanner.depth + 1; take(scanner, "["); depth += 1) {
    if (depth > MAX_DEPTH) throw tooDeep(scanner);
    if (!take(scanner, "]")) throw problem(scanner, `expected "]" of a list type (T[]), got ${here(scanner)}`);
    type = { kind: "list", items: type, bare: false };
  }
  return type;
}

function takeAtom(scanner: Scanner): FieldType {
  const first = peek(scanner);
  const start = scanner.position;
  if (first === "(") {
    take(scanner, "(");
    const type = takeType(scanner);
    expect(scanner, ")");
    return type;
  }
  if (first === "[") return takeBracketTuple(scanner);
  const text = takeString(scanner);
  if (text !== undefined) return literalOf([text]);
  const number = takeNumber(scanner);
  if (number !== undefined) return literalOf([number]);
  const word = takeDottedWord(scanner);
  if (word === undefined) throw problem(scanner, `expected a type, got ${here(scanner)}`);
  const scalar = scalarKind(word);
  if (scalar !== undefined) return { kind: scalar };
  const value = valueOfWord(word);
  if (value !== undefined) return literalOf([value]);
  const generic = genericKind(word);
  if (generic === undefined) throw problem(scanner, unknownType(word, unquotedIn(scanner, start)), start);
  return takeGeneric(scanner, word, generic);
}

/** What stands between bars, and was meant as a text: the whole union as it is written. */
function unquotedIn({ text, position }: Scanner, start: number): string | undefined {
  const before = /[-\w '"|]*$/.exec(text.slice(0, start))?.[0] ?? "";
  const after = /^[-\w '"|]*/.exec(text.slice(position))?.[0] ?? "";
  const members = `${before}${text.slice(start, position)}${after}`.split("|").map((each) => each.trim());
  if (members.length < 2 || members.includes("")) return undefined;
  return members.map(quotedText).join(" | ");
}

function quotedText(member: string): string {
  return /^['"]/.test(member) || scalarKind(member) !== undefined ? member : JSON.stringify(member);
}

function unknownType(word: string, meant: string | undefined): string {
  if (meant !== undefined) return `unknown type "${word}"; texts to choose from stand in quotes: ${meant}`;
  // Those with a dot are DSPy's spelling of words that are there without it.
  const known = [...Object.keys(SCALAR_WORDS), ...Object.keys(GENERIC_WORDS)].filter((each) => !each.includes("."));
  const last = word.slice(word.lastIndexOf(".") + 1);
  const near = known.find((each) => each.toLowerCase() === last.toLowerCase());
  return `unknown type "${word}"${near ? ` (did you mean "${near}"?)` : ""}; known types: ${known.join(", ")}`;
}

function takeGeneric(
  scanner: Scanner,
  word: string,
  kind: (typeof GENERIC_WORDS)[keyof typeof GENERIC_WORDS],
): FieldType {
  const open = peek(scanner);
  // `Code[]` is a list of code, since no language stands in the brackets.
  const isList = kind === "code" && /^\[\s*\]/.test(scanner.text.slice(scanner.position));
  if (isList || (open !== "[" && open !== "<")) return bareGeneric(scanner, word, kind);
  take(scanner, open);
  const close = open === "[" ? "]" : ">";
  if (kind === "literal") {
    const values = takeList(scanner, close, takeLiteralValues).flat();
    if (values.length === 0) throw problem(scanner, `${word} takes one value or more: Literal['a', 'b']`);
    return literalOf(values);
  }
  if (kind === "code") return takeLanguage(scanner, word, close);
  const ellipsis = { seen: false };
  const items = takeList(scanner, close, (each) => takeArgument(each, kind === "tuple" ? ellipsis : undefined));
  const arity = (wanted: string): Error =>
    problem(scanner, `${word} takes ${wanted}, got ${items.length === 1 ? "1 type" : `${items.length} types`}`);
  const [first, second] = items;
  switch (kind) {
    case "list":
      if (first === undefined || items.length > 1) throw arity("one type (list[T])");
      return { kind: "list", items: first, bare: false };
    case "dict":
      if (first === undefined || second === undefined || items.length > 2) throw arity("two types (dict[K, V])");
      if (!isKeyType(first))
        throw problem(scanner, `the keys of a ${word} are str, int, float, bool, Any or a Literal`);
      return { kind: "dict", keys: first, values: second, bare: false };
    case "tuple":
      if (first === undefined) throw arity("one type or more (tuple[T, U], tuple[T, ...])");
      if (ellipsis.seen && items.length !== 1) throw problem(scanner, `"..." goes with one type: tuple[T, ...]`);
      return { kind: "tuple", items, rest: ellipsis.seen, bare: false };
    case "optional":
      if (first === undefined || items.length > 1) throw arity("one type (Optional[T])");
      return unionOf([first, { kind: "none" }]);
    case "union":
      if (first === undefined) throw arity("one type or more (Union[T, U])");
      return unionOf(items);
    default:
      return kind satisfies never;
  }
}

function bareGeneric(
  scanner: Scanner,
  word: string,
  kind: (typeof GENERIC_WORDS)[keyof typeof GENERIC_WORDS],
): FieldType {
  const any: FieldType = { kind: "any" };
  switch (kind) {
    case "list":
      return { kind: "list", items: any, bare: true };
    case "dict":
      return { kind: "dict", keys: any, values: any, bare: true };
    case "tuple":
      return { kind: "tuple", items: [any], rest: true, bare: true };
    case "code":
      return { kind: "code" };
    default:
      throw problem(scanner, `${word} needs its types: ${word}[…]`);
  }
}

/** `dspy.Image`: words with dots between them, no space around. */
function takeDottedWord(scanner: Scanner): string | undefined {
  let word = takeWord(scanner);
  while (word !== undefined && /^\.[\p{ID_Start}_]/u.test(scanner.text.slice(scanner.position, scanner.position + 3))) {
    scanner.position += 1;
    word += `.${takeWord(scanner) ?? ""}`;
  }
  return word;
}

/** What prompts call a type after: `Code_python`. */
const LANGUAGE = /^[\w+#.-]{1,40}$/;

function takeLanguage(scanner: Scanner, word: string, close: string): FieldType {
  const start = scanner.position;
  const language = takeString(scanner);
  if (language === undefined || !LANGUAGE.test(language))
    throw problem(scanner, `${word} takes a language in quotes (${word}['python']), got ${here(scanner)}`, start);
  expect(scanner, close);
  return { kind: "code", language };
}

/** Keys of JSON objects are texts, so only types whose values print as one word can be keys. */
function isKeyType(type: FieldType): boolean {
  if (type.kind === "union") return type.members.every(isKeyType);
  return ["str", "int", "float", "bool", "any", "literal"].includes(type.kind);
}

function takeArgument(scanner: Scanner, ellipsis: { seen: boolean } | undefined): FieldType | undefined {
  if (ellipsis !== undefined && (take(scanner, "...") || takeEllipsisWord(scanner))) {
    if (ellipsis.seen) throw problem(scanner, `"..." may stand once, at the end: tuple[T, ...]`);
    ellipsis.seen = true;
    return undefined;
  }
  if (ellipsis?.seen) throw problem(scanner, `"..." must come last: tuple[T, ...]`);
  return takeType(scanner);
}

/** DSPy's prompts say `tuple[int, Ellipsis]`: what it prints can be read. */
function takeEllipsisWord(scanner: Scanner): boolean {
  const start = scanner.position;
  if (takeWord(scanner) === "Ellipsis") return true;
  scanner.position = start;
  return false;
}

function takeBracketTuple(scanner: Scanner): FieldType {
  const start = scanner.position;
  take(scanner, "[");
  const words = takeList(scanner, "]", (each) => {
    const from = each.position;
    const type = takeType(each);
    return { type, text: each.text.slice(from, each.position).trim() };
  });
  const python = words.some(({ text }) => PYTHON_WORDS.some((word) => word === text));
  if (words.length < 2 || python) {
    const list = words.map(({ text }) => text).join(", ");
    throw problem(scanner, `[${list}] is no type; write list[T] or T[] for a list, tuple[T, U] for a tuple`, start);
  }
  return { kind: "tuple", items: words.map(({ type }) => type), rest: false, bare: false };
}

/** One value, or those of a nested `Literal[…]`. */
function takeLiteralValues(scanner: Scanner): LiteralValue[] {
  return nested(scanner, takeLiteralItem);
}

function takeLiteralItem(scanner: Scanner): LiteralValue[] {
  const value = takeValue(scanner);
  if (value !== undefined) return [value];
  const word = takeWord(scanner);
  if (word === "Literal" && take(scanner, "[")) return takeList(scanner, "]", takeLiteralValues).flat();
  const got = word === undefined ? here(scanner) : `${word} without quotes: ${JSON.stringify(word)} is one`;
  throw problem(
    scanner,
    `expected a value in Literal[…] (a text in quotes, a number, True, False or None), got ${got}`,
  );
}

/** Reads a text, number, boolean or null; undefined when something else stands here. */
export function takeValue(scanner: Scanner): LiteralValue | undefined {
  const text = takeString(scanner);
  if (text !== undefined) return text;
  const number = takeNumber(scanner);
  if (number !== undefined) return number;
  const start = scanner.position;
  const word = takeWord(scanner);
  const value = word === undefined ? undefined : valueOfWord(word);
  if (value === undefined) scanner.position = start;
  return value;
}

/** What stands between here and `close`, separated by commas; a trailing one is fine. Undefined items are left out. */
export function takeList<T>(scanner: Scanner, close: string, takeItem: (scanner: Scanner) => T | undefined): T[] {
  const items: T[] = [];
  while (!take(scanner, close)) {
    const item = takeItem(scanner);
    if (item !== undefined) items.push(item);
    if (take(scanner, ",")) continue;
    expect(scanner, close);
    break;
  }
  return items;
}

export function expect(scanner: Scanner, mark: string): void {
  if (!take(scanner, mark)) throw problem(scanner, `expected "${mark}", got ${here(scanner)}`);
}
