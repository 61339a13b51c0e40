import { describe, expect, test } from "vitest";
import { z } from "zod";
import { schemaText } from "../../../src/adapters/prompt/prompt-text.ts";
import { typeJsonSchema, typeJsonSchemas } from "../../../src/signatures/types/json-schema.ts";
import type { JsonSchema } from "../../../src/signatures/types/schema-walk.ts";
import { fieldOfZod } from "../../../src/signatures/types/zod-type.ts";

const Part = z.object({
  name: z.string(),
  get parts() {
    return z.array(Part);
  },
});

function schemaOf(schema: z.ZodType): JsonSchema {
  return typeJsonSchema(fieldOfZod(schema).type);
}

function schemasOf(...schemas: readonly z.ZodType[]): ReturnType<typeof typeJsonSchemas> {
  return typeJsonSchemas(schemas.map((schema) => fieldOfZod(schema).type));
}

describe("types that hold themselves", () => {
  const PART = {
    type: "object",
    properties: { name: { type: "string" }, parts: { type: "array", items: { $ref: "#/$defs/Type1" } } },
    required: ["name", "parts"],
  };

  test("are definitions, wherever their schema is put", () => {
    const lazy: z.ZodType = z.lazy(() => z.object({ name: z.string(), parts: z.array(lazy) }));
    for (const each of [Part, lazy]) expect(schemaOf(each)).toEqual({ $defs: { Type1: PART }, $ref: "#/$defs/Type1" });
    expect(schemaOf(z.array(Part))).toMatchObject({ $defs: { Type1: PART }, items: { $ref: "#/$defs/Type1" } });
    expect(schemaOf(z.record(z.string(), Part)).additionalProperties).toEqual({ $ref: "#/$defs/Type1" });
    expect(schemaOf(Part.nullable()).anyOf).toEqual([{ $ref: "#/$defs/Type1" }, { type: "null" }]);
  });

  test("are one definition where they say the same, and two where they do not", () => {
    const Node = z.object({
      n: z.int(),
      get next() {
        return Node.nullable();
      },
    });
    const { schemas, defs } = schemasOf(Part, z.object({ node: Node, part: Part }), z.array(Node));
    expect(Object.keys(defs)).toEqual(["Type1", "Type2"]);
    expect(schemas[0]).toEqual({ $ref: "#/$defs/Type1" });
    expect(schemas[1]).toMatchObject({
      properties: { node: { $ref: "#/$defs/Type2" }, part: { $ref: "#/$defs/Type1" } },
    });
    expect(schemas[2]).toMatchObject({ items: { $ref: "#/$defs/Type2" } });
    expect(defs["Type1"]).toEqual(PART);
    expect(defs["Type2"]).toMatchObject({
      properties: { next: { anyOf: [{ $ref: "#/$defs/Type2" }, { type: "null" }] } },
    });
  });
});

describe("types with a name", () => {
  // What pydantic 2.14 writes of the same classes, by the vectors of DSPy; the rest of its rules by hand.
  const Line = z
    .object({
      item: z.string().describe("What."),
      qty: z.int().min(1),
      price: z.number().nullable().default(null),
      unitOf_measure: z.literal(["kg", "l"]).default("kg"),
      grade: z.literal([1, 2]).nullable(),
      when: z.iso.date(),
      mail: z.email(),
      tags: z.record(z.string(), z.unknown()),
      size: z.tuple([z.int(), z.string()]),
    })
    .meta({ id: "Line", description: "A line." });

  test("have titles as DSPy's have", () => {
    expect(schemaText(fieldOfZod(Line).type)).toBe(
      '{"type": "object", "description": "A line.", "properties": {"grade": {"anyOf": [{"type": "integer", "enum": [1, 2]}, {"type": "null"}], "title": "Grade"}, "item": {"type": "string", "description": "What.", "title": "Item"}, "mail": {"type": "string", "format": "email", "title": "Mail"}, "price": {"anyOf": [{"type": "number"}, {"type": "null"}], "default": null, "title": "Price"}, "qty": {"type": "integer", "minimum": 1, "title": "Qty"}, "size": {"type": "array", "maxItems": 2, "minItems": 2, "prefixItems": [{"type": "integer"}, {"type": "string"}], "title": "Size"}, "tags": {"type": "object", "additionalProperties": true, "title": "Tags"}, "unitOf_measure": {"type": "string", "default": "kg", "enum": ["kg", "l"], "title": "Unitof Measure"}, "when": {"type": "string", "format": "date", "title": "When"}}, "required": ["item", "qty", "grade", "when", "mail", "tags", "size"], "title": "Line"}',
    );
  });

  test("are definitions in others, whose fields of that type have no title of their own", () => {
    const Person = z.object({ name: z.string() }).meta({ id: "Person" });
    const Pair = z
      .object({ a: Person, b: Person.nullable().default(null), c: Person.describe("The third."), all: z.array(Person) })
      .meta({ id: "Pair" });
    expect(schemaText(fieldOfZod(z.array(Pair)).type)).toBe(
      '{"type": "array", "$defs": {"Pair": {"type": "object", "properties": {"a": {"$ref": "#/$defs/Person"}, "all": {"type": "array", "items": {"$ref": "#/$defs/Person"}, "title": "All"}, "b": {"anyOf": [{"$ref": "#/$defs/Person"}, {"type": "null"}], "default": null}, "c": {"$ref": "#/$defs/Person", "description": "The third."}}, "required": ["a", "c", "all"], "title": "Pair"}, "Person": {"type": "object", "properties": {"name": {"type": "string", "title": "Name"}}, "required": ["name"], "title": "Person"}}, "items": {"$ref": "#/$defs/Pair"}}',
    );
  });

  test("that are two under one name are two definitions", () => {
    const { schemas, defs } = schemasOf(
      z.object({ a: z.string() }).meta({ id: "Twice" }),
      z.object({ b: z.string() }).meta({ id: "Twice" }),
      z.object({ a: z.string() }).meta({ id: "Twice" }),
    );
    expect(schemas).toEqual([{ $ref: "#/$defs/Twice" }, { $ref: "#/$defs/Twice2" }, { $ref: "#/$defs/Twice" }]);
    expect(Object.keys(defs)).toEqual(["Twice", "Twice2"]);
  });

  test("that hold themselves stand in the definitions alone", () => {
    const Named = z
      .object({
        get inner() {
          return z.array(Named);
        },
      })
      .meta({ id: "Named" });
    expect(schemaText(fieldOfZod(Named).type)).toBe(
      '{"$defs": {"Named": {"type": "object", "properties": {"inner": {"type": "array", "items": {"$ref": "#/$defs/Named"}, "title": "Inner"}}, "required": ["inner"], "title": "Named"}}, "$ref": "#/$defs/Named"}',
    );
  });
});
