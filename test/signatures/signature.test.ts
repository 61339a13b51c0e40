import { describe, expect, test } from "vitest";
import { z } from "zod";
import { UsageError } from "../../src/foundation/errors.ts";
import { makeField } from "../../src/signatures/field/field.ts";
import { signature } from "../../src/signatures/signature.ts";
import { signatureOf } from "../../src/signatures/signature-value.ts";
import { typeName } from "../../src/signatures/types/type-name.ts";

const QA = signature("context, question -> answer", {
  name: "QA",
  fields: {
    context: { type: z.array(z.string()), desc: "Facts." },
    answer: { desc: "Short." },
  },
});

describe("a signature is a frozen value", () => {
  test("nothing of it can be changed", () => {
    expect(Object.isFrozen(QA)).toBe(true);
    expect(Object.isFrozen(QA.fields) && QA.fields.every((field) => Object.isFrozen(field))).toBe(true);
    expect(Object.keys(QA)).toEqual([
      "kind",
      "name",
      "instructions",
      "fields",
      "inputFields",
      "outputFields",
      "inputSchema",
      "outputSchema",
    ]);
  });

  test("edits give new ones and leave it as it was", () => {
    const edited = QA.prepend("reasoning: str", { side: "output", desc: "Think." }).withInstructions("Be exact.");
    expect(edited.outputFields.map(({ name }) => name)).toEqual(["reasoning", "answer"]);
    expect(edited.instructions).toBe("Be exact.");
    expect(edited.name).toBe("QA");
    expect(QA.outputFields.map(({ name }) => name)).toEqual(["answer"]);
    expect(QA.instructions).toBe("Given the fields `context`, `question`, produce the fields `answer`.");
  });

  test("equals compares instructions and fields, not names", () => {
    const one = signature("a: list[int] -> b", { name: "One" });
    expect(one.equals(signature("a: int[] -> b", { name: "Two" }))).toBe(true);
    expect(one.equals(one.withInstructions("Other."))).toBe(false);
    expect(one.equals(one.withFields({ b: { desc: "x" } }))).toBe(false);
    expect(one.equals(signature("a: list[str] -> b"))).toBe(false);
  });

  test("its text gives the same fields again", () => {
    const texts = [
      "->",
      "-> a",
      "a ->",
      "context, question -> answer",
      "xs: list[dict[str, int | None]], k: 'a' | \"it's\" -> t: tuple[int, ...], u: Union[int, str], n?: int",
      `q(max_length=5) = "x, y" "a 'quoted' \\"desc\\"\\n-> two", n: int(ge=1, le=5) = 3 -> d: dict = {'a': [1, None, True]}`,
    ];
    for (const text of texts) {
      const made = signature(text);
      expect(signature(made.toString()).equals(made), made.toString()).toBe(true);
    }
    expect(String(signature("context: string[], question -> answer: number"))).toBe(
      "context: list[str], question -> answer: float",
    );
  });

  test("it is named by its fields when it was given no name", () => {
    expect(signature("a: int, b -> c").name).toBe("a, b -> c");
  });
});

describe("edits", () => {
  test("insert counts from both ends, and refuses what is outside", () => {
    const base = signature("a, b -> c");
    const inputs = (index: number): string[] =>
      base.insert(index, "x", { side: "input" }).inputFields.map(({ name }) => name);
    expect([0, 1, 2, -1, -2, -3].map((index) => inputs(index).indexOf("x"))).toEqual([0, 1, 2, 2, 1, 0]);
    expect(() => inputs(3)).toThrow('Cannot insert "x" at 3: there are 2 input fields');
    expect(() => inputs(-4)).toThrow(UsageError);
  });

  test("other instructions leave the schemas what they are: a thousand candidates have one between them", () => {
    const made = signature("q -> n: int");
    const [other, more] = [made.withInstructions("Count."), made.appendInstructions("Count.")];
    for (const { inputSchema, outputSchema } of [other, more]) {
      expect(inputSchema).toBe(made.inputSchema);
      expect(outputSchema).toBe(made.outputSchema);
    }
    const wider = other.append("more", { side: "output" });
    expect([made, wider].map(({ outputSchema }) => outputSchema.safeParse({ n: 1 }).success)).toEqual([true, false]);
  });

  test("withFields keeps what it does not name", () => {
    const made = signature("q -> n: int(ge=1) = 3 'how many'").withFields({ n: { desc: "count" } });
    expect(made.outputFields[0]).toMatchObject({ desc: "count", default: 3, constraints: { ge: 1 } });
    const tighter = made.withFields({ n: { constraints: { ge: 2 } } });
    expect(tighter.outputFields[0]!.schema.safeParse(1).success).toBe(false);
    expect(made.outputFields[0]!.schema.safeParse(1).success).toBe(true);
  });

  test("a new type sets bounds and default aside", () => {
    const made = signature("q -> n: int(ge=1) = 3").withFields({ n: { type: "list[str]" } });
    expect(made.toString()).toBe("q -> n: list[str]");
  });

  test("a name that is no field is refused, with those there are", () => {
    const fields: Record<string, { desc: string }> = { contxt: { desc: "x" } };
    expect(() => QA.withFields(fields)).toThrow('No field "contxt"; the fields are context, question, answer');
    expect(() => signature("a -> b", { fields })).toThrow('No field "contxt"; the fields are a, b');
  });

  test("instructions are cleaned, and empty ones mean the default ones", () => {
    expect(QA.withInstructions("\n    First.\n      Second.\n  ").instructions).toBe("First.\n  Second.");
    expect(QA.delete("context").withInstructions("").instructions).toBe(
      "Given the fields `question`, produce the fields `answer`.",
    );
  });

  test("a side that is none is refused", () => {
    const side = "middle" as "input";
    expect(() => QA.append("x", { side })).toThrow('expected side "input" or "output", got "middle"');
  });
});

describe("from zod", () => {
  const Invoice = signature({
    name: "Invoice",
    instructions: "Extract the invoice.",
    input: z.object({ text: z.string().describe("The page as text."), pages: z.int().default(1) }),
    output: z.object({
      total: z.number().min(0),
      lines: z.array(z.object({ item: z.string(), qty: z.int() })),
      note: z.string().optional(),
    }),
  });

  test("objects become fields, in their order", () => {
    expect(Invoice.fields.map(({ name, role, type }) => `${role} ${name}: ${typeName(type)}`)).toEqual([
      "input text: str",
      "input pages: int",
      "output total: float",
      "output lines: list[object]",
      "output note: Union[str, NoneType]",
    ]);
    expect(Invoice.fields[0]!.desc).toBe("The page as text.");
    expect(Invoice.fields[1]!.default).toBe(1);
    expect(Invoice.fields[2]!.constraints).toEqual({ ge: 0 });
  });

  test("schemas of a whole side fill in what may be left out", () => {
    expect(Invoice.inputSchema.parse({ text: "x" })).toEqual({ text: "x", pages: 1 });
    expect(Invoice.outputSchema.parse({ total: 1, lines: [], extra: 1 })).toEqual({ total: 1, lines: [], note: null });
    expect(Invoice.inputSchema.safeParse({ text: "x", extra: 1 }).success).toBe(false);
    expect(Invoice.outputSchema.safeParse({ total: -1, lines: [] }).success).toBe(false);
  });

  test("the schemas of a side have a JSON Schema", () => {
    const schema = z.toJSONSchema(signature("a: float, n?: int -> b").inputSchema, { io: "input" });
    expect(schema).toMatchObject({ properties: { a: { type: "number" } }, required: ["a"] });
  });

  test("what is neither a text nor two zod objects is refused", () => {
    const from = { input: z.object({}), output: z.string() } as unknown as { input: z.ZodObject; output: z.ZodObject };
    expect(() => signature(from)).toThrow("signature: expected a text, or { input, output } with two zod objects");
    expect(() => signature(undefined as unknown as string)).toThrow(UsageError);
  });
});

test("two fields of one name cannot be made from data either", () => {
  const field = makeField({ name: "a", role: "input", type: { kind: "str" } });
  expect(() => signatureOf({ fields: [field, { ...field, role: "output" }] })).toThrow('Two fields are named "a"');
  expect(() => makeField({ name: "then", role: "input", type: { kind: "str" } })).toThrow("reserved");
});
