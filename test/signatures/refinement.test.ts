import { describe, expect, test } from "vitest";
import { z } from "zod";
import { UsageError } from "../../src/foundation/errors.ts";
import { parseInputs } from "../../src/signatures/inputs.ts";
import { signature } from "../../src/signatures/signature.ts";

const Range = z
  .object({ from: z.int(), to: z.int(), step: z.int().optional() })
  .refine(({ from, to }) => from <= to, { message: "from must not be after to", path: ["from"] });

const Split = z.object({ parts: z.array(z.string()), count: z.int() }).superRefine(({ parts, count }, context) => {
  if (parts.length !== count) context.addIssue({ code: "custom", message: `count must be ${parts.length}` });
});

const split = signature({ input: Range, output: Split });

describe("inputs of a refined zod object", () => {
  test("that go together pass", () => {
    expect(parseInputs(split, { from: 1, to: 2 })).toEqual({ from: 1, to: 2, step: null });
  });

  test("that do not are refused with the refinement's words", () => {
    const refused = (): unknown => parseInputs(split, { from: 3, to: 2 });
    expect(refused).toThrow(
      new UsageError(
        "from, to, step -> parts, count: the inputs do not go together: at from: from must not be after to",
      ),
    );
  });

  test("each wrong by itself are told first: the refinement sees none of them", () => {
    const seen: unknown[] = [];
    const input = z.object({ n: z.int() }).refine((values) => seen.push(values) > 0);
    const counting = signature({ input, output: z.object({ a: z.string() }) });
    expect(() => parseInputs(counting, { n: 1.5 })).toThrow(/input "n"/);
    expect(seen).toEqual([]);
  });

  test("are seen as zod shows them: transformed, and without what was left out, unless null is a value of it", () => {
    const seen: object[] = [];
    const input = z
      .object({ a: z.string().transform(Number), b: z.string().optional(), c: z.string().nullish() })
      .refine((values) => seen.push(values) > 0);
    parseInputs(signature({ input, output: z.object({ d: z.string() }) }), { a: "4" });
    expect(seen).toEqual([{ a: 4, c: null }]);
  });
});

test("the schemas of the whole check it too, and have their JSON Schema", () => {
  expect(split.inputSchema.safeParse({ from: 1, to: 2 }).success).toBe(true);
  expect(split.inputSchema.safeParse({ from: 3, to: 2 }).success).toBe(false);
  expect(split.outputSchema.safeParse({ parts: ["a"], count: 2 }).error?.issues[0]?.message).toBe("count must be 1");
  expect(z.toJSONSchema(split.outputSchema)).toMatchObject({ type: "object", required: ["parts", "count"] });
});

describe("edits", () => {
  test("of texts and further fields keep the refinement", () => {
    const edited = split
      .withInstructions("Split.")
      .prepend("reasoning", { side: "output" })
      .withFields({ count: { desc: "how many" } })
      .append("note?: str", { side: "input" });
    expect(edited.outputRefinement?.problem({ reasoning: "", parts: ["a"], count: 2 })).toBe("count must be 1");
    expect(() => parseInputs(edited, { from: 3, to: 2 })).toThrow(/from must not be after to/);
    expect(edited.equals(split)).toBe(false);
    expect(split.withInstructions(split.instructions).equals(split)).toBe(true);
  });

  test("that take away what it may rest on are refused; on the other side they are free", () => {
    const half = signature({ input: z.object({ a: z.string(), b: z.string() }), output: Split });
    expect(() => split.delete("to")).toThrow(
      new UsageError('"to" cannot be deleted: the input is a refined zod object, whose refinement may rest on it'),
    );
    expect(() => half.withFields({ count: { type: "str" } })).toThrow(
      /"count" cannot be given another type: the output/,
    );
    expect(half.delete("b").inputFields.map(({ name }) => name)).toEqual(["a"]);
  });

  test("two signatures that differ in it alone are not equal", () => {
    const shape = { a: z.string() };
    const output = z.object({ b: z.string() });
    const plain = signature({ input: z.object(shape), output });
    const refined = signature({ input: z.object(shape).refine(() => true), output });
    expect(plain.equals(refined)).toBe(false);
    expect(plain).not.toHaveProperty("inputRefinement");
  });
});

describe("what makes no signature", () => {
  const plain = z.object({ a: z.string() });
  test.each<[string, z.ZodType, RegExp]>([
    ["a transform", plain.transform(({ a }) => a), /^signature: input must be a zod object without a transform/],
    ["an overwrite", plain.overwrite((value) => value), /^signature: input: an object that changes its values/],
  ])("%s of the whole", (_what, input, message) => {
    const made = (): unknown => signature({ input: input as typeof plain, output: z.object({ b: z.string() }) });
    expect(made).toThrow(UsageError);
    expect(made).toThrow(message);
  });

  test("a refinement that is asynchronous, once it is asked", () => {
    const late = signature({ input: plain.refine(async () => true), output: z.object({ b: z.string() }) });
    expect(() => parseInputs(late, { a: "x" })).toThrow(
      new UsageError("signature: input: its checks must not be asynchronous"),
    );
  });
});
