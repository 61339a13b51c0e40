import { describe, expect, test } from "vitest";
import { z } from "zod";
import { outputFormat } from "../../../src/adapters/prompt/response-schema.ts";
import { signature } from "../../../src/signatures/signature.ts";
import type { AnySignature } from "../../../src/signatures/signature-value.ts";
import { schemasIn } from "../../../src/signatures/types/schema-walk.ts";
import type { JsonSchema } from "../../../src/signatures/types/schema-walk.ts";

function formatOf(fields: Readonly<Record<string, z.ZodType>>): ReturnType<typeof outputFormat> {
  const text: string = `q -> ${Object.keys(fields).join(", ")}`;
  const value: AnySignature = signature(text, { fields });
  return outputFormat(value.outputFields);
}

/** The strict schema of one output, and its definitions. */
function strict(type: z.ZodType): {
  readonly out: JsonSchema;
  readonly defs: JsonSchema;
  readonly all: readonly JsonSchema[];
} {
  const format = formatOf({ out: type });
  if (format.type !== "json_schema") throw new Error("a schema was expected");
  const schema = format.schema as JsonSchema;
  const { out } = schema["properties"] as Readonly<Record<string, JsonSchema>>;
  return { out: out ?? {}, defs: (schema["$defs"] ?? {}) as JsonSchema, all: [...schemasIn(schema)] };
}

function besideReferences(schemas: readonly JsonSchema[]): readonly string[] {
  return schemas.flatMap((each) => ("$ref" in each ? Object.keys(each).filter((key) => key !== "$ref") : []));
}

describe("the strict schema of an answer", () => {
  test("takes null for what may be left out, at every depth", () => {
    const Line = z.object({ price: z.number().optional(), note: z.string().describe("Why.").default("none") });
    const { out } = strict(z.array(z.object({ lines: z.array(Line).optional() })));
    expect(out).toMatchObject({
      items: {
        required: ["lines"],
        properties: {
          lines: {
            anyOf: [
              {
                items: {
                  required: ["price", "note"],
                  additionalProperties: false,
                  properties: {
                    price: { anyOf: [{ type: "number" }, { type: "null" }] },
                    note: { anyOf: [{ type: "string" }, { type: "null" }], description: "Why." },
                  },
                },
              },
              { type: "null" },
            ],
          },
        },
      },
    });
    const { out: already } = strict(z.object({ a: z.int().nullish(), b: z.literal(["x", null]).optional() }));
    expect(already.properties).toEqual({
      a: { anyOf: [{ type: "integer" }, { type: "null" }] },
      b: { enum: ["x", null] },
    });
  });

  test("has anyOf for oneOf, and nothing beside a reference", () => {
    const Circle = z.object({ kind: z.literal("circle"), r: z.number() }).meta({ id: "Circle" });
    const Square = z.object({ kind: z.literal("square"), a: z.number() }).meta({ id: "Square" });
    const Shape = z.discriminatedUnion("kind", [Circle, Square]);
    const { out, all } = strict(
      z.object({ shape: Shape, main: Circle.describe("The main one."), old: Circle.default({ kind: "circle", r: 1 }) }),
    );
    expect(out.properties).toMatchObject({
      shape: { anyOf: [{ $ref: "#/$defs/Circle" }, { $ref: "#/$defs/Square" }] },
      main: { title: "Circle", description: "The main one.", required: ["kind", "r"] },
      old: { anyOf: [{ $ref: "#/$defs/Circle" }, { type: "null" }] },
    });
    expect(all.flatMap(Object.keys)).not.toContain("oneOf");
    expect(besideReferences(all)).toEqual([]);
  });

  test("says of a place in a type that holds itself what is said of it", () => {
    const Part = z.object({
      get sub() {
        return Part.optional().describe("Below it.");
      },
      get twin() {
        return Part.describe("Beside it.");
      },
    });
    const { all } = strict(Part);
    expect(besideReferences(all)).toEqual([]);
    const said = (words: string): readonly JsonSchema[] => all.filter(({ description }) => description === words);
    expect(said("Below it.")[0]).toHaveProperty("anyOf");
    expect(said("Beside it.")[0]).toMatchObject({ type: "object", required: ["sub", "twin"] });
  });

  test("is a list for a tuple, and leaves out what servers refuse and readers check", () => {
    const { out, all } = strict(
      z.object({
        pair: z.tuple([z.string(), z.int()]),
        point: z.tuple([z.number(), z.number()]),
        name: z.string().min(1).max(9),
        link: z.url(),
        code: z.string().regex(/^(?!x)\w+$/),
        zip: z.string().regex(/^\d+$/),
        n: z.int().min(1).multipleOf(2),
        words: z.array(z.string()).min(1).readonly(),
      }),
    );
    expect(out.properties).toEqual({
      pair: { type: "array", minItems: 2, maxItems: 2, items: { anyOf: [{ type: "string" }, { type: "integer" }] } },
      point: { type: "array", minItems: 2, maxItems: 2, items: { type: "number" } },
      name: { type: "string" },
      link: { type: "string" },
      code: { type: "string" },
      zip: { type: "string", pattern: String.raw`^\d+$` },
      n: { type: "integer", minimum: 1, multipleOf: 2 },
      words: { type: "array", minItems: 1, items: { type: "string" } },
    });
    expect(all.flatMap(Object.keys)).not.toContain("prefixItems");
  });

  test("is none where a value may be anything, or have any keys", () => {
    const open: readonly z.ZodType[] = [
      z.any(),
      z.object({ data: z.unknown() }),
      z.object({ data: z.record(z.string(), z.int()) }),
      z.looseObject({ a: z.string() }),
      z.array(z.array(z.any())),
      z.object({ data: z.any().optional() }).meta({ id: "Data" }),
    ];
    for (const each of open) expect(formatOf({ out: each })).toEqual({ type: "json_object" });
  });

  test("keeps the types of two outputs apart", () => {
    const tree = (name: string): z.ZodType => {
      const Tree: z.ZodType = z.lazy(() => z.object({ [name]: z.array(Tree) }));
      return Tree;
    };
    expect(formatOf({ a: tree("as"), b: tree("bs") })).toMatchObject({
      schema: {
        properties: { a: { $ref: "#/$defs/Type1" }, b: { $ref: "#/$defs/Type2" } },
        $defs: {
          Type1: { properties: { as: { items: { $ref: "#/$defs/Type1" } } } },
          Type2: { properties: { bs: { items: { $ref: "#/$defs/Type2" } } } },
        },
      },
    });
  });
});
