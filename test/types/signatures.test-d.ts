import { describe, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { audio, file, image } from "../../src/media/media.ts";
import type { DateText, DateTimeText } from "../../src/signatures/infer/infer-type.ts";
import type { AudioValue, FileValue, ImageValue } from "../../src/signatures/values/media.ts";
import { type Tool, type ToolCall, tool } from "../../src/signatures/values/tool.ts";
import type { AnySignature, InputsOf, OutputsOf, Signature } from "../../src/signatures/signature-value.ts";
import { signature } from "../../src/signatures/signature.ts";

declare function run<I extends object, O extends object>(of: Signature<I, O>, inputs: NoInfer<I>): O;

describe("types from a text", () => {
  test("a field without a type is a text", () => {
    const made = signature("context, question -> answer");
    expectTypeOf(made).toEqualTypeOf<Signature<{ context: string; question: string }, { answer: string }>>();
  });

  test("scalars mean the same in both spellings", () => {
    const python = signature("a: str, b: int, c: float, d: bool -> e: Any, f: None");
    const typescript = signature("a: string, b: integer, c: number, d: boolean -> e: any, f: null");
    expectTypeOf<InputsOf<typeof python>>().toEqualTypeOf<{ a: string; b: number; c: number; d: boolean }>();
    expectTypeOf<OutputsOf<typeof python>>().toEqualTypeOf<{ e: unknown; f: null }>();
    expectTypeOf(typescript).toEqualTypeOf(python);
  });

  test("inputs take frozen lists, outputs give plain ones", () => {
    const made = signature("tags: string[] -> words: list[str]");
    expectTypeOf<InputsOf<typeof made>>().toEqualTypeOf<{ tags: readonly string[] }>();
    expectTypeOf<OutputsOf<typeof made>>().toEqualTypeOf<{ words: string[] }>();
  });

  test("lists in all spellings, nested", () => {
    const made = signature("q -> a: int[], b: List[int], c: Array<number>, d: list[list[str]], e: string[][], f: list");
    expectTypeOf<OutputsOf<typeof made>>().toEqualTypeOf<{
      a: number[];
      b: number[];
      c: number[];
      d: string[][];
      e: string[][];
      f: unknown[];
    }>();
  });

  test("dicts", () => {
    const made = signature(
      "q -> a: dict[str, int], b: Record<string, number>, c: dict[int, str], d: dict, e: dict[Literal['x', 'y'], bool]",
    );
    expectTypeOf<OutputsOf<typeof made>>().toEqualTypeOf<{
      a: Record<string, number>;
      b: Record<string, number>;
      c: Record<number, string>;
      d: Record<string, unknown>;
      e: Record<"x" | "y", boolean>;
    }>();
  });

  test("tuples", () => {
    const made = signature("q -> a: tuple[int, str], b: [number, string], c: tuple[int, ...], d: tuple");
    expectTypeOf<OutputsOf<typeof made>>().toEqualTypeOf<{
      a: [number, string];
      b: [number, string];
      c: number[];
      d: unknown[];
    }>();
  });

  test("literals are unions of their values", () => {
    const made = signature(
      `q -> a: Literal['low', 'high'], b: 'low' | 'high', c: Literal[1, True, None, "it's"], d: 5`,
    );
    expectTypeOf<OutputsOf<typeof made>>().toEqualTypeOf<{
      a: "low" | "high";
      b: "low" | "high";
      c: 1 | true | null | "it's";
      d: 5;
    }>();
  });

  test("commas, arrows, brackets and quotes in a literal are text", () => {
    const made = signature("q -> a: Literal['x -> y', 'a, b', '[', 'it\\'s']");
    expectTypeOf<OutputsOf<typeof made>>().toEqualTypeOf<{ a: "x -> y" | "a, b" | "[" | "it's" }>();
  });

  test("every mark of the grammar is text in a literal, and so are line breaks and escaped quotes", () => {
    const made = signature(
      `q -> a: Literal['x=1: y?', '(b) <c> {d}', "e|f]", "it's 'so'", 'say "hi"', 'g\nh', 'i\\'\\\\']`,
    );
    expectTypeOf<OutputsOf<typeof made>>().toEqualTypeOf<{
      a: "x=1: y?" | "(b) <c> {d}" | "e|f]" | "it's 'so'" | 'say "hi"' | "g\nh" | "i'\\";
    }>();
  });

  test("fields below each other, with values over several lines", () => {
    const made = signature(`
      question: str "What is asked,
        in one sentence: a -> b",
      context?: list[str],
      limits: dict[str, int] = {"a": 1},
      -> kind: Literal[
        'low',
        'high'
      ],
      score?: float(ge=0, le=1)
    `);
    expectTypeOf(made).toEqualTypeOf<
      Signature<
        { question: string; context?: readonly string[] | null; limits?: Record<string, number> },
        { kind: "low" | "high"; score: number | null }
      >
    >();
  });

  test("unions", () => {
    const made = signature("q -> a: int | str, b: Union[int, list[str], None], c: ('a' | 'b')[]");
    expectTypeOf<OutputsOf<typeof made>>().toEqualTypeOf<{
      a: number | string;
      b: number | string[] | null;
      c: ("a" | "b")[];
    }>();
  });

  test("an optional output is the value or null, and always there", () => {
    const made = signature("q -> a: Optional[str], b: str | None, c?: string, d?");
    expectTypeOf<OutputsOf<typeof made>>().toEqualTypeOf<{
      a: string | null;
      b: string | null;
      c: string | null;
      d: string | null;
    }>();
  });

  test("an optional input may be left out, or null", () => {
    const made = signature("q, a: Optional[int], b?: string[] -> r");
    expectTypeOf<InputsOf<typeof made>>().toEqualTypeOf<{
      q: string;
      a?: number | null;
      b?: readonly string[] | null;
    }>();
    run(made, { q: "" });
    run(made, { q: "", a: null });
  });

  test("an input with a default may be left out; an output with one is there", () => {
    const made = signature("q, n: int = 3 -> r: int = 0");
    expectTypeOf(made).toEqualTypeOf<Signature<{ q: string; n?: number }, { r: number }>>();
  });

  test("descriptions and constraints do not change the type", () => {
    const made = signature(`q "what, exactly -> this" -> n: int(ge=1, le=5) 'how [many]', s: str(max_length=3) = 'x'`);
    expectTypeOf(made).toEqualTypeOf<Signature<{ q: string }, { n: number; s: string }>>();
  });

  test("deep nesting, white space and line breaks", () => {
    const made = signature(`
      question ,
      facts : list[ dict[ str , list[ int | None ] ] ]
        -> answer : Optional[ Literal[ 'a' , 'b' ] ],
    `);
    expectTypeOf(made).toEqualTypeOf<
      Signature<{ question: string; facts: readonly Record<string, (number | null)[]>[] }, { answer: "a" | "b" | null }>
    >();
  });

  test("either side may be empty", () => {
    expectTypeOf(signature("-> a")).toEqualTypeOf<Signature<{}, { a: string }>>();
    expectTypeOf(signature("a ->")).toEqualTypeOf<Signature<{ a: string }, {}>>();
  });

  test("a conversation so far may be left out", () => {
    const made = signature("history: History, q -> a");
    run(made, { q: "" });
    run(made, { q: "", history: [{ q: "x", a: "y" }] });
  });

  test("a text that only the program knows gives fields that only the program knows", () => {
    const text: string = "a -> b";
    expectTypeOf(signature(text)).toEqualTypeOf<Signature<Record<string, unknown>, Record<string, unknown>>>();
  });
});

describe("types from zod", () => {
  test("a field's own type wins over the text", () => {
    const made = signature("context, question -> answer, score", {
      fields: {
        context: { type: z.array(z.string()), desc: "Facts." },
        answer: { desc: "Short." },
        score: z.int().min(0),
      },
    });
    expectTypeOf(made).toEqualTypeOf<
      Signature<{ context: string[]; question: string }, { answer: string; score: number }>
    >();
  });

  test("a type said as text", () => {
    const made = signature("q -> a", { fields: { a: { type: "list[int]" } } });
    expectTypeOf(made).toEqualTypeOf<Signature<{ q: string }, { a: number[] }>>();
  });

  test("whole objects, with what is optional and what has a default", () => {
    const made = signature({
      input: z.object({ text: z.string(), lang: z.string().optional(), pages: z.int().default(1) }),
      output: z.object({ total: z.number(), note: z.string().optional(), lines: z.array(z.object({ qty: z.int() })) }),
    });
    expectTypeOf(made).toEqualTypeOf<
      Signature<
        { text: string; lang?: string | null; pages?: number },
        { total: number; note: string | null; lines: { qty: number }[] }
      >
    >();
  });
});

describe("types of edited signatures", () => {
  const base = signature("context, question -> answer");

  test("append, prepend and insert add the field to its side", () => {
    expectTypeOf(base.append("n: int", { side: "input" })).toEqualTypeOf<
      Signature<{ context: string; question: string; n: number }, { answer: string }>
    >();
    expectTypeOf(base.prepend("reasoning", { side: "output" })).toEqualTypeOf<
      Signature<{ context: string; question: string }, { answer: string; reasoning: string }>
    >();
    expectTypeOf(base.insert(1, "k?: bool", { side: "input" })).toEqualTypeOf<
      Signature<{ context: string; question: string; k?: boolean | null }, { answer: string }>
    >();
  });

  test("a field of that name is replaced", () => {
    expectTypeOf(base.append("answer: int", { side: "output" })).toEqualTypeOf<
      Signature<{ context: string; question: string }, { answer: number }>
    >();
  });

  test("delete takes the field away", () => {
    expectTypeOf(base.delete("context")).toEqualTypeOf<Signature<{ question: string }, { answer: string }>>();
  });

  test("withFields changes types, and only those that it names", () => {
    const made = base.withFields({ answer: { type: z.enum(["yes", "no"]) }, context: { desc: "Facts." } });
    expectTypeOf(made).toEqualTypeOf<Signature<{ context: string; question: string }, { answer: "yes" | "no" }>>();
  });

  test("instructions change no type", () => {
    expectTypeOf(base.withInstructions("Be exact.")).toEqualTypeOf(base);
    expectTypeOf(base.appendInstructions("Be brief.")).toEqualTypeOf(base);
  });

  test("every signature is one whose fields nobody needs to know", () => {
    expectTypeOf(base).toExtend<AnySignature>();
    expectTypeOf(base).toExtend<Signature>();
    expectTypeOf(base.inputSchema).toEqualTypeOf<z.ZodType<{ context: string; question: string }>>();
  });
});

describe("wrong programs do not compile (what they are told: messages.test.ts)", () => {
  test("wrong texts", () => {
    // @ts-expect-error Signature problem: field "a": unknown type "strng"
    expectTypeOf(signature("q -> a: strng"));
    // @ts-expect-error Signature problem: no "->" between inputs and outputs
    expectTypeOf(signature("q, a"));
    // @ts-expect-error Signature problem: "q" is both an input and an output
    expectTypeOf(signature("q -> q"));
    // @ts-expect-error Signature problem: the name "constructor" is reserved
    expectTypeOf(signature("q -> constructor"));
    // @ts-expect-error Signature problem: field "a": list takes one type, got 2
    expectTypeOf(signature("q -> a: list[int, str]"));
    // @ts-expect-error Signature problem: field "a": Optional needs its types: Optional[T]
    expectTypeOf(signature("q -> a: Optional"));
  });

  test("wrong calls", () => {
    const made = signature("context, question -> answer");
    // @ts-expect-error Property 'question' is missing
    run(made, { context: "" });
    // @ts-expect-error 'qestion' does not exist in type … Did you mean to write 'question'?
    run(made, { context: "", qestion: "" });
    // @ts-expect-error Type 'number' is not assignable to type 'string'
    run(made, { context: "", question: 5 });
    // @ts-expect-error Property 'anser' does not exist … Did you mean 'answer'?
    expectTypeOf(run(made, { context: "", question: "" }).anser);
    // @ts-expect-error Property 'extra' does not exist: fields there are only those of the signature
    signature("a -> b", { fields: { extra: { desc: "" } } });
    // @ts-expect-error 'instrctions' … Did you mean to write 'instructions'?
    signature("a -> b", { instrctions: "x" });
    // @ts-expect-error '"middle"' is not assignable to type 'FieldRole'
    made.append("x", { side: "middle" });
  });
});

describe("types that are not text", () => {
  test("images, audio and files are values made for them", () => {
    const made = signature("photo: Image, speech: dspy.Audio, papers: list[dspy.File], sketch?: Image -> label");
    expectTypeOf<InputsOf<typeof made>>().toEqualTypeOf<{
      photo: ImageValue;
      speech: AudioValue;
      papers: readonly FileValue[];
      sketch?: ImageValue | null;
    }>();
    const photo = image("https://example.com/cat.png");
    const inputs = { photo, speech: audio(new Uint8Array()), papers: [file("https://example.com/a.pdf")] };
    expectTypeOf(run(made, inputs)).toEqualTypeOf<{ label: string }>();
    // @ts-expect-error a path is no image
    run(made, { ...inputs, photo: "cat.png" });
    // @ts-expect-error an audio is no image
    run(made, { ...inputs, photo: inputs.speech });
  });

  test("code is text, with its language or without", () => {
    const made = signature(`q: Code["sql"] -> a: Code, b: dspy.Code['c++'], c: Code<"js">[], d: Optional[Code]`);
    expectTypeOf<InputsOf<typeof made>>().toEqualTypeOf<{ q: string }>();
    expectTypeOf<OutputsOf<typeof made>>().toEqualTypeOf<{ a: string; b: string; c: string[]; d: string | null }>();
    // @ts-expect-error a language stands in quotes
    signature("q -> a: Code[python]");
  });

  test("dates go in as text or as Date, and come out as ISO text", () => {
    const made = signature("day: date, at: datetime.datetime, days: list[date] -> due: datetime.date, when?: datetime");
    expectTypeOf<InputsOf<typeof made>>().toEqualTypeOf<{
      day: string | Date;
      at: string | Date;
      days: readonly (string | Date)[];
    }>();
    expectTypeOf<OutputsOf<typeof made>>().toEqualTypeOf<{ due: DateText; when: DateTimeText | null }>();
    const { due } = run(made, { day: "2024-01-15", at: new Date(0), days: [] });
    expectTypeOf(due).toExtend<string>();
    run(made, { day: due, at: due, days: [due] });
    // @ts-expect-error a number is no date
    run(made, { day: 20_240_115, at: new Date(0), days: [] });
  });

  test("a literal that looks like a date is a literal", () => {
    const made = signature("day: '2024-01-15' | '2024-01-16' -> a");
    expectTypeOf<InputsOf<typeof made>>().toEqualTypeOf<{ day: "2024-01-15" | "2024-01-16" }>();
  });

  test("tools go in, calls come out", () => {
    const made = signature("q, tools: list[Tool], one?: dspy.Tool -> calls: dspy.ToolCalls");
    expectTypeOf<InputsOf<typeof made>>().toEqualTypeOf<{ q: string; tools: readonly Tool[]; one?: Tool | null }>();
    expectTypeOf<OutputsOf<typeof made>>().toEqualTypeOf<{ calls: ToolCall[] }>();
    const search = tool({
      name: "search",
      input: z.object({ query: z.string(), k: z.int().default(3) }),
      execute: ({ query, k }) => query.repeat(k),
    });
    expectTypeOf(search).toEqualTypeOf<Tool<{ query: string; k: number }, string>>();
    run(made, { q: "x", tools: [search, tool({ name: "noop" })] });
    // @ts-expect-error a function is no tool
    run(made, { q: "x", tools: [() => 1] });
  });

  test("zod objects hold them too", () => {
    const made = signature({
      input: z.object({ photo: image.schema, day: z.iso.date(), at: z.date() }),
      output: z.object({ due: z.iso.date() }),
    });
    expectTypeOf<InputsOf<typeof made>>().toEqualTypeOf<{ photo: ImageValue; day: string; at: Date }>();
    expectTypeOf<OutputsOf<typeof made>>().toEqualTypeOf<{ due: string }>();
  });
});
