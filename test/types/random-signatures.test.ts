import { expect, test } from "vitest";
import { type Random, seededRandom } from "../../src/foundation/random.ts";
import type { Field } from "../../src/signatures/field/field.ts";
import { type FieldType, isOptional } from "../../src/signatures/types/field-type.ts";
import { signature } from "../../src/signatures/signature.ts";
import { type Packages, compile } from "./compile.ts";

const COUNT = 60;

test("the compiler and the parser read random signatures alike", { timeout: 120_000 }, async () => {
  const random = seededRandom(20_261_124);
  const texts = Array.from({ length: COUNT }, () => randomSignature(random));
  const lines = texts.map((text, index) => {
    const { inputFields, outputFields } = signature(text);
    return [
      `const made${index} = signature(${JSON.stringify(text)});`,
      `type In${index} = { ${inputFields.map((field) => member(field, true, text)).join("; ")} };`,
      `type Out${index} = { ${outputFields.map((field) => member(field, false, text)).join("; ")} };`,
      `same<InputsOf<typeof made${index}>, In${index}>(true);`,
      `same<OutputsOf<typeof made${index}>, Out${index}>(true);`,
    ].join("\n");
  });
  const said = await compile(
    lines.map((each) => PRELUDE + each),
    PACKAGES,
  );
  expect(said.map(({ source, message }) => `${lines[source]}\n${message}`)).toEqual([]);
});

test("the comparison itself can tell types apart", { timeout: 120_000 }, async () => {
  const wrong = `same<InputsOf<typeof made>, { a: string; b?: number | null }>(true);`;
  const said = await compile([`${PRELUDE}const made = signature("a: str, b: int -> c");\n${wrong}`], PACKAGES);
  expect(said).toHaveLength(1);
});

const PACKAGES: Packages = { dspex: "../test/types/signatures-alone.ts", "dspex/*": "*" };

const PRELUDE = `import { signature, type InputsOf, type OutputsOf } from "dspex";
import type { DateText, DateTimeText } from "dspex/signatures/infer/infer-type.ts";
import type { AudioValue, FileValue, ImageValue } from "dspex/signatures/values/media.ts";
import type { Tool, ToolCall } from "dspex/signatures/values/tool.ts";
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function same<A, B>(is: Same<A, B>): void;
`;

function member(field: Field, input: boolean, text: string): string {
  // The one known difference: `Any | None` is `unknown` to the compiler, which then asks for the input (`name?: Any` says
  // that it may be left out).
  const blurred = field.type.kind === "union" && field.type.members.some(({ kind }) => kind === "any");
  const optional = isOptional(field.type) && (!blurred || text.includes(`${field.name}?`));
  const mark = input && ("default" in field || optional) ? "?" : "";
  return `${JSON.stringify(field.name)}${mark}: ${typeScript(field.type, input ? "readonly " : "")}`;
}

/** The type that a field type stands for, as TypeScript. */
function typeScript(type: FieldType, readonly: string): string {
  const inside = (each: FieldType): string => typeScript(each, readonly);
  switch (type.kind) {
    case "str":
      return "string";
    case "int":
    case "float":
      return "number";
    case "bool":
      return "boolean";
    case "any":
      return "unknown";
    case "none":
      return "null";
    case "code":
      return "string";
    case "date":
      return readonly === "" ? "DateText" : "string | Date";
    case "datetime":
      return readonly === "" ? "DateTimeText" : "string | Date";
    case "image":
      return "ImageValue";
    case "audio":
      return "AudioValue";
    case "file":
      return "FileValue";
    case "tool":
      return "Tool";
    case "tool_calls":
      return `${readonly}ToolCall[]`;
    case "list":
      return `${readonly}(${inside(type.items)})[]`;
    case "dict":
      // Lists inside of dicts are as they are: only a list that is itself a value may be a frozen one.
      return `Record<${key(type.keys)}, ${typeScript(type.values, "")}>`;
    case "tuple":
      if (type.rest) return `${readonly}(${type.items.map(inside).join(" | ")})[]`;
      return `${readonly}[${type.items.map(inside).join(", ")}]`;
    case "literal":
      return type.values.map((value) => JSON.stringify(value)).join(" | ");
    case "union":
      return type.members.map((each) => `(${inside(each)})`).join(" | ");
    default:
      throw new Error(`random signatures have no ${type.kind}`);
  }
}

function key(type: FieldType): string {
  return type.kind === "int" ? "number" : typeScript(type, "").replace("unknown", "string");
}

function pick<T>(random: Random, from: readonly T[]): T {
  return from[Math.floor(random.next() * from.length)]!;
}

function randomSignature(random: Random): string {
  const size = (): number => Math.floor(random.next() * 4);
  const side = (prefix: string): string =>
    Array.from({ length: size() }, (_, index) => randomField(random, `${prefix}${index}`)).join(
      pick(random, [", ", ",", " ,\n  ", ",\n    "]),
    );
  return `${side("in")}${pick(random, [" -> ", "->", "\n->\n"])}${side("out")}`;
}

function randomField(random: Random, name: string): string {
  const mark = random.next() < 0.15 ? "?" : "";
  const desc = pick(random, ["", "", "", ` "a, b -> c: 'd' [e"`, ` 'it\\'s "so"'`]);
  const dice = random.next();
  if (dice < 0.15) return `${name}${mark}${desc}`;
  if (dice < 0.25) return `${name}${mark}: int(ge=1, le=9)${pick(random, ["", " = 3"])}${desc}`;
  if (dice < 0.3) return `${name}: str = 'x, y'${desc}`;
  return `${name}${mark}: ${randomType(random, 3)}${desc}`;
}

const SCALARS = ["str", "string", "int", "integer", "float", "number", "bool", "boolean", "Any", "any", "None", "null"];
/** Types that are no JSON, in the spellings of theirs. */
const OWN = [
  "date",
  "datetime.date",
  "datetime",
  "datetime.datetime",
  "Image",
  "dspy.Image",
  "Audio",
  "File",
  "dspy.File",
  "Tool",
  "dspy.ToolCalls",
  "Code",
  "dspy.Code",
  "Code['python']",
  'dspy.Code["js"]',
  "Code<'c++'>",
  "Code[]",
];
const LITERALS = [
  "Literal['a', 'b, c']",
  `Literal["it's", 1, True, None]`,
  "Literal[-1, 0, 2.5]",
  "'x' | 'y'",
  "5",
  "true",
  `Literal['a -> b', 'c\\'d']`,
];

function randomType(random: Random, depth: number): string {
  const inner = (): string => randomType(random, depth - 1);
  if (depth === 0 || random.next() < 0.3) return pick(random, random.next() < 0.3 ? OWN : SCALARS);
  const word = pick(random, ["string", "number", "boolean", "string[]"]);
  return pick(random, [
    () => `list[${inner()}]`,
    () => `List[${inner()}]`,
    () => `Array<${inner()}>`,
    () => `(${inner()})[]`,
    () => `${pick(random, SCALARS)}[][]`,
    () => pick(random, ["list", "dict", "tuple"]),
    () => `dict[${pick(random, ["str", "int", "Literal['k', 'l']"])}, ${inner()}]`,
    () => `Record<string, ${inner()}>`,
    () => `tuple[${inner()}, ${inner()}]`,
    () => `Tuple[${inner()}, ...]`,
    () => `[${word}, ${word}]`,
    () => `Optional[${inner()}]`,
    () => `Union[${inner()}, ${inner()}]`,
    () => `${inner()} | ${inner()}`,
    () => `${inner()} | None`,
    () => pick(random, LITERALS),
  ])();
}
