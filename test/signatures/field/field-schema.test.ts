import { expect, test } from "vitest";
import { z } from "zod";
import { fieldSchema, typeSchema } from "../../../src/signatures/field/field-schema.ts";
import { fieldJsonSchema, typeJsonSchema } from "../../../src/signatures/types/json-schema.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { parseType } from "../../../src/signatures/types/type-grammar.ts";

test("values are checked, never converted", () => {
  const cases: readonly (readonly [type: string, fits: readonly unknown[], fitsNot: readonly unknown[]])[] = [
    ["str", ["", "x"], [1, null, undefined]],
    ["int", [1, -3], [1.5, "1", Number.NaN]],
    ["float", [1, 1.5, Number.NaN, Number.POSITIVE_INFINITY], ["1", null]],
    ["bool", [true], ["true", 1]],
    ["Any", [null, {}, 1], []],
    ["list[int]", [[], [1]], [[1.5], {}]],
    ["list", [[1, "x"]], ["x"]],
    ["dict[str, int]", [{}, { a: 1 }], [{ a: "x" }, []]],
    ["dict[int, str]", [{ 1: "x" }, { "-2": "y" }], [{ a: "x" }]],
    ["dict[Literal['a', 'b'], int]", [{ a: 1 }], [{ c: 1 }]],
    ["tuple[int, str]", [[1, "x"]], [[1], [1, "x", 2], ["x", 1]]],
    ["tuple[int, ...]", [[], [1, 2]], [["x"]]],
    ["Literal['a', 1, True, None]", ["a", 1, true, null], ["b", false, undefined]],
    ["Optional[int]", [1, null], [undefined, "1"]],
    ["int | str", [1, "x"], [true]],
  ];
  for (const [text, fits, fitsNot] of cases) {
    const schema = typeSchema(parseType(text));
    for (const value of fits) expect(schema.safeParse(value).success, `${text} takes ${String(value)}`).toBe(true);
    for (const value of fitsNot)
      expect(schema.safeParse(value).success, `${text} refuses ${String(value)}`).toBe(false);
  }
});

test("constraints are checked, and say what they want", () => {
  const says = (type: string, constraints: object, value: unknown): string | undefined =>
    fieldSchema(parseType(type), constraints).safeParse(value).error?.issues[0]?.message;
  expect(says("int", { gt: 1 }, 1)).toBe("must be greater than 1");
  expect(says("int", { ge: 1, le: 5 }, 6)).toBe("must be at most 5");
  expect(says("float", { multiple_of: 0.1 }, 0.3)).toBeUndefined();
  expect(says("float", { multiple_of: 0.5 }, 0.3)).toBe("must be a multiple of 0.5");
  expect(says("str", { max_length: 1 }, "𝒳")).toBeUndefined();
  expect(says("list[int]", { min_length: 1 }, [])).toBe("must have a length of at least 1");
  expect(says("Optional[int]", { ge: 1 }, null)).toBeUndefined();
});

test("JSON Schemas have DSPy's shape", () => {
  const schema = (text: string): object => typeJsonSchema(parseType(text));
  expect(schema("Optional[int]")).toEqual({ anyOf: [{ type: "integer" }, { type: "null" }] });
  expect(schema("tuple[int, str]")).toEqual({
    type: "array",
    minItems: 2,
    maxItems: 2,
    prefixItems: [{ type: "integer" }, { type: "string" }],
  });
  expect(schema("dict[str, Any]")).toEqual({ type: "object", additionalProperties: true });
  expect(schema("list")).toEqual({ type: "array", items: {} });
  expect(schema("Any")).toEqual({});
  expect(schema("list[Literal['x', 'y']]")).toEqual({ type: "array", items: { type: "string", enum: ["x", "y"] } });
  expect(schema("Literal['a', 1]")).toEqual({ enum: ["a", 1] });
});

test("an object type's schema names its properties and no dialect", () => {
  const made = signature("q -> p", { fields: { p: z.object({ name: z.string(), age: z.int() }) } });
  expect(typeJsonSchema(made.outputFields[0]!.type)).toEqual({
    type: "object",
    properties: { name: { type: "string" }, age: { type: "integer" } },
    required: ["name", "age"],
  });
});

test("a field's schema adds its description, constraints and default", () => {
  const [field] = signature("n: int(ge=1, lt=9) = 3 'how many' -> a").inputFields;
  expect(fieldJsonSchema(field!)).toEqual({
    type: "integer",
    minimum: 1,
    exclusiveMaximum: 9,
    description: "how many",
    default: 3,
  });
});
