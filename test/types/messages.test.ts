import { expect, test } from "vitest";
import { compile } from "./compile.ts";

/** Wrong programs, and all that the compiler tells their author. */
const WRONG: readonly (readonly [program: string, says: string])[] = [
  [
    `signature("question -> answer: strng");`,
    `Argument of type '"question -> answer: strng"' is not assignable to parameter of type '"Signature problem: field \\"answer\\": unknown type \\"strng\\""'.`,
  ],
  [
    `signature("q: list[Foo] -> a: Record<string, Bar>");`,
    `Argument of type '"q: list[Foo] -> a: Record<string, Bar>"' is not assignable to parameter of type '"Signature problem: field \\"a\\": unknown type \\"Bar\\"" | "Signature problem: field \\"q\\": unknown type \\"Foo\\""'.`,
  ],
  [
    `signature("question, answer");`,
    `Argument of type '"question, answer"' is not assignable to parameter of type '"Signature problem: no \\"->\\" between inputs and outputs"'.`,
  ],
  [
    `signature("a -> b -> c");`,
    `Argument of type '"a -> b -> c"' is not assignable to parameter of type '"Signature problem: more than one \\"->\\""'.`,
  ],
  [
    `signature("a, , b -> c");`,
    `Argument of type '"a, , b -> c"' is not assignable to parameter of type '"Signature problem: a field has no name"'.`,
  ],
  [
    `signature("q -> : str");`,
    `Argument of type '"q -> : str"' is not assignable to parameter of type '"Signature problem: a field has no name"'.`,
  ],
  [
    `signature("a, a -> b");`,
    `Argument of type '"a, a -> b"' is not assignable to parameter of type '"Signature problem: \\"a\\" is given twice"'.`,
  ],
  [
    `signature("question -> question");`,
    `Argument of type '"question -> question"' is not assignable to parameter of type '"Signature problem: \\"question\\" is both an input and an output"'.`,
  ],
  [
    `signature("q -> then");`,
    `Argument of type '"q -> then"' is not assignable to parameter of type '"Signature problem: the name \\"then\\" is reserved"'.`,
  ],
  [
    `signature("q -> $meta");`,
    `Argument of type '"q -> $meta"' is not assignable to parameter of type '"Signature problem: the name \\"$meta\\" is reserved"'.`,
  ],
  [
    `signature("user query -> a");`,
    `Argument of type '"user query -> a"' is not assignable to parameter of type '"Signature problem: \\"user query\\" is no name"'.`,
  ],
  [
    `signature("q -> a: dict[str]");`,
    `Argument of type '"q -> a: dict[str]"' is not assignable to parameter of type '"Signature problem: field \\"a\\": dict takes two types, got 1"'.`,
  ],
  [
    `signature("q -> a: [int]");`,
    `Argument of type '"q -> a: [int]"' is not assignable to parameter of type '"Signature problem: field \\"a\\": a list of types is no type: write list[T], T[] or tuple[T, U]"'.`,
  ],
  [
    `signature("q -> a: Literal[yes, no]");`,
    `Argument of type '"q -> a: Literal[yes, no]"' is not assignable to parameter of type '"Signature problem: field \\"a\\": \\"no\\" is no value for Literal" | "Signature problem: field \\"a\\": \\"yes\\" is no value for Literal"'.`,
  ],
  [
    `signature("context, question -> answer", { fields: { contxt: { desc: "Facts." } } });`,
    `Type '{ desc: "Facts."; }' is not assignable to type '{ readonly desc: "Facts."; } & NoSuchField<"contxt", "answer" | "context" | "question">'.
  Property '[noSuchBrand]' is missing in type '{ desc: "Facts."; }' but required in type 'NoSuchField<"contxt", "answer" | "context" | "question">'.`,
  ],
  [
    `signature("q -> a").append("score: inteiger", { side: "output" });`,
    `Argument of type '"score: inteiger"' is not assignable to parameter of type '"Signature problem: field \\"score\\": unknown type \\"inteiger\\""'.`,
  ],
  [`signature("q -> a").delete("b");`, `Argument of type '"b"' is not assignable to parameter of type '"a" | "q"'.`],
  [
    `run(signature("context, question -> answer"), { context: "", qestion: "" });`,
    `Object literal may only specify known properties, but 'qestion' does not exist in type '{ context: string; question: string; }'. Did you mean to write 'question'?`,
  ],
  [
    `run(signature("context, question -> answer"), { context: "" });`,
    `Property 'question' is missing in type '{ context: string; }' but required in type '{ context: string; question: string; }'.`,
  ],
  [`run(signature("n: int -> a"), { n: "3" });`, `Type 'string' is not assignable to type 'number'.`],
  [
    `run(signature("q -> urgency: 'low' | 'high'"), { q: "" }).urgency satisfies "low";`,
    `Type '"high" | "low"' does not satisfy the expected type '"low"'.
  Type '"high"' is not assignable to type '"low"'.`,
  ],
  [
    `run(signature("q -> answer"), { q: "" }).anwser;`,
    `Property 'anwser' does not exist on type '{ answer: string; }'. Did you mean 'answer'?`,
  ],
];

const PRELUDE = `import { signature, type Signature } from "dspex";
declare function run<I extends object, O extends object>(signature: Signature<I, O>, inputs: NoInfer<I>): O;
`;

test("a wrong program is told what is wrong with it, in these words", { timeout: 120_000 }, async () => {
  const said = await compile(WRONG.map(([program]) => PRELUDE + program));
  const messages = WRONG.map((_, index) => said.filter(({ source }) => source === index).map(({ message }) => message));
  expect(Object.fromEntries(WRONG.map(([program], index) => [program, messages[index]?.join("\n")]))).toEqual(
    Object.fromEntries(WRONG),
  );
});
