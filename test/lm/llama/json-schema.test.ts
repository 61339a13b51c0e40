import { describe, expect, test } from "vitest";
import { z } from "zod";
import { UsageError } from "../../../src/foundation/errors.ts";
import { grammarSchema } from "../../../src/lm/llama/json-schema.ts";

describe("grammarSchema", () => {
  test("writes anyOf as oneOf, since the engine takes it for null", () => {
    expect(grammarSchema({ anyOf: [{ type: "string" }, { type: "null" }] })).toEqual({
      oneOf: [{ type: "string" }, { type: "null" }],
    });
  });
  test("keeps the fields of an object and allows no others", () => {
    expect(grammarSchema(z.toJSONSchema(z.object({ name: z.string(), age: z.int().min(0).optional() })))).toEqual({
      type: "object",
      properties: { name: { type: "string" }, age: { type: "integer" } },
      additionalProperties: false,
    });
  });
  test("a record is an object with any keys", () => {
    expect(grammarSchema(z.toJSONSchema(z.record(z.string(), z.number())))).toEqual({
      type: "object",
      additionalProperties: { type: "number" },
    });
  });
  test.each([
    ["a literal", z.literal("a"), { const: "a" }],
    ["an enum", z.enum(["a", "b"]), { enum: ["a", "b"] }],
    ["a list", z.array(z.boolean()).max(3), { type: "array", items: { type: "boolean" }, maxItems: 3 }],
    [
      "a tuple",
      z.tuple([z.string(), z.number()]),
      { type: "array", prefixItems: [{ type: "string" }, { type: "number" }], minItems: 2, maxItems: 2 },
    ],
    ["a short string", z.string().max(20), { type: "string", maxLength: 20 }],
    ["a bound that would make the grammar huge is dropped", z.string().max(100_000), { type: "string" }],
    ["a date", z.iso.date(), { type: "string", format: "date" }],
  ])("%s", (_, schema, rewritten) => {
    expect(grammarSchema(z.toJSONSchema(schema))).toEqual(rewritten);
  });
  test("a list of types becomes alternatives", () => {
    expect(grammarSchema({ type: ["string", "null"] })).toEqual({ oneOf: [{ type: "string" }, { type: "null" }] });
  });
  test("definitions and references to them stay, those of the root to itself too", () => {
    const tree = {
      type: "object",
      properties: { leaf: { $ref: "#/definitions/leaf" }, next: { anyOf: [{ $ref: "#" }, { type: "null" }] } },
      definitions: { leaf: { type: "string" } },
    };
    expect(grammarSchema(tree)).toEqual({
      $ref: "#/$defs/root-schema",
      $defs: {
        leaf: { type: "string" },
        "root-schema": {
          type: "object",
          properties: {
            leaf: { $ref: "#/$defs/leaf" },
            next: { oneOf: [{ $ref: "#/$defs/root-schema" }, { type: "null" }] },
          },
          additionalProperties: false,
        },
      },
    });
  });
  test.each([
    [{ allOf: [{ type: "string" }, { type: "number" }] }, "allOf"],
    [{ not: { type: "string" } }, "uses not"],
    [{ $ref: "#/$defs/gone" }, '"#/$defs/gone"'],
    [{ type: "text" }, '"text"'],
  ])("refuses %j", (schema, said) => {
    expect(() => grammarSchema(schema)).toThrow(UsageError);
    expect(() => grammarSchema(schema)).toThrow(said);
  });
});
