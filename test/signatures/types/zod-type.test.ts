import { expect, test } from "vitest";
import { z } from "zod";
import { UsageError } from "../../../src/foundation/errors.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { tool } from "../../../src/signatures/values/tool.ts";
import { MEDIA_SCHEMAS } from "../../../src/signatures/values/media.ts";
import { typeName } from "../../../src/signatures/types/type-name.ts";
import { fieldOfZod } from "../../../src/signatures/types/zod-type.ts";

test("zod's types become DSPy's where it has a word for them", () => {
  const named: readonly (readonly [z.ZodType, string])[] = [
    [z.string(), "str"],
    [z.email(), "str"],
    [z.number(), "float"],
    [z.int(), "int"],
    [z.number().int(), "int"],
    [z.boolean(), "bool"],
    [z.unknown(), "Any"],
    [z.null(), "NoneType"],
    [z.array(z.array(z.int())), "list[list[int]]"],
    [z.record(z.string(), z.number()), "dict[str, float]"],
    [z.tuple([z.string(), z.int()]), "tuple[str, int]"],
    [z.enum(["a", "b"]), "Literal['a', 'b']"],
    [z.literal(["x", 1, true, null]), "Literal['x', 1, True, None]"],
    [z.union([z.int(), z.string()]), "Union[int, str]"],
    [z.string().nullable(), "Union[str, NoneType]"],
    [z.string().optional(), "Union[str, NoneType]"],
    [z.array(z.string()).readonly(), "list[str]"],
    [z.object({ a: z.string() }), "object"],
    [z.object({ a: z.string() }).meta({ title: "Person" }), "Person"],
    [z.array(z.object({}).meta({ title: "Person" })), "list[Person]"],
    [z.date(), "date"],
    [z.iso.date(), "date"],
    [z.iso.datetime(), "datetime"],
    [z.array(MEDIA_SCHEMAS.image), "list[Image]"],
    [MEDIA_SCHEMAS.audio.optional(), "Union[Audio, NoneType]"],
    [MEDIA_SCHEMAS.file, "File"],
  ];
  expect(named.map(([schema]) => typeName(fieldOfZod(schema).type))).toEqual(named.map(([, name]) => name));
  expect(fieldOfZod(z.enum({ low: 0, high: 1 })).type).toEqual({ kind: "literal", values: [0, 1] });
});

test("bounds become constraints, descriptions and defaults come along", () => {
  expect(fieldOfZod(z.number().min(1).lt(5).multipleOf(0.5)).constraints).toEqual({ ge: 1, lt: 5, multiple_of: 0.5 });
  expect(fieldOfZod(z.string().min(1).max(9)).constraints).toEqual({ min_length: 1, max_length: 9 });
  expect(fieldOfZod(z.array(z.int()).length(2)).constraints).toEqual({ min_length: 2, max_length: 2 });
  expect(fieldOfZod(z.string().describe("inner").optional()).desc).toBe("inner");
  expect(fieldOfZod(z.string().optional().describe("outer")).desc).toBe("outer");
  expect(fieldOfZod(z.int().default(3)).default).toBe(3);
});

test("what zod alone can say still checks the values", () => {
  const { schema } = fieldOfZod(z.email().optional());
  expect(schema.safeParse("a@b.de").success).toBe(true);
  expect(schema.safeParse(null).success).toBe(true);
  expect(schema.safeParse("nobody").success).toBe(false);
});

test("a type that nests beyond all use is misuse, and one that refers to itself is not", () => {
  const wrapped = (wrap: (type: z.ZodType) => z.ZodType, levels: number): z.ZodType =>
    Array.from({ length: levels }).reduce<z.ZodType>((type) => wrap(type), z.string());
  for (const wrap of [
    (type: z.ZodType) => z.array(type),
    (type: z.ZodType) => z.object({ a: type }),
    (type: z.ZodType) => type.optional(),
  ]) {
    expect(() => signature("q -> a", { fields: { a: wrapped(wrap, 20_000) } })).toThrow(UsageError);
    expect(signature("q -> a", { fields: { a: wrapped(wrap, 50) } }).outputFields).toHaveLength(1);
  }
  expect(() => tool({ name: "t", input: z.object({ a: wrapped((type) => z.array(type), 20_000) }) })).toThrow(
    'tool "t": its input is nested more than 100 deep',
  );
  const Node = z.object({
    get next() {
      return Node.nullable();
    },
  });
  expect(fieldOfZod(Node).type.kind).toBe("zod");
});
