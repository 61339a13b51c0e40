import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../src/foundation/random.ts";
import { UsageError } from "../../../src/foundation/errors.ts";
import { holdsKind } from "../../../src/signatures/types/field-type.ts";
import { parseSignatureText } from "../../../src/signatures/types/grammar.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { parseType } from "../../../src/signatures/types/type-grammar.ts";
import { typeName, typeText } from "../../../src/signatures/types/type-name.ts";
import { processorMs } from "../../processor-time.ts";

function types(text: string): string[] {
  return parseSignatureText(text).map(({ name, type }) => `${name}: ${typeName(type)}`);
}

/** The fields without how their types are spelt. */
const meaning = (text: string) => parseSignatureText(text).map(({ written: _written, ...field }) => field);

test("Python's and TypeScript's words mean the same", () => {
  const python =
    "ticket: str, tags: list[str], d: dict[str, int] -> urgency: Literal['low', 'high'], score: float, why: Optional[str]";
  const typescript =
    "ticket: string, tags: string[], d: Record<string, integer> -> urgency: 'low' | 'high', score: number, why?: string";
  expect(meaning(typescript)).toEqual(meaning(python));
});

test("brackets and parentheses nest as in TypeScript", () => {
  expect(types("a: ('x' | 'y')[][] -> b: [string, number][], c: Array<Record<string, [boolean, null]>>")).toEqual([
    "a: list[list[Literal['x', 'y']]]",
    "b: list[tuple[str, float]]",
    "c: list[dict[str, tuple[bool, NoneType]]]",
  ]);
});

test("values side by side are one literal, Python's literals stay apart as in DSPy", () => {
  expect(types("-> a: 'x' | 'y' | null, b: Literal['x'] | Literal['y'], c: Literal['x', Literal['y', 'x']]")).toEqual([
    "a: Union[Literal['x', 'y'], NoneType]",
    "b: Union[Literal['x'], Literal['y']]",
    "c: Literal['x', 'y']",
  ]);
});

test("types that are not text, in DSPy's spelling and without it", () => {
  const dotted =
    "i: dspy.Image, a: dspy.Audio, f: dspy.File, t: list[dspy.Tool] -> c: dspy.ToolCalls, d: datetime.date";
  expect(meaning(dotted)).toEqual(meaning("i: Image, a: Audio, f: File, t: Tool[] -> c: ToolCalls, d: date"));
  expect(types("-> a: Code, b: Code['C++'], c: dspy.Code<\"js\">[], d: Code[] | None, e: datetime.datetime")).toEqual([
    "a: Code",
    "b: Code_C++",
    "c: list[Code_js]",
    "d: Union[list[Code], NoneType]",
    "e: datetime",
  ]);
});

test("descriptions, constraints and defaults stand behind the type", () => {
  const [q, n, xs, o] = parseSignatureText(
    `q "what, exactly -> this", n: int(ge=1, le=5) = 3 'how many', xs: list[int](max_length=2) = [1, 2] -> o = {'a': None}`,
  );
  expect(q).toEqual({ name: "q", role: "input", type: { kind: "str" }, desc: "what, exactly -> this" });
  expect(n).toMatchObject({ constraints: { ge: 1, le: 5 }, default: 3, desc: "how many" });
  expect(xs).toMatchObject({ constraints: { max_length: 2 }, default: [1, 2] });
  expect(o).toMatchObject({ default: { a: null } });
});

describe("what cannot be read is told by field, word and position", () => {
  test.each<readonly [string, string]>([
    ["q: Strng -> a", 'field "q": unknown type "Strng"; known types: str, string, int, integer, float, number, bool'],
    ["q -> a: String", 'field "a": unknown type "String" (did you mean "string"?)'],
    ["q -> a: list[Optional[Foo]]", 'field "a": unknown type "Foo"'],
    ["q: Strng -> a", "(at position 3)"],
    ["q, a", 'no "->" between inputs and outputs'],
    ["a -> b -> c", 'more than one "->"'],
    ["a, , b -> c", "a field has no name"],
    ["a -> : str", "a field has no name"],
    ["a b -> c", 'field "a": expected "," or "->", got "b"'],
    ["q: -> a", `field "q": expected a type, got "->"`],
    ["q -> a: list[int", 'field "a": expected "]", got the end of the text'],
    ["q -> a: Literal['x", 'field "a": a text that opens with \' is not closed'],
    ["q -> a: list[]", "list takes one type"],
    [
      "q -> a: Literal[x]",
      'expected a value in Literal[…] (a text in quotes, a number, True, False or None), got x without quotes: "x" is one',
    ],
    ["q -> a: tuple[..., int]", '"..." must come last'],
    ["q -> a: tuple[int, str, ...]", '"..." goes with one type'],
    ["q -> a: dict[list[str], int]", "the keys of a dict are"],
    ["q -> a: int[", 'expected "]" of a list type (T[])'],
    ["q -> a: int(min=3)", 'expected one of gt, ge, lt, le, min_length, max_length, multiple_of, got "min"'],
    ["q -> a: int = x", 'expected a value as the default, got "x"'],
    ["q -> a: [int, str]", "[int, str] is no type; write list[T] or T[] for a list, tuple[T, U] for a tuple"],
    ["q -> a, $meta", 'the name "$meta" is reserved: names that begin with "$" belong to the library'],
    ["i: Imag -> a", 'field "i": unknown type "Imag"; known types: str,'],
    ["i: dspy.image -> a", 'unknown type "dspy.image" (did you mean "Image"?)'],
    ["d: Date -> a", 'unknown type "Date" (did you mean "date"?)'],
    ["d: datetime.time -> a", 'unknown type "datetime.time"'],
    ["q -> c: Code[python]", "Code takes a language in quotes (Code['python']), got"],
    ["q -> c: Code['a b']", "Code takes a language in quotes"],
    ["q -> c: Code['a', 'b']", 'expected "]", got ","'],
    ["then -> a", 'the name "then" is reserved in JavaScript objects'],
    ["q -> __proto__", 'the name "__proto__" is reserved'],
  ])("%s", (text, message) => {
    expect(() => parseSignatureText(text)).toThrow(UsageError);
    expect(() => parseSignatureText(text)).toThrow(message);
  });

  test("a default that is no value of its type, and a constraint that does not go with it", () => {
    expect(() => signature("n: int = 'x' -> a")).toThrow(
      'Field "n": the default is no value of its type: expected number, received string',
    );
    expect(() => signature("n: int(ge=5) = 3 -> a")).toThrow(
      'Field "n": the default is no value of its type: must be at least 5',
    );
    expect(() => signature("d: date = 'soon' -> a")).toThrow(
      'Field "d": the default is no value of its type: expected text such as "2024-01-15"',
    );
    expect(() => signature("d: date(ge=5) -> a")).toThrow('Field "d": the constraint ge does not go with this type');
    expect(() => signature("b: bool(ge=5) -> a")).toThrow('Field "b": the constraint ge does not go with this type');
  });
});

test("DSPy's names of types, and their text, read back as the same types", () => {
  const random = seededRandom(7);
  for (let round = 0; round < 300; round++) {
    const type = parseType(randomType(random.next, 4));
    // DSPy's names for code say its language in a way that cannot be written.
    const printed = holdsKind(type, ["code"]) ? typeText(type) : typeName(type);
    expect(parseType(printed)).toEqual(type);
    expect(parseType(typeText(type))).toEqual(type);
  }
});

test("reads hostile texts in linear time", async () => {
  const took = await processorMs(() => {
    for (const text of [
      `a${" ".repeat(200_000)}`,
      "a,".repeat(20_000),
      `a: '${"\\".repeat(200_000)}`,
      "'".repeat(100_000),
    ])
      expect(() => parseSignatureText(text)).toThrow(UsageError);
  });
  expect(took).toBeLessThan(5_000);
});

function randomType(next: () => number, depth: number): string {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)]!;
  const inner = (): string => randomType(next, depth - 1);
  if (depth === 0)
    return pick(["str", "int", "float", "bool", "Any", "None", "list", "dict", "tuple", "Literal['a\\'\"', 1]"]);
  return pick([
    () => pick(["date", "datetime", "Image", "dspy.Audio", "File", "Tool", "ToolCalls", "Code", "Code['c++']"]),
    () => `list[${inner()}]`,
    () => `(${inner()})[]`,
    () => `dict[${pick(["str", "int", "bool", "Literal['k', 2]"])}, ${inner()}]`,
    () => `tuple[${inner()}, ${inner()}]`,
    () => `tuple[${inner()}, ...]`,
    () => `Union[${inner()}, ${inner()}, None]`,
    () => `${inner()} | ${inner()}`,
    () => `Literal['x\\n', "it's", True, None, -1.5]`,
    inner,
  ])();
}
